"""What the views show, without a terminal: bounded, plain Python, filled from frames."""

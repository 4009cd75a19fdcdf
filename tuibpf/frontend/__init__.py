"""From a probe script to typed IR: the script is parsed with ``ast``, and no line of it is ever executed."""

"""Screens over the dashboard: a tool's options, a row in full, help."""

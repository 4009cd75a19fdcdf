"""Widgets: the views of a tool's outputs, the pane around them, the picker and the host's own figures."""

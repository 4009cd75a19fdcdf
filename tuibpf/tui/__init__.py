"""The dashboard. ``run`` is all that the command line needs; Textual is not imported before it is called."""

from tuibpf.tui.launch import run

__all__ = ["run"]

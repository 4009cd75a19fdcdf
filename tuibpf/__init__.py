"""tuibpf: a terminal dashboard of observability tools whose probes are compiled from Python on launch."""

__version__ = "0.1.0"

"""A mount namespace of this process's own, with tracefs and debugfs in it, where the machine has not mounted them.

tuibpf needs neither, but its peers look for the formats of tracepoints there. Nobody else sees these mounts, and they
end with the process and its children.
"""

from __future__ import annotations

import ctypes
import os

__all__ = ["see_tracefs"]

_NEW_NAMESPACE = 0x00020000  # CLONE_NEWNS, include/uapi/linux/sched.h
_PRIVATE = 1 << 14 | 1 << 18  # MS_REC | MS_PRIVATE, include/uapi/linux/mount.h
_PLACES = (("tracefs", "/sys/kernel/tracing"), ("debugfs", "/sys/kernel/debug"))


def see_tracefs() -> str | None:
    """Have tracefs in sight of this process and its children. Returns why it is not; None if it is."""
    missing = [(kind, place) for kind, place in _PLACES if not os.path.isdir(place) or not os.listdir(place)]
    if not missing:
        return None
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(_NEW_NAMESPACE) or libc.mount(b"none", b"/", None, _PRIVATE, None):
        return f"a mount namespace: {os.strerror(ctypes.get_errno())}"
    for kind, place in missing:
        if libc.mount(kind.encode(), place.encode(), kind.encode(), 0, None):
            return f"mount {kind} on {place}: {os.strerror(ctypes.get_errno())}"
    return None

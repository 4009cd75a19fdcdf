"""Constants that the kernel's headers define by the preprocessor, so that BTF does not know them.

Enumerations of the kernel need no entry here: their names (``TCP_ESTABLISHED``, ``REQ_OP_READ``) come from its BTF.
"""

from __future__ import annotations

__all__ = ["AF_INET", "AF_INET6", "AF_UNIX", "ERESTARTSYS", "MSG_ERRQUEUE", "MSG_PEEK"]

AF_UNIX = 1  # include/linux/socket.h
AF_INET = 2  # include/linux/socket.h
AF_INET6 = 10  # include/linux/socket.h
MSG_PEEK = 2  # include/linux/socket.h
MSG_ERRQUEUE = 0x2000  # include/linux/socket.h
ERESTARTSYS = 512  # include/linux/errno.h; from here on, errors that the kernel keeps to itself

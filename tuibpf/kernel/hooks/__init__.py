"""Where programs are attached: a file for each kind of hook, each with one ``attach`` that gives an ``Attachment``."""

from __future__ import annotations

from typing import Protocol

from tuibpf.program import Hook, HookKind

__all__ = ["Attachment", "attach"]


class Attachment(Protocol):
    """A program on its hook. Closing it, or the end of the process, takes the program off."""

    def close(self) -> None: ...


def attach(program_fd: int, hook: Hook) -> Attachment:
    """Attach a loaded program to its hook; only the module for that kind is imported.

    ``NotSupported`` where the hook does not exist or this user may not use it.
    """
    if hook.kind is HookKind.TP_BTF:
        from tuibpf.kernel.hooks import tp_btf

        return tp_btf.attach(program_fd, hook)
    if hook.kind is HookKind.RAW_TP:
        from tuibpf.kernel.hooks import raw_tp

        return raw_tp.attach(program_fd, hook)
    from tuibpf.kernel.hooks import tracepoint

    return tracepoint.attach(program_fd, hook)

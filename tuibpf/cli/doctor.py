"""``tuibpf doctor``: what works on this machine, what does not, and what to do."""

from __future__ import annotations

from collections.abc import Sequence

from tuibpf.cli.manual import command_help, wants_help
from tuibpf.cli.speech import OutputClosed, clean, tell
from tuibpf.tool.option import Option, UsageError, parse_arguments

__all__ = ["doctor"]

_FORM = Option("-o", "-o", "--output", "string", "table", ("table", "json"), help="how to write it")
_IMPOSSIBLE = 3


def doctor(arguments: Sequence[str]) -> int:
    """The command ``doctor``. Returns 0 if probes can run here, else 3."""
    if wants_help(arguments):
        tell(command_help("doctor"))
        return 0
    parsed = parse_arguments({"-o": _FORM, "--output": _FORM}, arguments)
    if parsed.words:
        raise UsageError(f"doctor takes no argument {parsed.words[0]!r}")
    from tuibpf.kernel.doctor import examine

    findings = examine()
    try:
        if parsed.values["-o"] == "json":
            from json import dumps

            for finding in findings:
                tell(dumps(finding._asdict()) + "\n")
        else:
            width = max(len(finding.what) for finding in findings)
            for finding in findings:
                mark = "ok" if finding.ok else "NO" if finding.vital else "no"
                told = clean(f"{mark}  {finding.what:{width}}  {finding.detail}")
                tell(told + (f"\n    {'':{width}}  → {clean(finding.remedy)}" if finding.remedy else "") + "\n")
            broken = [finding.what for finding in findings if finding.vital and not finding.ok]
            tell(f"\nProbes can not run here: {', '.join(broken)}.\n" if broken else "\nProbes can run here.\n")
    except OutputClosed:
        pass
    return _IMPOSSIBLE if any(finding.vital and not finding.ok for finding in findings) else 0

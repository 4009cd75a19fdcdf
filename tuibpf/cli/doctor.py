"""``tuibpf doctor``: what works on this machine, what does not, and what to do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from tuibpf.cli.manual import command_help, wants_help
from tuibpf.cli.speech import OutputClosed, clean, tell
from tuibpf.tool.option import Option, UsageError, parse_arguments

if TYPE_CHECKING:
    from tuibpf.kernel.doctor import Finding

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
            tell(clean("\n".join(_lines(findings))) + "\n")
    except OutputClosed:
        pass
    return _IMPOSSIBLE if _broken(findings) else 0


def _broken(findings: Sequence[Finding]) -> list[str]:
    return [finding.what for finding in findings if finding.vital and not finding.ok]


def _lines(findings: Sequence[Finding]) -> Iterator[str]:
    width = max(len(finding.what) for finding in findings)
    told: set[str] = set()
    for finding in findings:
        mark = "ok" if finding.ok else "NO" if finding.vital else "no"
        yield f"{mark}  {finding.what:{width}}  {finding.detail}"
        if finding.remedy:
            yield f"    {'':{width}}  → {'as above' if finding.remedy in told else finding.remedy}"
            told.add(finding.remedy)
    broken = _broken(findings)
    yield ""
    yield f"Probes can not run here: {', '.join(broken)}." if broken else "Probes can run here."

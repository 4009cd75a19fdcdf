"""Words of Python: what they do in a probe script, and what stands in for those that it has not.

Read by the manual alone; neither the compiler nor a script imports it. Several words of one meaning share an entry.
"""

from __future__ import annotations

__all__ = ["WORDS"]

WORDS = {
    "if elif else": """As in Python. What is known at launch is decided there, and the other branch is not compiled.

    Integers and pointers are true if they are not 0, an optional if it is there and not 0.

    Example:
        if prev.pid == 0:
            return
        elif cpu() > 3:
            idle = True
        else:
            idle = False
        first = 1 if idle else 0
    """,
    "for range": """Repeat for each number of a range whose end is known at launch, or bounded.

    Start and step are known at launch. An end that is not has to be bounded by ``min()`` or by its type, to at most
    65536 turns.

    Example:
        total = 0
        for i in range(2, min(cpu(), 64), 2):
            total += i
    Refused:
        for c in prev.comm:
            pass
    """,
    "break continue": """Leave a loop, or go on with its next turn; ``else`` runs if it was not left.

    Example:
        for i in range(16):
            if i == cpu():
                break
            if i % 2:
                continue
        else:
            return
    """,
    "while": """Not in the language: the end of a loop must be seen. Take ``for``, with ``break``.

    Example:
        task = prev
        for i in range(64):
            if task.tgid <= 1:
                break
            task = task.real_parent
    Refused:
        while True:
            break
    """,
    "def return": """Define a probe or a function at the top of the script; end it, with its result if it is no probe.

    Example:
        def is_idle(task: "struct task_struct *"):
            return task.pid == 0

        if is_idle(prev):
            return
    Refused:
        def inner():
            return 1
        def outer():
            def inner():
                return 1
            return inner()

        x = outer()
    """,
    "class": """A structure: a ``Struct``, or a ``Row`` for a stream.

    Example:
        class Key(Struct):
            pid: Pid
            comm: Comm
    Refused:
        class Key:
            pid: Pid
    """,
    "pass": """Do nothing.

    Example:
        if prev.pid == 0:
            pass
    """,
    "and or not": """As in Python: operands are evaluated as far as needed, and ``a or b`` gives one of them.

    Example:
        if prev.pid != 0 and not prev.in_execve:
            return
        who = prev.tgid or prev.pid
    """,
    "in": """Whether a value is one of a tuple, or a key of a map.

    Example:
        started = Hash(Tid, Time)

        if prev.pid in started or prev.tgid not in (0, 1):
            return
    """,
    "is None": """Nothing: what a look-up gives that finds nothing, and an option that was not given.

    How it has to be tested is told under ``help lang missing``.

    Example:
        started = Hash(Tid, Time)

        start = started.get(tid())
        if start is None:
            return
        end = None if start > now() else now()
    Refused:
        same = prev is next
    """,
    "True False": """Truth values, which are the integers 1 and 0.

    Example:
        busy = prev.pid != 0
        if busy == True or not False:
            return
    """,
    "min max": """The smaller or the larger of two integers. ``min`` with a constant bounds a loop.

    Example:
        size = min(max(prev.prio, 0), 64)
        for i in range(size):
            pass
    """,
    "+ - * // % ** << >> & | ^ ~": """Arithmetic of integers, on 64 bits; see ``help lang integers``.

    ``**`` takes constants. Shifts by 64 and more leave nothing but the sign. Shorthands such as ``+=`` change
    variables, fields, and numbers in maps.

    Example:
        x = now() // 1_000 % 60 + cpu() * 2 - 1
        x = (x << 3 | 1) & ~0xFF ^ 2**4
        x >>= 2
    """,
    "/ @": """Not in the language: there are no floats in the kernel. Write ``//``.

    Example:
        ms = now() // 1_000_000
    Refused:
        ms = now() / 1_000_000
    Refused:
        x = now() @ 2
    """,
    "== != < <= > >=": """Comparisons, also chained. A u64 and a signed number are not mixed in silence.

    Example:
        if 0 < cpu() <= 3 and prev.comm == "bash" and prev.mm != next.mm:
            return
    Refused:
        late = now() > -1
    Refused:
        late = prev.comm < "b"
    """,
    "=": """Give a variable, a field or an entry of a map its value; ``x: u32 = 0`` keeps the type.

    Example:
        started = Hash(Tid, Time)

        first = second = now()
        first, second = second, first
        count: u32 = 0
        started[tid()] = first
    Refused:
        first, *rest = 1, 2, 3
    """,
    "+= -= &= |= ^=": """Change a variable, a field, or a number in a map, which is one step for all processors.

    Example:
        switches = Hash(Cpu, Count)

        turns = 1
        turns += 1
        switches[cpu()] += turns
    Refused:
        switches = Hash(Cpu, Count)

        switches[cpu()] *= 2
    """,
    ":=": """Give a variable its value within an expression, most of all to test what a look-up found.

    Example:
        started = Hash(Tid, Time)

        if start := started.pop(tid()):
            waited = now() - start
    """,
    "from import": """The one import is the language itself, for editors' sake.

    Example:
        from tuibpf.lang import *
    Refused:
        import time
    Refused:
        from os import path as where
    """,
    "del": """Not in the language: write ``m.remove(k)``.

    Example:
        started = Hash(Tid, Time)

        started.remove(tid())
    Refused:
        started = Hash(Tid, Time)

        del started[tid()]
    """,
    "match case": """Not in the language: write ``if`` and ``elif``.

    Example:
        if prev.prio == 120:
            return
        elif prev.prio in (100, 139):
            return
    Refused:
        match cpu():
            case 1:
                return
    """,
    "global nonlocal": """Not in the language: what outlives a probe is kept in a map.

    Example:
        seen = Hash(Cpu, Count)

        seen[cpu()] += 1
    Refused:
        global seen
        seen = 1
    Refused:
        nonlocal seen
    """,
    "try except finally raise assert": """Not in the language: a look-up gives None, what can not be read gives 0.

    Example:
        if prev.real_parent.tgid == 0:
            return
    Refused:
        try:
            x = 1
        except KeyError:
            return
        finally:
            x = 2
    Refused:
        raise ValueError
    Refused:
        assert cpu() == 0
    """,
    "with as async await yield lambda type": """Not in the language: a probe is a plain function that runs to its end.

    Example:
        def twice(x):
            return 2 * x

        y = twice(cpu())
    Refused:
        with prev:
            return
    Refused:
        @tp_btf("sched_switch")
        async def switched():
            return
    Refused:
        yield 1
    Refused:
        f = lambda x: 2 * x
    """,
}

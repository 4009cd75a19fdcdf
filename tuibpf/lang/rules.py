"""The rules of the language, by subject: what the manual says before it lists the words.

Read by the manual alone; neither the compiler nor a script imports it. Examples and refusals are compiled by a test,
as those of the words are.
"""

from __future__ import annotations

__all__ = ["RULES"]

RULES = {
    "scripts": """A script is parsed and never run.

    Its top has a docstring, whose first line says what the tool is for, the line ``from tuibpf.lang import *``, which
    is there for editors, and then declarations: options, constants, structures, maps, outputs and functions. An ``if``
    there must be decided at launch; what is in the other branch need not fit this kernel.

    Example:
        with_exits = Option("-x", "--exits", help="count exits too")
        events = Table(Comm, Count)
        SECOND = 1_000_000_000

        @tp_btf("sched_process_exec")
        def executed(p):
            events[p.comm].count += 1

        if with_exits:

            @tp_btf("sched_process_exit")
            def exited(p):
                events[p.comm].count += 1
    Refused:
        import os
    """,
    "probes": """A function with a hook above it is a probe: it runs each time the kernel comes by.

    It takes arguments of the event by name, in any order, and only those that it wants. It returns no result: what
    it finds out leaves it through an output (``Stream``, ``Table``, ``Histogram``) or stays in a map. What is lost on
    the way, since a buffer or a map is full, is counted and shown.

    Example:
        exits = Table(Comm, Count)

        @tp_btf("sched_process_exit")
        def exited(p):
            exits[p.comm].count += 1
    Refused:
        @tp_btf("sched_process_exit")
        def exited(p):
            return 1
    """,
    "functions": """A function without a hook is compiled in wherever it is called.

    Its parameters may have types and defaults, and arguments are given by place or by name. It may return a value
    from anywhere; several values, as a tuple, if it returns in one place. It sees its parameters and what the script
    declares. There is no recursion, and no function inside another.

    Example:
        def scaled(value: u64, step: u64 = 1_000):
            if value < step:
                return 0
            return value // step

        def split(value: u64):
            return scaled(value, step=1_000_000), value % 1_000_000

        whole, rest = split(now())
    Refused:
        def count(n):
            return count(n - 1)

        x = count(10)
    """,
    "integers": """Every integer has a width of 8 to 64 bits and a sign; arithmetic is done on 64 bits and is Python's.

    Two unsigned operands give a u64; two signed ones, or a signed one and an unsigned one of less than 64 bits, an s64.
    A u64 and a signed one are not mixed in silence: convert one of them. A u64 that falls below 0 wraps around, so
    that a difference that may be negative is one of s64. ``//`` and ``%`` floor as Python's do;
    ``x // 0`` is 0 and ``x % 0`` is x. ``u32(x)`` keeps the low bits. A variable with a type, ``x: u32 = 0``, keeps
    it. There are no floats: count in a smaller unit.

    Example:
        waited: s64 = -1
        if prev.start_time < now():
            waited = s64(now()) - s64(prev.start_time)
        half = waited // 2
        low = u8(cpu())
    Refused:
        delta = now() + tid()
    Refused:
        half = cpu() / 2
    Refused:
        half = 0.5
    """,
    "missing": """A look-up that may find nothing gives an optional, which has to be tested before it is used.

    ``if x := m.get(k):`` and ``if x is None: return`` both do; the compiler follows the test through ``and``, ``or``
    and ``not``. What was tested is the name: a second look-up may find nothing again. Mind that ``if x:`` takes an
    integer that is 0 for nothing, as in Python: ``is not None`` does not. An option that is not given is None too,
    which is known at launch.

    Example:
        started = Hash(Tid, Time)

        start = started.get(tid())
        if start is None or start > now():
            return
        waited = now() - start
    Refused:
        started = Hash(Tid, Time)

        waited = now() - started.get(tid())
    Refused:
        started = Hash(Tid, Time)

        if started[tid()]:
            waited = now() - started[tid()]
    """,
    "structures": """A class of typed fields is a structure: ``Struct``, or ``Row`` for the rows of a stream.

    It is built by naming fields, and what is not named is 0. As the key of a map it is compared byte by byte, without
    anything to do for the gaps in it. Fields are assigned where the structure is a variable or lies in a map; a number
    that lies in a map is changed by ``+=``, ``-=``, ``&=``, ``|=`` and ``^=`` in one step, which no other processor can
    come between.

    Example:
        class Task(Struct):
            pid: Pid
            comm: Comm

        class Work(Struct):
            switches: Count
            last: Time

        tasks = Hash(Task, Work)

        task = Task(pid=prev.tgid, comm=prev.comm)
        task.pid = prev.pid
        if work := tasks.setdefault(task, Work(last=now())):
            work.switches += 1
            work.last = now()
    Refused:
        class Task(Struct):
            pid: Pid

        task = Task(tgid=1)
    """,
    "kernel": """Structures of the kernel are walked by name, as BTF tells them of this very kernel.

    ``task.real_parent.tgid`` follows the pointer, through anonymous structures and unions and into bitfields too;
    ``array[2]`` takes an index that is known at launch. A pointer that can not be followed gives 0. A pointer is a key
    of a map as ``Pointer``, and can be compared with another one and with None. Names of the kernel's enumerations
    (``IPPROTO_TCP``) are constants. Memory of the kernel is never written.

    Example:
        @tp_btf("sock_send_length")
        def sent(sk: "struct sock *"):
            parent = current_task().real_parent.tgid
            if sk is not None and sk.sk_protocol == IPPROTO_TCP:
                last = sk.__sk_common.skc_v6_daddr.in6_u.u6_addr32[3]
    Refused:
        prev.pid = 0
    """,
    "text": """Strings have a fixed size, end at their first NUL, and are cut where the field is too small.

    They are read from fields of the kernel, or from behind a pointer by ``kernel_text()`` and ``user_text()``. They
    are compared by ``==`` and ``!=`` with literals, with options, and with others of the same size; ``in`` a tuple
    works, too. What else is done with strings is for a view: ``Column(contains=…)`` keeps the rows that have a text.

    Example:
        name = Option("-n", "--name", type=Text, help="only this command")

        if name is not None and prev.comm != name:
            return
        if next.comm in ("sshd", "bash"):
            return
    Refused:
        if "ssh" in prev.comm:
            return
    """,
    "loops": """A loop goes over a range whose end is known at launch or has a bound: ``for i in range(min(n, 64)):``.

    The kernel walks through every turn before it lets the program in: at most 65536. ``break``, ``continue`` and
    ``else`` are as in Python. What is used behind the loop has got its value before it: there may be no turn.

    Example:
        last = 0
        for i in range(4):
            last = i
        task = prev.real_parent
        for depth in range(8):
            if task.tgid <= 1:
                break
            task = task.real_parent
        for i in range(min(cpu(), 64)):
            if i == 3:
                continue
    Refused:
        for i in range(now()):
            pass
    Refused:
        for i in range(min(cpu(), 4)):
            pass
        last = i
    """,
    "launch": """What is known at launch costs nothing: options, constants, ``exists()``, and what they are combined to.

    A branch that they rule out is not compiled, and what is in it need not be there in this kernel. So one script fits
    several kernels, and an option that is not given leaves no trace in the code.

    Example:
        milliseconds = Option("-m", "--milliseconds", help="in milliseconds")
        step = 1_000_000 if milliseconds else 1_000
        waited = Histogram(Milliseconds if milliseconds else Microseconds)

        waited.add((now() - prev.start_time) // step)
        if exists("task_struct.no_such_member"):
            x = prev.no_such_member
    """,
    "limits": """A probe has 512 bytes of stack and runs to its end; it observes and changes nothing.

    There is no allocation: a list, a dictionary, a comprehension, an f-string and a lambda are refused, and so is all
    that raises, waits or is left in a hurry: ``try``, ``with``, ``yield``. What is outside the language is refused at
    its line, with a hint that says what to write instead; nothing is dropped in silence. ``tuibpf check FILE`` tells,
    without privileges.

    Refused:
        names = [prev.comm]
    Refused:
        title = f"{cpu()}"
    Refused:
        table = {}
    Refused:
        squares = (i * i for i in range(4))
    Refused:
        call = lambda: 1
    Refused:
        first = prev.comm[0:4]
    """,
}

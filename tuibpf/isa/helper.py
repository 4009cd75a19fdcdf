"""Helper functions of the kernel by number: ``enum bpf_func_id`` of include/uapi/linux/bpf.h.

Names are the kernel's without ``bpf_``. Arguments and results: bpf-helpers(7).
"""

from tuibpf.isa.words import IntWords

__all__ = ["Helper"]


class Helper(IntWords):
    """The helpers that probes have a use for, with the kernel that added each."""

    MAP_LOOKUP_ELEM = 1  # Linux 3.19
    MAP_UPDATE_ELEM = 2  # Linux 3.19
    MAP_DELETE_ELEM = 3  # Linux 3.19
    PROBE_READ = 4  # Linux 4.1
    KTIME_GET_NS = 5  # Linux 4.1
    TRACE_PRINTK = 6  # Linux 4.1
    GET_PRANDOM_U32 = 7  # Linux 4.1
    GET_SMP_PROCESSOR_ID = 8  # Linux 4.1
    TAIL_CALL = 12  # Linux 4.2
    GET_CURRENT_PID_TGID = 14  # Linux 4.2
    GET_CURRENT_UID_GID = 15  # Linux 4.2
    GET_CURRENT_COMM = 16  # Linux 4.2
    PERF_EVENT_READ = 22  # Linux 4.3
    PERF_EVENT_OUTPUT = 25  # Linux 4.4
    SKB_LOAD_BYTES = 26  # Linux 4.5
    GET_STACKID = 27  # Linux 4.6
    GET_CURRENT_TASK = 35  # Linux 4.8
    CURRENT_TASK_UNDER_CGROUP = 37  # Linux 4.9
    GET_NUMA_NODE_ID = 42  # Linux 4.10
    PROBE_READ_STR = 45  # Linux 4.11
    GET_SOCKET_COOKIE = 46  # Linux 4.12
    GET_SOCKET_UID = 47  # Linux 4.12
    PERF_EVENT_READ_VALUE = 55  # Linux 4.15
    PERF_PROG_READ_VALUE = 56  # Linux 4.15
    OVERRIDE_RETURN = 58  # Linux 4.16
    GET_STACK = 67  # Linux 4.18
    GET_CURRENT_CGROUP_ID = 80  # Linux 4.18
    MAP_PUSH_ELEM = 87  # Linux 4.20
    MAP_POP_ELEM = 88  # Linux 4.20
    MAP_PEEK_ELEM = 89  # Linux 4.20
    SPIN_LOCK = 93  # Linux 5.1
    SPIN_UNLOCK = 94  # Linux 5.1
    STRTOL = 105  # Linux 5.2
    STRTOUL = 106  # Linux 5.2
    SEND_SIGNAL = 109  # Linux 5.3
    PROBE_READ_USER = 112  # Linux 5.5
    PROBE_READ_KERNEL = 113  # Linux 5.5
    PROBE_READ_USER_STR = 114  # Linux 5.5
    PROBE_READ_KERNEL_STR = 115  # Linux 5.5
    SEND_SIGNAL_THREAD = 117  # Linux 5.6
    JIFFIES64 = 118  # Linux 5.6
    READ_BRANCH_RECORDS = 119  # Linux 5.6
    GET_NS_CURRENT_PID_TGID = 120  # Linux 5.7
    GET_NETNS_COOKIE = 122  # Linux 5.7
    GET_CURRENT_ANCESTOR_CGROUP_ID = 123  # Linux 5.7
    KTIME_GET_BOOT_NS = 125  # Linux 5.8
    RINGBUF_OUTPUT = 130  # Linux 5.8
    RINGBUF_RESERVE = 131  # Linux 5.8
    RINGBUF_SUBMIT = 132  # Linux 5.8
    RINGBUF_DISCARD = 133  # Linux 5.8
    RINGBUF_QUERY = 134  # Linux 5.8
    GET_TASK_STACK = 141  # Linux 5.9
    D_PATH = 147  # Linux 5.10
    COPY_FROM_USER = 148  # Linux 5.10
    PER_CPU_PTR = 153  # Linux 5.10
    THIS_CPU_PTR = 154  # Linux 5.10
    TASK_STORAGE_GET = 156  # Linux 5.11
    TASK_STORAGE_DELETE = 157  # Linux 5.11
    GET_CURRENT_TASK_BTF = 158  # Linux 5.11
    KTIME_GET_COARSE_NS = 160  # Linux 5.11
    SOCK_FROM_FILE = 162  # Linux 5.11
    FOR_EACH_MAP_ELEM = 164  # Linux 5.13
    SNPRINTF = 165  # Linux 5.13
    TIMER_INIT = 169  # Linux 5.15
    TIMER_SET_CALLBACK = 170  # Linux 5.15
    TIMER_START = 171  # Linux 5.15
    TIMER_CANCEL = 172  # Linux 5.15
    GET_FUNC_IP = 173  # Linux 5.15
    GET_ATTACH_COOKIE = 174  # Linux 5.15
    TASK_PT_REGS = 175  # Linux 5.15
    GET_BRANCH_SNAPSHOT = 176  # Linux 5.16
    FIND_VMA = 180  # Linux 5.17
    LOOP = 181  # Linux 5.17
    STRNCMP = 182  # Linux 5.17
    GET_FUNC_ARG = 183  # Linux 5.17
    GET_FUNC_RET = 184  # Linux 5.17
    GET_FUNC_ARG_CNT = 185  # Linux 5.17
    COPY_FROM_USER_TASK = 191  # Linux 5.18
    MAP_LOOKUP_PERCPU_ELEM = 195  # Linux 5.19
    KTIME_GET_TAI_NS = 208  # Linux 6.1
    CGRP_STORAGE_GET = 210  # Linux 6.2
    CGRP_STORAGE_DELETE = 211  # Linux 6.2

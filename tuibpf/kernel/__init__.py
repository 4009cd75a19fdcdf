"""The one package that makes system calls: bpf(2), perf_event_open(2), tracefs, and what the running kernel can do."""

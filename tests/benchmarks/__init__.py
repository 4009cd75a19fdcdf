"""How fast tuibpf is, beside its peers, in one run: ``python -m tests.benchmarks`` lists and runs them."""

"""The long harnesses: whole runs that are broken off, loads, old clients. `make test-slow` and CI run them."""

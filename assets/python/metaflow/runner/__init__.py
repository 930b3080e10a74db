"""Runs, resumes and spins that are started from Python: each is a process of its own; the client reads the results."""

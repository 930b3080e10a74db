"""The half of the worker protocol that runs inside Python (see docs/WORKER.md).

Start-up time is a feature here: these modules import nothing that a task does not need, use the C modules behind
`json`, `pickle`, `socket` and `signal` directly, and leave everything heavy to the moment it is asked for.
"""

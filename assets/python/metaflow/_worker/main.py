"""Entry point of the forkserver process: descriptor 0 is its control socket.

Only arranges the process (descriptors, import path, session); the protocol is in `server`.
"""

from __future__ import annotations

import gc
import os
import sys


def main() -> None:
    # Imports make many objects and little garbage: collecting in between only costs time.
    gc.disable()
    control = os.dup(0)
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.close(null)
    here = os.path.dirname(os.path.abspath(__file__))
    sys.path.insert(0, here)
    from bundle import use

    use(os.path.dirname(here))
    # Python itself may have put this directory first on the path; its modules' names would shadow the user's.
    del sys.modules["bundle"]
    sys.path[:] = [entry for entry in sys.path if os.path.abspath(entry or ".") != here]
    assets = os.path.dirname(os.path.dirname(here))
    if assets not in sys.path:
        sys.path.insert(0, assets)
    # Children of the user's steps are to run as under `python -u`, and to find no control socket.
    os.environ["PYTHONUNBUFFERED"] = "x"
    try:
        # The terminal's Ctrl-C is for the engine, which then decides what ends.
        os.setsid()
    except OSError:
        pass
    try:
        from metaflow._worker import bytecode
    except ImportError as error:
        # This Python is too old: a sentence, which the engine repeats.
        sys.exit(str(error))
    from metaflow._worker.server import Server

    bytecode.ensure()
    Server(control).run()


if __name__ == "__main__":
    main()

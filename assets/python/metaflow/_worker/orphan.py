"""A task that nobody watches ends itself when its engine has gone: nobody would store what it makes.

A forked task is ended by the process that it was forked from. One whose interpreter the engine itself has started has
only this.
"""

from __future__ import annotations

import _signal
import _thread
import os
import select
import time

# Seconds in which it may clean up.
_PATIENCE = 1.0


def end_without_engine(control: int) -> None:
    """Have this process and its group end when the other side of the socket closes. It leads the group."""
    _thread.start_new_thread(_wait, (control,))


def _wait(control: int) -> None:
    poll = select.poll()
    # Only the end of the other side is waited for, and that is always told: messages are not for us.
    poll.register(control, 0)
    poll.poll()
    os.killpg(0, _signal.SIGTERM)
    time.sleep(_PATIENCE)
    os.killpg(0, _signal.SIGKILL)

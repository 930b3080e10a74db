"""What one process needs to become a template or a task, and to end as an interpreter does."""

from __future__ import annotations

import _signal
import atexit
import gc
import io
import os
import sys
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable


def flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (AttributeError, OSError, ValueError):
            pass


def exit_status(status: int) -> int:
    """The exit code, or minus the signal, of a `waitpid` status."""
    return -os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)


def end_tasks(pids: Iterable[int]) -> None:
    """End tasks that nobody waits for any more, and what they started: politely, then for good."""
    left = list(pids)
    for number, patience in ((_signal.SIGTERM, 1.0), (_signal.SIGKILL, 0.0)):
        for pid in left:
            try:
                os.killpg(pid, number)
            except OSError:
                # It has ended, or it was forked just now and has no group of its own yet.
                _kill(pid, number)
        end = time.monotonic() + patience
        while left and time.monotonic() < end:
            time.sleep(0.01)
            left = [pid for pid in left if not _has_ended(pid)]


def end_groups(pids: Iterable[int]) -> None:
    """End those of the processes that lead a group of their own, and their groups."""
    end_tasks(pid for pid in pids if leads_group(pid))


def leads_group(pid: int) -> bool:
    """Whether a process has a group of its own: the engine has started it, or it is a task."""
    try:
        return os.getpgid(pid) == pid
    except OSError:
        # It has ended.
        return False


def installation() -> list[str]:
    """Paths that change when something is installed into this Python, or it is replaced itself."""
    places = [path for path in sys.path if os.path.basename(path) in ("site-packages", "dist-packages")]
    return [os.path.realpath(sys.executable), *places]


def _kill(pid: int, number: int) -> None:
    try:
        os.kill(pid, number)
    except OSError:
        # It has ended.
        return


def _has_ended(pid: int) -> bool:
    try:
        return os.waitpid(pid, os.WNOHANG)[0] != 0
    except ChildProcessError:
        return True


def redirect(stdout: int, stderr: int) -> None:
    """Make the two descriptors this process's output."""
    for fd, target in ((stdout, 1), (stderr, 2)):
        os.dup2(fd, target)
        os.close(fd)


def become_task(stdout: int, stderr: int) -> None:
    """A session of its own, default signals, output by lines: what user code finds when Python starts it."""
    try:
        # The engine ends a task by its process group.
        os.setsid()
    except OSError:
        pass
    redirect(stdout, stderr)
    for number, usual in ((_signal.SIGINT, _signal.default_int_handler), (_signal.SIGTERM, _signal.SIG_DFL)):
        # What the flow has set while it was imported stays.
        if not callable(_signal.getsignal(number)):
            _signal.signal(number, usual)
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(line_buffering=True)
    gc.enable()


def finish(code: int) -> None:
    """End as the interpreter does: threads, exit handlers, open files; but without taking down every module."""
    threading = sys.modules.get("threading")
    try:
        if threading is not None:
            threading._shutdown()
        atexit._run_exitfuncs()
    except BaseException as error:
        sys.excepthook(type(error), error, error.__traceback__)
    _flush_open_files()
    flush()
    os._exit(code)


def _flush_open_files() -> None:
    """Files that are still open in some module's variable would be flushed by the interpreter's finalisation."""
    # By exact type: `isinstance` would run the `__class__` of the user's proxies.
    kinds = (io.TextIOWrapper, io.BufferedWriter, io.BufferedRandom)
    for candidate in gc.get_objects():
        if type(candidate) in kinds:
            try:
                if not candidate.closed:
                    candidate.flush()
            except (OSError, ValueError):
                pass


def disown_finalizers() -> None:
    """`weakref.finalize` objects of the template (a `TemporaryDirectory` at module level) are not a task's to run."""
    weakref = sys.modules.get("weakref")
    if weakref is None:
        return
    for info in weakref.finalize._registry.values():
        info.atexit = False

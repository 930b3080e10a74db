"""Whether this process may be forked, and if not, why: a clause for the user, in the past tense.

A fork takes only the calling thread along. Whatever waits for another one (a thread pool, a lock that it held) then
waits for ever, in the child, at its first use. So it matters whose the other threads are: Python's are the user's;
of native ones, some libraries make theirs anew in the child, and OpenMP can be told to stop its own.

What the kernel keeps once for parent and children alike is as bad: tasks would read each other's answers from the one
connection of a database client, and wait for the lock that one of them held when it was killed. So they would share
a pipe, a pair of sockets and a file without a name, of which each has its own if it has executed the flow itself.
"""

from __future__ import annotations

import _socket
import os
import sys

from . import native_threads

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection

# Libraries that register with `pthread_atfork`, and have threads again in the child.
_RENEWED = ("libopenblas", "libscipy_openblas", "libarrow", "libpthreadpool", "pypocketfft")
# Runtimes of OpenMP.
_OPENMP = ("libgomp", "libomp", "libiomp")
# Threads that are no danger: jemalloc starts its own anew; Polars' cleaner, there since the import, removes old files.
_HARMLESS = ("jemalloc_bg_thd", "polars-ooc-clea")
# Descriptors of a driver, whose state a child cannot share.
_DEVICES = ("/dev/nvidia", "/dev/kfd")

# `omp_pause_hard`, of OpenMP 5: the pool goes, what was set stays.
_PAUSE_HARD = 2


def obstacle(known: Collection[str] | None = None) -> str | None:
    """Why a fork is not safe now, or None. Pools that can be stopped are; they are there again at their next use.

    What is `known` of that which `held` gives may be shared; without it, all of that may.
    """
    return _descriptor(known) or _shared_memory() or _python_thread() or _native_thread()


def held() -> frozenset[str]:
    """All descriptors that are open now, by the names that the system gives to what they stand for."""
    return frozenset(_open().values())


def _open() -> dict[int, str]:
    try:
        descriptors = os.listdir("/proc/self/fd")
    except OSError:
        return {}
    found = {}
    for fd in descriptors:
        try:
            found[int(fd)] = os.readlink(f"/proc/self/fd/{fd}")
        except OSError:
            # That of the listing itself, closed again.
            continue
    return found


def _descriptor(known: Collection[str] | None) -> str | None:
    cuda = sys.modules.get("torch.cuda")
    try:
        if cuda is not None and cuda.is_initialized():
            return "torch initialised CUDA"
    except Exception:
        # It is not PyTorch's, or its import has failed half-way.
        pass
    descriptors = _open()
    pipes: dict[str, bool] = {}
    for fd, path in descriptors.items():
        is_new = known is not None and path not in known
        if path.startswith(_DEVICES):
            return f"{path} was opened"
        if path.startswith("socket:"):
            peer = _peer(fd)
            if peer or (is_new and peer is not None):
                return "a connection was opened" if peer else "a pair of sockets was made"
        elif is_new and path.startswith("pipe:"):
            # With an end that does not block, a library wakes its own threads, and makes it anew where that matters.
            pipes[path] = pipes.get(path, True) and os.get_blocking(fd)
        elif is_new and path.endswith(" (deleted)") and _is_temporary(fd, path):
            return "a temporary file was opened"
    return "a pipe was made" if any(pipes.values()) else None


def _peer(fd: int) -> bool | None:
    """Whether whom it is connected with has an address: the other one of a pair has none. None without a connection."""
    try:
        link = _socket.socket(fileno=os.dup(fd))
    except OSError:
        return None
    try:
        name = link.getpeername()
        if link.family == _socket.AF_UNIX and not name:
            return False
        return True if link.type == _socket.SOCK_STREAM else None
    except OSError:
        # It listens, or is not connected yet.
        return None
    finally:
        link.close()


def _is_temporary(fd: int, path: str) -> bool:
    """Whether it was made to be written and read again; code that is made while it runs lies in such files, too."""
    import fcntl

    is_code = path.startswith("/memfd:") or os.path.basename(path).startswith("ffi")
    return not is_code and fcntl.fcntl(fd, fcntl.F_GETFL) & os.O_ACCMODE == os.O_RDWR


def _shared_memory() -> str | None:
    """Memory without a file that stays shared after a fork, and the locks of `multiprocessing`, which lie in such."""
    return "memory or a lock that processes share was made" if _has_locks() or _has_shared_mapping() else None


def _has_locks() -> bool:
    synchronize = sys.modules.get("multiprocessing.synchronize")
    # Each of them wants to know of forks.
    registry = getattr(sys.modules.get("multiprocessing.util"), "_afterfork_registry", None)
    if synchronize is None or not registry:
        return False
    return any(isinstance(held, synchronize.SemLock) for held in list(registry.values()))


def _has_shared_mapping() -> bool:
    try:
        # There is rarely any, and this tells sooner than the list of all mappings.
        with open("/proc/self/status", "rb") as status:
            if not any(line.startswith(b"RssShmem:") and line.split()[1] != b"0" for line in status):
                return False
        with open("/proc/self/maps", "rb") as maps:
            mappings = [line.split(None, 5) for line in maps]
    except OSError:
        return False
    return any(_is_nameless(*fields[1::4]) for fields in mappings if len(fields) == 6)


def _is_nameless(permissions: bytes, path: bytes) -> bool:
    is_shared = permissions.startswith(b"rw") and permissions.endswith(b"s")
    return is_shared and (path.startswith((b"/dev/shm/", b"/dev/zero")) or path.rstrip().endswith(b" (deleted)"))


def _python_thread() -> str | None:
    frames = sys._current_frames()
    if len(frames) < 2:
        return None
    import threading

    names = {thread.ident: f" {thread.name}" for thread in threading.enumerate()}
    ident = next(ident for ident in frames if ident != threading.get_ident())
    return f"the thread{names.get(ident, '')} was started{_beginning(frames[ident])}"


def _beginning(frame: object) -> str:
    """Where the code of a thread begins, after what the standard library does for it."""
    place = ""
    while frame is not None:
        file = frame.f_code.co_filename
        inside = _inside_packages(file)
        if inside or os.path.dirname(os.__file__) not in file:
            place = f" ({inside or os.path.basename(file)}:{frame.f_code.co_firstlineno})"
        frame = frame.f_back
    return place


def _native_thread() -> str | None:
    tids = native_threads.others()
    if not tids:
        return None
    try:
        libraries = native_threads.libraries(tids)
        if any(_is(library, _OPENMP) for library in libraries.values()):
            _stop_openmp()
            libraries = native_threads.libraries(native_threads.others())
    except native_threads.Unreadable:
        _stop_openmp()
        return _by_name(native_threads.others())
    for tid, library in libraries.items():
        if not _is(library, _RENEWED) and native_threads.name(tid) not in (None, *_HARMLESS):
            return f"{_package(library)} started threads" if library else "a native thread was started"
    return None


def _by_name(tids: list[str]) -> str | None:
    """Where stacks cannot be read: a pool without a name of its own is taken for one that is made anew."""
    usual = (None, *_HARMLESS, native_threads.name(str(os.getpid())))
    found = next((name for name in map(native_threads.name, tids) if name not in usual), None)
    return found and f"the native thread {found} was started"


def _is(library: str, prefixes: tuple[str, ...]) -> bool:
    return os.path.basename(library).startswith(prefixes)


def _package(library: str) -> str:
    """The name under which the user knows a library: that of the package it came with."""
    package = _inside_packages(library).partition(os.sep)[0].lstrip("_")
    return package.partition(".")[0].partition("_runtime")[0].replace("_", "-") or os.path.basename(library)


def _inside_packages(path: str) -> str:
    """The part of a path below the directory of installed packages; nothing elsewhere."""
    for directory in ("site-packages", "dist-packages"):
        _, found, inside = path.rpartition(f"{os.sep}{directory}{os.sep}")
        if found:
            return inside
    return ""


def _stop_openmp() -> None:
    """Each runtime that is loaded ends the pool of this thread."""
    libraries = native_threads.loaded(_OPENMP)
    if not libraries:
        return
    import ctypes

    for path in libraries:
        try:
            ctypes.CDLL(path, mode=os.RTLD_NOLOAD | os.RTLD_NOW).omp_pause_resource_all(_PAUSE_HARD)
        except (OSError, AttributeError):
            # Older than OpenMP 5: its threads stay, and are seen.
            continue

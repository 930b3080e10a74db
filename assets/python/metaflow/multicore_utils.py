"""`parallel_map` and `parallel_imap_unordered`: a function in forked processes, so that it may be a closure."""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import Any


class MulticoreException(Exception):
    """A process of `parallel_map` has failed; what it said is on stderr."""


def parallel_imap_unordered(
    func: Callable[[Any], Any], iterable: Iterable[Any], max_parallel: int | None = None, dir: str | None = None
) -> Iterator[Any]:
    """The results of `func` for each item, in the order in which they come."""
    import pickle
    from itertools import islice

    items = iter(iterable)
    limit = max_parallel or os.cpu_count() or 1
    running = dict(_start(func, item, dir) for item in islice(items, limit))
    try:
        while running:
            pid, status = _wait(running)
            path = running.pop(pid)
            try:
                if status:
                    raise MulticoreException("Child failed")
                with open(path, "rb") as file:
                    result = pickle.load(file)
            finally:
                os.remove(path)
            running.update(_start(func, item, dir) for item in islice(items, 1))
            yield result
    finally:
        # The consumer may have stopped asking.
        for pid, path in running.items():
            os.waitpid(pid, 0)
            os.remove(path)


def parallel_map(
    func: Callable[[Any], Any], iterable: Iterable[Any], max_parallel: int | None = None, dir: str | None = None
) -> list[Any]:
    """The results of `func` for each item, in the order of the items."""

    def numbered(pair: tuple[int, Any]) -> tuple[int, Any]:
        return pair[0], func(pair[1])

    results = parallel_imap_unordered(numbered, enumerate(iterable), max_parallel, dir)
    return [result for _, result in sorted(results, key=lambda pair: pair[0])]


def _start(func: Callable[[Any], Any], item: Any, directory: str | None) -> tuple[int, str]:
    """The process that computes one result, and the file that will have it."""
    import tempfile

    file, path = tempfile.mkstemp(prefix="parallel_map_", dir=directory)
    os.close(file)
    # What is in the buffers would be written twice.
    sys.stdout.flush()
    sys.stderr.flush()
    pid = os.fork()
    if pid:
        return pid, path
    code = 1
    try:
        import pickle

        with open(path, "wb") as output:
            pickle.dump(func(item), output, protocol=pickle.HIGHEST_PROTOCOL)
        code = 0
    except BaseException:
        import traceback

        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        # Nothing of the caller's is to be unwound in this process.
        os._exit(code)


def _wait(running: dict[int, str]) -> tuple[int, int]:
    """The next of these processes to end; others are not ours to wait for."""
    import time

    while True:
        for pid in running:
            done, status = os.waitpid(pid, os.WNOHANG)
            if done:
                return pid, status
        time.sleep(0.002)

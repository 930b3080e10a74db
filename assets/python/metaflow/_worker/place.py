"""Where in the user's files a thing is that an error is about, when no frame of a traceback says so."""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    Place = tuple[str, int]


def note(error: BaseException, place: Place | None) -> None:
    """Remember the place with the error; a place that is known already is closer."""
    if place is not None and not hasattr(error, "__place__"):
        error.__place__ = place


class at_step:
    """Errors within this block are about a step."""

    def __init__(self, function: Callable) -> None:
        self.function = function

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if error is not None:
            note(error, of_step(self.function))


def of_step(function: Callable) -> Place:
    """The first line of a step, its decorators included."""
    return (function.__code__.co_filename, function.__code__.co_firstlineno)


def of_attribute(kind: type, name: str) -> Place | None:
    """The assignment of a class attribute; the class, where it is not found."""
    for base in kind.__mro__:
        if name in vars(base):
            return _first_match(base, rf"\s+{name}\s*[:=]") or of_class(base)
    return None


def of_class(kind: type) -> Place | None:
    """The line that begins a class."""
    return _first_match(kind, rf"\s*class\s+{kind.__name__}\b")


def _first_match(kind: type, pattern: str) -> Place | None:
    import linecache
    import re

    file = getattr(sys.modules.get(kind.__module__), "__file__", None)
    if file is None:
        return None
    start = re.compile(pattern)
    for number, line in enumerate(linecache.getlines(file), 1):
        if start.match(line):
            return (file, number)
    return None

"""Files below a directory, as code packages take them."""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator


def suffixes_of(given: list[str] | str) -> tuple[str, ...]:
    """From a list, or a text with commas; the leading dots may be left out."""
    names = given.split(",") if isinstance(given, str) else given
    return tuple(f".{name.strip().lstrip('.')}".lower() for name in names if name.strip())


def has_suffix(name: str, suffixes: tuple[str, ...]) -> bool:
    """Whether a file is wanted; one whose name begins with a dot is, if that is its whole name."""
    name = name.lower()
    return name in suffixes if name.startswith(".") else name.endswith(suffixes)


def files_below(root: str, hidden: bool = False, excluded: tuple[str, ...] = ()) -> Iterator[tuple[str, str]]:
    """`(path, path relative to the directory)`. Links are followed, but none into a place that it is itself in;
    `excluded` directories are passed over at the top, hidden ones everywhere unless asked for."""
    root = root.rstrip(os.sep) or os.sep
    pending: list[tuple[str, tuple[str, ...]]] = [(root, (os.path.realpath(root),))]
    while pending:
        directory, above = pending.pop()
        directories = []
        for name in _names(directory):
            path = os.path.join(directory, name)
            if not os.path.isdir(path):
                yield path, os.path.relpath(path, root)
            elif name != "__pycache__" and (hidden or not name.startswith(".")):
                real = os.path.realpath(path)
                if real not in above and not (directory == root and name in excluded):
                    directories.append((path, (*above, real)))
        pending += reversed(directories)


def _names(directory: str) -> list[str]:
    try:
        return sorted(os.listdir(directory))
    except OSError:
        return []

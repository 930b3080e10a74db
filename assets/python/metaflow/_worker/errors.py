"""Exceptions as the engine sees them: with the frames of the user's code, without those of the worker."""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_OWN = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep


def is_own(filename: str) -> bool:
    """Whether a frame's file is part of this package or of the import machinery."""
    return filename.startswith((_OWN, "<frozen ")) or os.path.abspath(filename).startswith(_OWN)


def is_raised_by_user(error: BaseException) -> bool:
    """Whether the exception comes from the user's code, or what that called, and not from this package."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return trace is not None and not is_own(trace.tb_frame.f_code.co_filename)


def qualified_name(kind: type) -> str:
    """`module.Class` as Metaflow writes it; the builtins keep their module too."""
    return f"{kind.__module__}.{kind.__name__}"


def format_user(error: BaseException) -> str:
    """The traceback text with the user's frames only, in the chained exceptions as well."""
    import traceback

    trimmed = traceback.TracebackException(type(error), error, error.__traceback__)
    seen: set[int] = set()

    def trim(part: Any) -> None:
        if part is None or id(part) in seen:
            return
        seen.add(id(part))
        part.stack[:] = [frame for frame in part.stack if not is_own(frame.filename)]
        trim(part.__cause__)
        trim(part.__context__)
        for inner in getattr(part, "exceptions", None) or ():
            trim(inner)

    trim(trimmed)
    return "".join(trimmed.format())


def describe_exception(error: BaseException) -> dict[str, Any]:
    """The protocol's Error."""
    import linecache
    import traceback

    frames = []
    for frame, line in traceback.walk_tb(error.__traceback__):
        code = frame.f_code
        if not is_own(code.co_filename):
            frames.append(
                {
                    "file": code.co_filename,
                    "line": line,
                    "function": code.co_name,
                    "code": linecache.getline(code.co_filename, line, frame.f_globals).strip(),
                }
            )
    syntax = None
    # Of some texts, such as one with zero bytes, Python does not say where they are wrong.
    if isinstance(error, SyntaxError) and error.lineno is not None:
        syntax = {"line": error.lineno, "column": error.offset}
        frames.append(
            {
                "file": error.filename,
                "line": error.lineno,
                "function": "<module>",
                "code": (error.text or "").strip(),
            }
        )
    message, text = unmarked(error, message_of(error)), unmarked(error, format_user(error))
    place = getattr(error, "__place__", None)
    if place is not None and not frames:
        # No frame of the user's leads there.
        message = f"{place[0]}:{place[1]}: {message}"
        text = f"{place[0]}:{place[1]}: {text}"
    return {
        "type": qualified_name(type(error)),
        "message": message,
        "traceback": text,
        "full_traceback": "".join(traceback.format_exception(type(error), error, error.__traceback__)),
        "frames": frames,
        "syntax": syntax,
        # Of errors whose message is a sentence for the user.
        "headline": getattr(error, "headline", None) if _is_explained(error) else None,
    }


def _is_explained(error: BaseException) -> bool:
    from ..exception import MetaflowException

    return isinstance(error, MetaflowException)


def message_of(error: BaseException) -> str:
    try:
        return str(error)
    except Exception as broken:
        return f"<the text of this exception cannot be had: {type(broken).__name__}>"


def unmarked(error: BaseException, text: str) -> str:
    """A text about an error; in sentences of our own, quotes for the stars by which `_cli` knows what to emphasise."""
    if not _is_explained(error) or is_raised_by_user(error):
        return text
    import re

    return re.sub(r"\*([\w.-]+)\*", r"'\1'", text)


def print_user(error: BaseException) -> None:
    """What the task's log shows."""
    sys.stderr.write(unmarked(error, format_user(error)))

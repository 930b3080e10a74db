"""What the command line prints, and with which marks: `*stars*` for emphasis, colours only on a terminal."""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, TextIO

INDENT = " " * 4

_COLOURS = {"red": 31, "green": 32, "yellow": 33, "magenta": 35}


def write(
    text: str, err: bool = False, colour: str | None = None, bold: bool = False, end: str = "\n", raw: bool = False
) -> None:
    """Print a text; its `*` marks become emphasis unless `raw`."""
    stream: TextIO = sys.stderr if err else sys.stdout
    if stream.isatty():
        text = _emphasize(text, colour, bold, raw)
    elif not raw:
        text = text.replace("*", "")
    try:
        stream.write(text + end)
    except UnicodeEncodeError:
        stream.write((text + end).encode("ascii", "backslashreplace").decode())


def _emphasize(text: str, colour: str | None, bold: bool, raw: bool) -> str:
    spans = [text] if raw else text.split("*")
    return "".join(
        _paint(span, colour if index % 2 == 0 else "red", bold or index % 2 == 1) for index, span in enumerate(spans)
    )


def _paint(text: str, colour: str | None, bold: bool) -> str:
    codes = [str(_COLOURS[colour])] if colour in _COLOURS else []
    if bold:
        codes.append("1")
    return f"\033[{';'.join(codes)}m{text}\033[0m" if codes and text else text


def indented(text: str) -> str:
    return "\n".join(INDENT + line for line in text.splitlines())


def show_exception(error: Any) -> None:
    """A `MetaflowException`: its headline and, below, its message."""
    file, line = getattr(error, "source_file", None), getattr(error, "line_no", None)
    if file is None and line is None:
        file, line = getattr(error, "__place__", (None, None))
    place = "" if file is None else f" in file {file}"
    if line is not None:
        place += f" on line {line}"
    write(f"{INDENT}{error.headline}{place}:", err=True, bold=True)
    write(indented(str(error.message)), err=True)
    write("", err=True)

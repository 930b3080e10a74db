"""Data frames as headers and rows of plain values. The libraries are never imported here: a frame brings its own."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# Rows of a truncated frame.
_HEAD = 5
# Characters of a text in a cell.
_MAX_TEXT = 30
_TIME = "%Y-%m-%dT%H:%M:%S"


def rows_of(frame: Any, truncate: bool) -> tuple[list[Any], list[list[Any]]] | None:
    """Headers and rows of a frame; None for what is no frame. A pandas index is a first column without a header."""
    kind = type(frame)
    if kind.__name__ != "DataFrame":
        return None
    library = kind.__module__.partition(".")[0]
    if library == "polars":
        part = frame.head(_HEAD) if truncate else frame
        return list(part.columns), [[_value(value) for value in row] for row in part.rows()]
    if library != "pandas":
        return None
    part = frame.head(_HEAD) if truncate else frame
    columns = [part.iloc[:, position].tolist() for position in range(part.shape[1])]
    index = part.index.tolist()
    data = [[_value(label), *(_value(column[number]) for column in columns)] for number, label in enumerate(index)]
    return ["", *(_header(name) for name in part.columns)], data


def _header(name: object) -> Any:
    return name if isinstance(name, (str, int, float)) else str(name)


def _value(value: Any) -> Any:
    """One cell: numbers as they are, missing values as the word null, all else as a short text."""
    if _is_missing(value):
        return "null"
    if isinstance(value, (bool, int, float)):
        return value
    if isinstance(value, (tuple, list)):
        return [_value(item) for item in value]
    if hasattr(value, "strftime"):
        return value.strftime(_TIME) + (value.strftime("%Z") if getattr(value, "tzinfo", None) else "")
    if hasattr(value, "total_seconds"):
        return value.total_seconds()
    text = str(value)
    return text[:_MAX_TEXT] + "..." if len(text) > _MAX_TEXT else text


def _is_missing(value: object) -> bool:
    """None, NaN, NaT, and pandas' NA, whose comparisons have no truth value."""
    if value is None or type(value).__name__ in ("NAType", "NaTType"):
        return True
    return isinstance(value, float) and value != value

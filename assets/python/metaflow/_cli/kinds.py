"""What values an option takes: how a text becomes one, and how help pages call it."""

from __future__ import annotations

from .errors import BadValue

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any

_TRUE = frozenset(("true", "t", "1", "yes", "y"))
_FALSE = frozenset(("false", "f", "0", "no", "n"))


class Kind:
    """Texts as they are."""

    name = "TEXT"

    def convert(self, value: Any) -> Any:
        return value if isinstance(value, str) else str(value)

    def split(self, text: str) -> list[str]:
        """The texts in a variable of an option that takes several."""
        return text.split()


class Integer(Kind):
    name = "INTEGER"

    def convert(self, value: Any) -> int:
        try:
            return int(value)
        except (TypeError, ValueError):
            raise BadValue(f"{value} is not a valid integer") from None


class Real(Kind):
    name = "FLOAT"

    def convert(self, value: Any) -> float:
        try:
            return float(value)
        except (TypeError, ValueError):
            raise BadValue(f"{value} is not a valid floating point value") from None


class Boolean(Kind):
    name = "BOOLEAN"

    def convert(self, value: Any) -> bool:
        if isinstance(value, bool):
            return value
        word = str(value).lower()
        if word in _TRUE:
            return True
        if word in _FALSE:
            return False
        raise BadValue(f"{word} is not a valid boolean")


class Choice(Kind):
    """One of a few words."""

    def __init__(self, words: Iterable[str]) -> None:
        self.words = tuple(words)

    @property
    def name(self) -> str:
        return f"[{'|'.join(self.words)}]"

    def convert(self, value: Any) -> str:
        if value in self.words:
            return value
        raise BadValue(f"invalid choice: {value}. (choose from {', '.join(self.words)})")


class Pairs(Kind):
    """Two texts, as in `--config NAME FILE`; a variable has them all as one JSON object."""

    name = "<TEXT TEXT>..."

    def split(self, text: str) -> list[str]:
        import json

        try:
            pairs = json.loads(text).items()
        except (ValueError, AttributeError):
            raise BadValue("the variable must have a JSON object of names and values") from None
        return [part if isinstance(part, str) else json.dumps(part) for pair in pairs for part in pair]


class Foreign(Kind):
    """A kind that a flow or an extension brings along: an object with `convert`, or a function of the text."""

    def __init__(self, kind: Any) -> None:
        self.kind = kind

    @property
    def name(self) -> str:
        return str(getattr(self.kind, "name", None) or getattr(self.kind, "__name__", "value")).upper()

    def convert(self, value: Any) -> Any:
        convert: Callable = self.kind
        if hasattr(self.kind, "convert"):
            convert = _three(self.kind.convert)
        try:
            return convert(value)
        except BadValue:
            raise
        except Exception as error:
            raise BadValue(str(error) or f"{value} is not a valid {self.name.lower()}") from error


def _three(convert: Callable) -> Callable:
    """Such objects are told the option and the command line as well; they have no use for ours."""
    return lambda value: convert(value, None, None)


TEXT = Kind()
INTEGER = Integer()
REAL = Real()
BOOLEAN = Boolean()
PAIRS = Pairs()

_BY_TYPE = {str: TEXT, int: INTEGER, float: REAL, bool: BOOLEAN}


def kind_of(kind: Any, default: Any = None) -> Kind:
    """The kind for a Python type; without one, that of the default value."""
    if isinstance(kind, Kind):
        return kind
    if kind is None:
        return _BY_TYPE.get(type(default), TEXT)
    return _BY_TYPE.get(kind) or Foreign(kind)

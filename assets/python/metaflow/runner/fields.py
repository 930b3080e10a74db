"""Keyword arguments as options of a command line: of which type they have to be, and the words that they become."""

from __future__ import annotations

import json

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .._cli.options import Option

_PLAIN = {"TEXT": str, "INTEGER": int, "FLOAT": float, "BOOLEAN": bool}
# Metaflow takes a whole number where a fraction is possible.
_TYPES = {str: (str,), int: (int,), float: (float, int), bool: (bool,)}


class Field:
    """One keyword argument."""

    def __init__(self, dest: str, name: str, kind: Any, multiple: bool = False, required: bool = False) -> None:
        self.dest = dest
        self.name = name
        # A Python type, a tuple of the words that are possible, "JSON", or None for anything.
        self.kind = kind
        self.multiple = multiple
        self.required = required
        self.is_flag = False
        self.off_name: str | None = None
        self.is_pair = False

    @classmethod
    def of_option(cls, option: Option) -> Field:
        """The argument for an option of the command line."""
        choices = getattr(option.kind, "words", None)
        field = cls(option.dest, option.names[0], choices or _PLAIN.get(option.kind.name), option.multiple)
        field.is_flag = option.is_flag
        field.off_name = option.off_names[0] if option.off_names else None
        field.is_pair = option.nargs == 2
        return field

    @classmethod
    def of_parameter(cls, name: str, type_name: str, multiple: bool, required: bool) -> Field:
        """The argument for a parameter of the flow."""
        plain = {"str": str, "int": int, "float": float, "bool": bool, "FilePath": str}
        kind = "JSON" if type_name in ("JSON", "list", "dict", "tuple") else plain.get(type_name)
        return cls(name.replace("-", "_").lower(), f"--{name}", kind, multiple, required)

    def words(self, value: Any) -> list[str]:
        """The option with its value; TypeError if that is not of the type."""
        if value is None:
            return []
        if self.is_flag:
            self._check(value, value)
            name = self.name if value else self.off_name
            return [] if name is None else [name]
        if self.multiple:
            if not isinstance(value, (list, tuple)):
                raise self._wrong(value, "a list of them")
            return [word for item in value for word in self._one(item, value)]
        return self._one(value, value)

    def _one(self, item: Any, value: Any) -> list[str]:
        if self.is_pair:
            return [self.name, *self._pair(item, value)]
        self._check(item, value)
        return [f"{self.name}={json.dumps(item) if self.kind == 'JSON' else item}"]

    def _check(self, item: Any, value: Any) -> None:
        if isinstance(self.kind, tuple):
            if item not in self.kind:
                raise self._wrong(value, f"one of {', '.join(self.kind)}")
        elif isinstance(self.kind, type) and not isinstance(item, _TYPES[self.kind]):
            raise self._wrong(value, self.kind.__name__)

    def _pair(self, item: Any, value: Any) -> list[str]:
        """The name of a config, and its file or value."""
        if not isinstance(item, (list, tuple)) or len(item) != 2 or not isinstance(item[0], str):
            raise self._wrong(value, "a list of pairs: the name of a config, and what it is to be")
        name, content = item
        if self.dest == "config_value" and not isinstance(content, str):
            content = json.dumps(content.to_dict() if hasattr(content, "to_dict") else content)
        return [name, str(content)]

    def _wrong(self, value: Any, expected: str) -> TypeError:
        return TypeError(f"Invalid type for '{self.dest}', expected: {expected}, but found {value!r}.")

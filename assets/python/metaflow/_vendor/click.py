"""The types of parameters that flows take from Metaflow's copy of click: `Parameter(type=click.Choice([...]))`.

Only the types are here. The command line itself is in `metaflow._cli`.
"""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any, NoReturn


class ClickException(Exception):
    """An error whose message is for the user."""

    exit_code = 1

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message

    def format_message(self) -> str:
        return self.message


class UsageError(ClickException):
    exit_code = 2

    def __init__(self, message: str, ctx: object = None) -> None:
        super().__init__(message)
        self.ctx = ctx


class BadParameter(UsageError):
    def __init__(self, message: str, ctx: object = None, param: object = None, param_hint: object = None) -> None:
        super().__init__(message, ctx)
        self.param = param
        self.param_hint = param_hint


class ParamType:
    """Makes a value of a text."""

    name = "value"

    def __call__(self, value: Any, param: object = None, ctx: object = None) -> Any:
        return None if value is None else self.convert(value, param, ctx)

    def convert(self, value: Any, param: object, ctx: object) -> Any:
        return value

    def fail(self, message: str, param: object = None, ctx: object = None) -> NoReturn:
        raise BadParameter(message, ctx, param)

    def __repr__(self) -> str:
        return self.name.upper()


class _Called(ParamType):
    """What a function, such as `int`, makes of a text."""

    def __init__(self, name: str, function: Callable[[Any], Any]) -> None:
        self.name = name
        self.function = function

    def convert(self, value: Any, param: object, ctx: object) -> Any:
        try:
            return self.function(value)
        except ValueError:
            self.fail(f"{value} is not a valid {self.name}", param, ctx)


def _boolean(value: Any) -> bool:
    from ..parameters import _to_bool

    return _to_bool(value)


def _uuid(value: Any) -> Any:
    from uuid import UUID

    return UUID(str(value))


STRING = _Called("text", str)
INT = _Called("integer", int)
FLOAT = _Called("float", float)
BOOL = _Called("boolean", _boolean)
UUID = _Called("uuid", _uuid)
UNPROCESSED = ParamType()


class Choice(ParamType):
    """One of some texts."""

    name = "choice"

    def __init__(self, choices: Sequence[str], case_sensitive: bool = True) -> None:
        self.choices = list(choices)
        self.case_sensitive = case_sensitive

    def convert(self, value: Any, param: object, ctx: object) -> Any:
        for choice in self.choices:
            if value == choice or (not self.case_sensitive and str(value).lower() == str(choice).lower()):
                return choice
        self.fail(f"invalid choice: {value}. (choose from {', '.join(map(str, self.choices))})", param, ctx)


class _Range(ParamType):
    number: Callable[[Any], Any]

    def __init__(self, min: Any = None, max: Any = None, clamp: bool = False) -> None:
        self.min = min
        self.max = max
        self.clamp = clamp

    def convert(self, value: Any, param: object, ctx: object) -> Any:
        try:
            found = self.number(value)
        except ValueError:
            self.fail(f"{value} is not a valid {self.name.split()[0]}", param, ctx)
        low = self.min is not None and found < self.min
        high = self.max is not None and found > self.max
        if self.clamp:
            return self.min if low else self.max if high else found
        if low or high:
            lowest = "any" if self.min is None else self.min
            highest = "any" if self.max is None else self.max
            self.fail(f"{value} is not in the range from {lowest} to {highest}.", param, ctx)
        return found


class IntRange(_Range):
    """A whole number between two others, which are allowed themselves."""

    name = "integer range"
    number = int


class FloatRange(_Range):
    """A number between two others, which are allowed themselves."""

    name = "float range"
    number = float


class DateTime(ParamType):
    """A point in time."""

    name = "datetime"

    def __init__(self, formats: Sequence[str] | None = None) -> None:
        self.formats = list(formats or ("%Y-%m-%d", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S"))

    def convert(self, value: Any, param: object, ctx: object) -> Any:
        from datetime import datetime

        if isinstance(value, datetime):
            return value
        for form in self.formats:
            try:
                return datetime.strptime(value, form)
            except ValueError:
                continue
        self.fail(f"invalid datetime format: {value}. (choose from {', '.join(self.formats)})", param, ctx)


class Path(ParamType):
    """The path of a file or directory."""

    name = "path"

    def __init__(
        self,
        exists: bool = False,
        file_okay: bool = True,
        dir_okay: bool = True,
        writable: bool = False,
        readable: bool = True,
        resolve_path: bool = False,
        allow_dash: bool = False,
        path_type: Any = None,
    ) -> None:
        self.exists = exists
        self.file_okay = file_okay
        self.dir_okay = dir_okay
        self.writable = writable
        self.readable = readable
        self.resolve_path = resolve_path
        self.allow_dash = allow_dash
        self.path_type = path_type

    def convert(self, value: Any, param: object, ctx: object) -> Any:
        if self.allow_dash and value in ("-", b"-"):
            return value
        path = os.path.realpath(value) if self.resolve_path else value
        if not os.path.exists(path):
            if self.exists:
                self.fail(f"{value} does not exist.", param, ctx)
        else:
            problem = self._problem(path)
            if problem:
                self.fail(f"{value} {problem}.", param, ctx)
        return path if self.path_type is None else self.path_type(path)

    def _problem(self, path: Any) -> str | None:
        if not self.file_okay and os.path.isfile(path):
            return "is a file"
        if not self.dir_okay and os.path.isdir(path):
            return "is a directory"
        if self.writable and not os.access(path, os.W_OK):
            return "is not writable"
        if self.readable and not os.access(path, os.R_OK):
            return "is not readable"
        return None

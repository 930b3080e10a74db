"""How a command line ends early: a wrong use of it, or an answer that is complete."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .options import Context


class Exit(Exception):
    """The command line has been dealt with."""

    def __init__(self, code: int = 0) -> None:
        super().__init__(code)
        self.code = code


class UsageError(Exception):
    """The command line cannot be understood; ends the process with code 2."""

    def __init__(self, message: str, context: Context | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.context = context


class NoSuchOption(UsageError):
    """An option that the command does not have."""


class BadValue(Exception):
    """A text is no value of its option's kind; becomes a `UsageError` where the option is known."""

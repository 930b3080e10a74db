"""Exceptions that flows see, under the names that Metaflow gives them: they are pickled, and compared by name."""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# A task that exits with this code is not tried again.
METAFLOW_EXIT_DISALLOW_RETRY = 202
METAFLOW_EXIT_ALLOW_RETRY = 203


class MetaflowExceptionWrapper(Exception):
    """What remains of a user's exception once it is an artifact: its text, its type's name, its traceback as text.

    Pickled as a call with `(None,)` followed by the instance's dictionary; Metaflow's readers rely on this shape.
    """

    def __init__(self, exc: BaseException | None = None) -> None:
        if exc is None:
            return
        from ._worker.errors import format_user, message_of, qualified_name

        self.exception = message_of(exc)
        self.type = qualified_name(type(exc))
        self.stacktrace = format_user(exc) if exc.__traceback__ is not None else None

    def __reduce__(self) -> tuple:
        return MetaflowExceptionWrapper, (None,), self.__dict__

    def __getstate__(self) -> dict:
        return self.__dict__

    def __setstate__(self, state: dict) -> None:
        self.__dict__ = state

    def __repr__(self) -> str:
        return str(self)

    def __str__(self) -> str:
        if self.stacktrace:
            return self.stacktrace
        return f"[no stacktrace]\n{self.type}: {self.exception}"


class MetaflowException(Exception):
    """Root of the exceptions that are explained to the user by a headline and a sentence."""

    headline = "Flow failed"

    def __init__(self, msg: str = "", lineno: int | None = None, source_file: str | None = None) -> None:
        self.message = msg
        self.line_no = lineno
        self.source_file = source_file
        super().__init__()

    def __str__(self) -> str:
        place = f"line {self.line_no}: " if self.line_no else f"{self.source_file}: " if self.source_file else ""
        return f"{place}{self.message}"


class ParameterFieldFailed(MetaflowException):
    headline = "Parameter field failed"

    def __init__(self, name: str, field: str) -> None:
        from ._worker.errors import format_user

        current = sys.exc_info()[1]
        detail = format_user(current) if current is not None else ""
        super().__init__(f"The function given as *{field}* of the parameter *{name}* raised an exception:\n\n{detail}")


class ParameterFieldTypeMismatch(MetaflowException):
    headline = "Parameter field with a mismatching type"


class ExternalCommandFailed(MetaflowException):
    headline = "External command failed"


class MetaflowNotFound(MetaflowException):
    headline = "Object not found"


class MetaflowNamespaceMismatch(MetaflowException):
    headline = "Object not in the current namespace"

    def __init__(self, namespace: str) -> None:
        super().__init__(f"Object not in namespace '{namespace}'")


class MetaflowInvalidPathspec(MetaflowException):
    headline = "Invalid pathspec"


class MetaflowInternalError(MetaflowException):
    headline = "Internal error"


class MetaflowTaggingError(MetaflowException):
    headline = "Tagging error"


class MetaflowUnknownUser(MetaflowException):
    headline = "Unknown user"

    def __init__(self) -> None:
        super().__init__("No user name is set: give one in the environment variable METAFLOW_USER or USERNAME.")


class InvalidDecoratorAttribute(MetaflowException):
    headline = "Unknown decorator attribute"

    def __init__(self, deconame: str, attr: str, defaults: dict) -> None:
        known = ", ".join(defaults) or "none"
        super().__init__(f"@{deconame} has no attribute '{attr}'. It knows: {known}.")


class CommandException(MetaflowException):
    headline = "Invalid command"


class MetaflowDataMissing(MetaflowException):
    headline = "Data missing"


class UnhandledInMergeArtifactsException(MetaflowException):
    headline = "Unhandled artifacts in merge"

    def __init__(self, msg: str, unhandled: list[str]) -> None:
        super().__init__(msg)
        self.artifact_names = unhandled


class MissingInMergeArtifactsException(MetaflowException):
    headline = "Missing artifacts in merge"

    def __init__(self, msg: str, unhandled: list[str]) -> None:
        super().__init__(msg)
        self.artifact_names = unhandled


def __getattr__(name: str) -> Any:
    """Exceptions that extension packages add."""
    if not name.startswith("_"):
        from .extension_support import names_of

        added = names_of("exceptions")
        if name in added:
            return added[name]
    raise AttributeError(f"module '{__name__}' has no attribute '{name}'")

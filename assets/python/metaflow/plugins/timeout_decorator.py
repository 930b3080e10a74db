"""The exception that `@timeout` raises inside a step."""

from __future__ import annotations

from ..exception import MetaflowException


class TimeoutException(MetaflowException):
    headline = "@timeout"

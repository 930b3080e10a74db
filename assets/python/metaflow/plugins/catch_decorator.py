"""The exception that `@catch` records when it was not the step's code that failed."""

from __future__ import annotations

from ..exception import MetaflowException


class FailureHandledByCatch(MetaflowException):
    headline = "Task execution failed but @catch handled it"

    def __init__(self, retry_count: int) -> None:
        super().__init__(
            f"The task failed in {retry_count} attempts, not by an exception of its code: its process was ended, "
            "or what it made could not be stored."
        )

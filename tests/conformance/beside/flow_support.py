"""What the generated flows import beside metaflow: expectations, and the ways in which a step fails on purpose."""

from __future__ import annotations

from typing import Any


class Expected(Exception):
    """Something was not as a step expected it."""


class ResumeHere(Exception):
    """Raised by a step that succeeds only in the resumed run."""

    def __init__(self) -> None:
        super().__init__("this run is to be resumed from here")


class RetryMe(Exception):
    """Raised by a step that succeeds only in a later attempt."""

    def __init__(self) -> None:
        super().__init__("this attempt fails, a later one may not")


def expect(holds: Any, what: str = "") -> None:
    """Fails the step unless it holds."""
    if not holds:
        raise Expected(what or "an expectation does not hold")


def expect_equal(wanted: Any, got: Any) -> None:
    """Fails the step unless both are equal, and of one type where that tells something."""
    if wanted != got or isinstance(wanted, bool) != isinstance(got, bool):
        raise Expected(f"expected {wanted!r}, got {got!r}")


def expect_raises(function: Any, *kinds: type[BaseException]) -> BaseException:
    """Fails the step unless the function raises one of the kinds."""
    try:
        function()
    except kinds as error:
        return error
    except BaseException as error:
        raise Expected(f"expected one of {kinds}, got {error!r}") from error
    raise Expected(f"expected one of {kinds}, nothing was raised")


def is_resumed() -> bool:
    """Whether this task belongs to a resumed run."""
    from metaflow import current

    return current.origin_run_id is not None

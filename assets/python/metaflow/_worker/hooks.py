"""What the decorators of a step do around its code."""

from __future__ import annotations

import os

from ..metaflow_current import current
from .describe import environment_of
from .project import describe_project

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .task import Task

# A spin looks at one step's code by itself, so what only matters in a run (retry, catch) is left out there.
_IN_SPIN = frozenset(("card", "conda", "environment", "project", "pypi", "secrets", "timeout"))


class Hooks:
    """The decorators of one attempt."""

    def __init__(self, task: Task, decorators: list[Any]) -> None:
        self.task = task
        spec = task.spec
        if spec.get("skip_decorators"):
            decorators = []
        elif spec.get("mode") == "spin":
            decorators = [decorator for decorator in decorators if decorator.name in _IN_SPIN]
        self.decorators = decorators
        self.cards: Any = None
        self._alarm = False

    def named(self, name: str) -> list[Any]:
        return [decorator for decorator in self.decorators if decorator.name == name]

    def before(self) -> None:
        """Just ahead of the user's code."""
        spec = self.task.spec
        os.environ.update(environment_of(self.decorators))
        for decorator in self.named("secrets"):
            from .secrets import apply

            apply(decorator.attributes)
        project = describe_project(type(self.task.flow), spec.get("user"))
        if project is not None:
            current._update_env(project)
        cards = self.named("card")
        if cards:
            from .._cards.collector import CardCollector

            self.cards = CardCollector(cards, self.task.channel)
            current._update_env({"card": self.cards})
        if spec["attempt"] <= spec["max_user_retries"]:
            for decorator in self.named("timeout"):
                self._start_alarm(decorator.attributes)

    def after(self) -> None:
        """The user's code has come to its end without an exception."""
        self.stop_alarm()
        self._set_catch_variable(None)

    def fallback(self, _inputs: object = None) -> None:
        """In place of the step's code."""
        from ..plugins.catch_decorator import FailureHandledByCatch

        raise FailureHandledByCatch(self.task.spec["attempt"])

    def catches(self, error: Exception) -> bool:
        """Whether `@catch` takes the exception; then the task goes on as if it had called `next` as usual."""
        spec = self.task.spec
        catch = self.named("catch")
        if not catch or spec["attempt"] < spec["max_user_retries"]:
            return False
        from ..exception import MetaflowExceptionWrapper
        from .errors import format_user

        flow = self.task.flow
        wrapped = MetaflowExceptionWrapper(error)
        if any(decorator.attributes["print_exception"] for decorator in catch):
            print(f"@catch caught an exception from {flow}")
            for line in format_user(error).splitlines():
                print(">  " + line)
        flow._transition = (list(spec["node"]["next"]), None)
        flow._catch_exception = wrapped
        self._set_catch_variable(wrapped)
        return True

    def _set_catch_variable(self, value: object) -> None:
        for decorator in self.named("catch"):
            if decorator.attributes["var"]:
                setattr(self.task.flow, decorator.attributes["var"], value)

    def _start_alarm(self, duration: dict[str, Any]) -> None:
        import signal

        hours, minutes, seconds = (int(duration[unit]) for unit in ("hours", "minutes", "seconds"))
        total = hours * 3600 + minutes * 60 + seconds
        if total <= 0:
            from ..exception import MetaflowException

            raise MetaflowException("@timeout needs a duration: @timeout(seconds=...), minutes or hours.")
        step = self.task.step

        def ring(_number: int, _frame: object) -> None:
            from ..plugins.timeout_decorator import TimeoutException

            raise TimeoutException(f"Step {step} timed out after {hours} hours, {minutes} minutes, {seconds} seconds")

        signal.signal(signal.SIGALRM, ring)
        signal.alarm(total)
        self._alarm = True

    def stop_alarm(self) -> None:
        """From here on the step is no longer held to its time."""
        if self._alarm:
            import signal

            signal.alarm(0)
            self._alarm = False

    def finish_cards(self) -> None:
        """Send the last state of the cards."""
        if self.cards is not None:
            self.cards.finish()

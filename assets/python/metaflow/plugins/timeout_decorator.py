"""`@timeout`: a step that takes longer is ended by an exception."""

from __future__ import annotations

from metaflow._decorator_base import StepDecorator
from metaflow.exception import MetaflowException


class TimeoutException(MetaflowException):
    headline = "@timeout"


class TimeoutDecorator(StepDecorator):
    """Raises an exception in the step when its time is up."""

    name = "timeout"
    defaults = {"seconds": 0, "minutes": 0, "hours": 0}

    def init(self) -> None:
        # Values of `--with` may be text.
        hours, minutes, seconds = (int(self.attributes[unit]) for unit in ("hours", "minutes", "seconds"))
        self.secs = hours * 3600 + minutes * 60 + seconds

    def step_init(self, flow, graph, step_name, decorators, environment, flow_datastore, logger) -> None:
        if self.secs <= 0:
            raise MetaflowException("@timeout needs a duration: @timeout(seconds=...), minutes or hours.")

    def task_pre_step(
        self,
        step_name,
        task_datastore,
        metadata,
        run_id,
        task_id,
        flow,
        graph,
        retry_count,
        max_user_code_retries,
        ubf_context,
        inputs,
    ) -> None:
        # Only the user's code is held to its time.
        if ubf_context == "ubf_control" or retry_count > max_user_code_retries:
            return
        import signal

        self._step = step_name
        signal.signal(signal.SIGALRM, self._ring)
        signal.alarm(self.secs)

    def task_post_step(self, step_name, flow, graph, retry_count, max_user_code_retries) -> None:
        self.stop()

    def task_exception(self, exception, step_name, flow, graph, retry_count, max_user_code_retries) -> None:
        self.stop()

    def stop(self) -> None:
        import signal

        signal.alarm(0)

    def _ring(self, _number: int, _frame: object) -> None:
        duration = ", ".join(f"{self.attributes[unit]} {unit}" for unit in ("hours", "minutes", "seconds"))
        raise TimeoutException(f"Step {self._step} timed out after {duration}")


def get_run_time_limit_for_task(step_decos: list) -> int:
    """The seconds that a step may take; five days without `@timeout`."""
    limit = 5 * 24 * 60 * 60
    for decorator in step_decos:
        if isinstance(decorator, TimeoutDecorator):
            limit = decorator.secs
    return limit

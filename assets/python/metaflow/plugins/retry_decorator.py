"""`@retry`."""

from __future__ import annotations

from metaflow._decorator_base import StepDecorator
from metaflow.exception import MetaflowException

# One attempt more than the retries, and one for what `@catch` records, have to fit into six.
_MAX_RETRIES = 4


class RetryDecorator(StepDecorator):
    """Tries the step again when it fails."""

    name = "retry"
    defaults = {"times": "3", "minutes_between_retries": "2"}

    def step_init(self, flow, graph, step_name, decorators, environment, flow_datastore, logger) -> None:
        if int(self.attributes["times"]) > _MAX_RETRIES:
            raise MetaflowException(f"The maximum number of retries is {_MAX_RETRIES}: @retry(times={_MAX_RETRIES}).")

    def step_task_retry_count(self) -> tuple[int, int]:
        return int(self.attributes["times"]), 0

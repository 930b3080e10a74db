"""An unbounded foreach over a list, for tests: its control task has one task run for each item, one after the other."""

from __future__ import annotations

from metaflow._decorator_base import StepDecorator
from metaflow.exception import MetaflowException
from metaflow.metaflow_current import current
from metaflow.unbounded_foreach import UBF_CONTROL, UnboundedForeachInput

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any


class InternalTestUnboundedForeachInput(UnboundedForeachInput):
    """Any collection, as if nobody knew how long it is."""

    NAME = "InternalTestUnboundedForeachInput"

    def __init__(self, iterable: Any) -> None:
        self.iterable = iterable

    def __iter__(self) -> Iterator[Any]:
        return iter(self.iterable)

    def __getitem__(self, key: int | None) -> Any:
        # The control task has no index: its item is all of it.
        return self if key is None else self.iterable[key]

    def __len__(self) -> int:
        return len(self.iterable)

    def __str__(self) -> str:
        return str(self.iterable)

    def __repr__(self) -> str:
        return f"{self.NAME}({self.iterable})"


class InternalTestUnboundedForeachDecorator(StepDecorator):
    """On the step that such a foreach leads to."""

    name = "unbounded_test_foreach_internal"

    def task_decorate(self, step_func, flow, graph, retry_count, max_user_code_retries, ubf_context):
        return (lambda: _control(flow)) if ubf_context == UBF_CONTROL else step_func

    def step_task_retry_count(self) -> tuple[None, None]:
        # Nothing of such a foreach is tried again, whatever other decorators say.
        return None, None


def _control(flow: Any) -> None:
    from metaflow._worker.gang import present

    items = flow.input
    if not isinstance(items, InternalTestUnboundedForeachInput):
        raise MetaflowException(f"The foreach is over a {type(items).__name__}, not over a test input.")
    count = sum(1 for _ in items)
    print("Simulating UnboundedForeach over value:", items, "num_splits:", count)
    gang, control = present(), current.task_id
    mappers = [f"{control}-{index}" for index in range(count)]
    for index, mapper in enumerate(mappers):
        gang.start([{"id": mapper, "index": index, "env": {}}])
        gang.join()
    flow._control_mapper_tasks = [f"{current.run_id}/{current.step_name}/{mapper}" for mapper in mappers]

"""`@parallel`: the tasks of a `num_parallel` step know each other."""

from __future__ import annotations

import os
from functools import partial

from metaflow._decorator_base import StepDecorator
from metaflow.exception import MetaflowException
from metaflow.metadata_provider import MetaDatum
from metaflow.metaflow_current import Parallel, current
from metaflow.unbounded_foreach import UBF_CONTROL

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


def _parallel() -> Parallel:
    """As the variables say now: they may be set by a decorator that acts later."""
    return Parallel(
        main_ip=os.environ.get("MF_PARALLEL_MAIN_IP", "127.0.0.1"),
        num_nodes=int(os.environ.get("MF_PARALLEL_NUM_NODES", "1")),
        node_index=int(os.environ.get("MF_PARALLEL_NODE_INDEX", "0")),
        control_task_id=os.environ.get("MF_PARALLEL_CONTROL_TASK_ID"),
    )


class ParallelDecorator(StepDecorator):
    """Base class, too, of decorators that set up a framework on all nodes."""

    name = "parallel"
    defaults: dict = {}
    IS_PARALLEL = True

    def step_init(self, flow, graph, step_name, decorators, environment, flow_datastore, logger) -> None:
        if graph[step_name].type == "split-switch":
            raise MetaflowException(
                f"The step *{step_name}* is @parallel, so a join has to follow: it cannot be a conditional switch step."
            )
        self.environment = environment
        current._update_later("parallel", _parallel, keep=False)

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
        current._update_env({"is_parallel": True})
        if ubf_context == UBF_CONTROL:
            flow._control_task_is_mapper_zero = True
        size, field = flow._parallel_ubf_iter.num_parallel, "parallel-world-size"
        metadata.register_metadata(run_id, step_name, task_id, [MetaDatum(field, size, field, [])])

    def task_decorate(self, step_func, flow, graph, retry_count, max_user_code_retries, ubf_context):
        def with_setup(*args: object) -> None:
            self.setup_distributed_env(flow)
            step_func(*args)

        return partial(_control, flow, with_setup) if ubf_context == UBF_CONTROL else with_setup

    def setup_distributed_env(self, flow) -> None:
        """For subclasses: make this node ready for the framework."""


def _control(flow: Any, step_func: Callable) -> None:
    """The control task: has the other nodes started, is the first node itself, and waits for the others."""
    from metaflow._worker.gang import present

    gang, control = present(), current.task_id
    size = flow._parallel_ubf_iter.num_parallel
    shared = {
        "MF_PARALLEL_MAIN_IP": "127.0.0.1",
        "MF_PARALLEL_NUM_NODES": str(size),
        "MF_PARALLEL_CONTROL_TASK_ID": control,
    }
    os.environ.update(shared)
    workers = [
        {"id": f"{control}_node_{index}", "index": index, "env": {**shared, "MF_PARALLEL_NODE_INDEX": str(index)}}
        for index in range(1, size)
    ]
    if workers:
        gang.start(workers)
    nodes = [control, *(worker["id"] for worker in workers)]
    flow._control_mapper_tasks = [f"{current.run_id}/{current.step_name}/{node}" for node in nodes]
    os.environ["MF_PARALLEL_NODE_INDEX"] = "0"
    step_func()
    gang.join()

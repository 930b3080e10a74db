"""`@parallel`: the tasks of a `num_parallel` step know each other."""

from __future__ import annotations

import os

from metaflow._decorator_base import StepDecorator
from metaflow.exception import MetaflowException
from metaflow.metaflow_current import Parallel, current


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

    def task_decorate(self, step_func, flow, graph, retry_count, max_user_code_retries, ubf_context):
        def with_setup(*args: object) -> None:
            self.setup_distributed_env(flow)
            step_func(*args)

        return with_setup

    def setup_distributed_env(self, flow) -> None:
        """For subclasses: make this node ready for the framework."""

"""`@catch`: a step whose exception is recorded, while the run goes on."""

from __future__ import annotations

from metaflow._decorator_base import StepDecorator
from metaflow.exception import MetaflowException
from metaflow.metaflow_current import current

# The attempt that records a failure may itself fail.
NUM_FALLBACK_RETRIES = 3


class FailureHandledByCatch(MetaflowException):
    headline = "Task execution failed but @catch handled it"

    def __init__(self, retry_count: int) -> None:
        super().__init__(
            f"The task failed in {retry_count} attempts, not by an exception of its code: its process was ended, "
            "or what it made could not be stored."
        )


class CatchDecorator(StepDecorator):
    """Keeps the step's exception in an artifact, and goes on."""

    name = "catch"
    defaults = {"var": None, "print_exception": True}

    def step_init(self, flow, graph, step_name, decorators, environment, flow_datastore, logger) -> None:
        kind = graph[step_name].type
        if not isinstance(self.attributes["var"], (str, type(None))):
            raise MetaflowException(f"The var of @catch on the step *{step_name}* is the name of an artifact: a text.")
        if kind in ("foreach", "split-foreach", "split-switch"):
            what = "a switch" if kind == "split-switch" else "a foreach"
            raise MetaflowException(
                f"The step *{step_name}* has @catch, but it decides on {what}: what follows it would not be known."
            )

    def step_task_retry_count(self) -> tuple[int, int]:
        return 0, NUM_FALLBACK_RETRIES

    def task_decorate(self, step_func, flow, graph, retry_count, max_user_code_retries, ubf_context):
        if retry_count <= max_user_code_retries:
            return step_func

        def fallback(_inputs: object = None) -> None:
            # The attempts of the user's code are used up: this one is for recording that.
            raise FailureHandledByCatch(retry_count)

        return fallback

    def task_post_step(self, step_name, flow, graph, retry_count, max_user_code_retries) -> None:
        self._set(flow, None)

    def task_exception(self, exception, step_name, flow, graph, retry_count, max_user_code_retries) -> bool:
        if retry_count < max_user_code_retries:
            return False
        from metaflow._worker.errors import format_user
        from metaflow.exception import MetaflowExceptionWrapper

        if self.attributes["print_exception"]:
            print(f"@catch caught an exception from {flow}")
            for line in format_user(exception).splitlines():
                print(">  " + line)
        wrapped = MetaflowExceptionWrapper(exception)
        # The task goes on as if it had called `next` as usual.
        flow._transition = (list(graph[step_name].out_funcs), None)
        if vars(flow).get("_control_task_is_mapper_zero"):
            # What the other tasks of a gang made is not waited for.
            flow._control_mapper_tasks = [f"{current.run_id}/{current.step_name}/{current.task_id}"]
        flow._catch_exception = wrapped
        self._set(flow, wrapped)
        return True

    def _set(self, flow: object, value: object) -> None:
        if self.attributes["var"]:
            setattr(flow, self.attributes["var"], value)

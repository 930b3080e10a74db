"""A step decorator that leaves traces at each of its hooks."""

from metaflow.decorators import StepDecorator


class ConformanceStepDecorator(StepDecorator):
    """Sets artifacts and entries of `current`; `note` is what it was given."""

    name = "conformance_step_decorator"

    defaults = {"note": None, "fail_in": None}

    def task_post_step(self, step_name, flow, graph, retry_count, max_user_code_retries):
        flow.set_after_step = f"{step_name} {retry_count}"

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
    ):
        from metaflow import current

        flow.set_before_step = f"{run_id}/{step_name}/{task_id} {self.attributes['note']}"
        current._update_env({"conformance_note": self.attributes["note"]})

    def task_decorate(self, step_func, flow, graph, retry_count, max_user_code_retries, ubf_context):
        def decorated(*arguments):
            flow.seen_by_wrapper = "before"
            step_func(*arguments)
            flow.seen_by_wrapper += " and after"

        return decorated

    def task_exception(self, exception, step_name, flow, graph, retry_count, max_user_code_retries):
        flow.exception_seen = repr(exception)
        return False

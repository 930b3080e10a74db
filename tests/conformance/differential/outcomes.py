"""What becomes of tasks: retries, caught failures, failures, resumed runs."""

from differential import Case

_FLOW = """
from metaflow import FlowSpec, catch, current, environment, retry, step, timeout


class OutcomeFlow(FlowSpec):
    @environment(vars={"A": "1"})
    @step
    def start(self):
        self.x = 1
        self.next(self.a, self.b)

    @catch(var="ex", print_exception=False)
    @retry(times=1, minutes_between_retries=0)
    @step
    def a(self):
        self.attempt = current.retry_count
        print("user: attempt", current.retry_count)
        raise ValueError("a fails")

    @retry(times=2, minutes_between_retries=0)
    @timeout(minutes=1)
    @step
    def b(self):
        if current.retry_count == 0:
            raise RuntimeError("once")
        self.attempt = current.retry_count
        self.next(self.join)

    @step
    def join(self, inputs):
        self.caught = inputs.a.ex.exception
        self.next(self.end)

    @step
    def end(self):
        if current.origin_run_id is None:
            raise KeyError("at the end")
        print("user: resumed")


if __name__ == "__main__":
    OutcomeFlow()
""".replace('raise ValueError("a fails")', 'self.fail()\n        self.next(self.join)').replace(
    "class OutcomeFlow(FlowSpec):", 'class OutcomeFlow(FlowSpec):\n    def fail(self):\n        raise ValueError("a fails")\n'
)

CASES = (
    Case("failed", "OutcomeFlow", _FLOW),
    Case("resumed", "OutcomeFlow", _FLOW, commands=(("run",), ("resume",))),
    Case("resumed-from", "OutcomeFlow", _FLOW, commands=(("run",), ("resume", "b"))),
)

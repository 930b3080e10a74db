"""Decorators: the built-in ones, those that users write, and what mutators make of both."""

from differential import Case

_BUILT_IN = '''
import os

from metaflow import (
    FlowSpec, card, catch, current, environment, exit_hook, project, resources, retry, schedule, secrets, step, timeout,
    trigger_on_finish,
)


def after(run):
    print("after", run)


@project(name="decorated", production=True)
@schedule(weekly=True)
@trigger_on_finish(flow="SomeFlow")
@exit_hook(on_success=[after], options={"a": 1})
class DecoratedFlow(FlowSpec):
    @resources(cpu=2, memory=100, gpu=1)
    @retry(times=2)
    @timeout(hours=1, minutes=2, seconds=3)
    @step
    def start(self):
        self.branch = (current.project_name, current.branch_name, current.is_production, current.project_flow_name)
        self.next(self.middle)

    @environment(vars={"ONE": 1, "TEXT": "x y"})
    @secrets(sources=[{"type": "inline", "id": "s", "options": {"env_vars": {"SECRET": "hidden"}}}])
    @step
    def middle(self):
        self.seen = (os.environ["ONE"], os.environ["TEXT"], os.environ["SECRET"])
        self.next(self.end)

    @catch(var="failed", print_exception=False)
    @retry(times=1, minutes_between_retries=0)
    @step
    def end(self):
        if current.retry_count == 0:
            raise ValueError("once")


if __name__ == "__main__":
    DecoratedFlow()
'''

_OF_USERS = '''
from metaflow import (
    Config, FlowMutator, FlowSpec, Parameter, StepMutator, UserStepDecorator, environment, retry, step, user_step_decorator,
)


@user_step_decorator
def around(step_name, flow, inputs, attributes):
    flow.before = (step_name, sorted(attributes.items()))
    yield
    flow.after = step_name


class Whole(UserStepDecorator):
    def init(self, **kwargs):
        self.given = kwargs

    def pre_step(self, step_name, flow, inputs):
        flow.whole = self.given

    def post_step(self, step_name, flow, exception):
        flow.failed_with = repr(exception)
        return exception


class AddsRetry(StepMutator):
    def mutate(self, mutable_step):
        mutable_step.add_decorator(retry, deco_kwargs={"times": 1})


class AddsParameter(FlowMutator):
    def pre_mutate(self, mutable_flow):
        mutable_flow.add_parameter("added", Parameter("added", default=5))

    def mutate(self, mutable_flow):
        for name, mutable_step in mutable_flow.steps:
            if name == "end":
                mutable_step.add_decorator(environment, deco_kwargs={"vars": {"A": "1"}})


@AddsParameter
class UserDecoratedFlow(FlowSpec):
    cfg = Config("cfg", default_value={"a": 1})

    @around(x=1)
    @Whole(y=2)
    @step
    def start(self):
        self.next(self.middle)

    @AddsRetry
    @step
    def middle(self):
        self.next(self.end)

    @step
    def end(self):
        self.got = self.added


if __name__ == "__main__":
    UserDecoratedFlow()
'''

_PLAIN = """
from metaflow import FlowSpec, step


class PlainFlow(FlowSpec):
    @step
    def start(self):
        self.next(self.end)

    @step
    def end(self):
        pass


if __name__ == "__main__":
    PlainFlow()
"""

CASES = (
    Case("built-in", "DecoratedFlow", _BUILT_IN),
    Case("of-users", "UserDecoratedFlow", _OF_USERS, commands=(("run", "--added", "7"),)),
    Case(
        "by-with",
        "PlainFlow",
        _PLAIN,
        commands=(
            ("run", "--with", "retry:times=3", "--with", "resources:cpu=4,memory=2000", "--with", "timeout:minutes=3"),
            ("run", "--with", 'environment:vars={"A": "1"}', "--tag", "a", "--tag", "刺身"),
        ),
        top=("--with", "retry"),
    ),
    Case("by-variable", "PlainFlow", _PLAIN, environment={"METAFLOW_DECOSPECS": "retry:times=1", "METAFLOW_RUN_TAGS": "x y"}),
)

"""What mutators are shown of a flow and its steps, and what each of their methods answers."""

from differential import Case

_FLOW = '''
from metaflow import Config, FlowMutator, FlowSpec, Parameter, StepMutator, environment, project, resources, retry, step
from metaflow import timeout

SEEN = []


def note(*facts):
    SEEN.append(facts)


def listed(specs):
    return [(name, full.rpartition(".")[2], list(args), sorted(kwargs.items(), key=str)) for name, full, args, kwargs in specs]


def raised(function, *args, **kwargs):
    try:
        return function(*args, **kwargs)
    except Exception as error:
        return type(error).__name__


class Looks(FlowMutator):
    def init(self, *args, **kwargs):
        self.given = (args, kwargs)

    def pre_mutate(self, mutable_flow):
        note("flow pre", self.given, [(name, value.to_dict()) for name, value in mutable_flow.configs])
        note("parameters", [name for name, _ in mutable_flow.parameters], [name for name, _ in mutable_flow.steps])
        note("constants", mutable_flow.IGNORE, mutable_flow.ERROR, mutable_flow.OVERRIDE)
        note("specs", listed(mutable_flow.decorator_specs))
        note("has", mutable_flow.has_decorator("project"), mutable_flow.has_decorator("schedule"))
        note("get", listed(mutable_flow.get_decorator_specs("project")))
        mutable_flow.add_parameter("added", Parameter("added", default=7))
        note("twice", raised(mutable_flow.add_parameter, "added", Parameter("added", default=8)))
        note("over", raised(mutable_flow.add_parameter, "added", Parameter("added", default=9), overwrite=True))
        note("removed", mutable_flow.remove_parameter("gone"), mutable_flow.remove_parameter("nothing"))
        mutable_flow.add_decorator("schedule", deco_kwargs={"weekly": True})
        note("again", raised(mutable_flow.add_decorator, "schedule", deco_kwargs={"daily": True}))
        note("error", raised(mutable_flow.add_decorator, "schedule", duplicates=mutable_flow.ERROR))
        note("now", listed(mutable_flow.decorator_specs))
        note("away", mutable_flow.remove_decorator("schedule"), mutable_flow.remove_decorator("schedule"))
        note("unknown", raised(mutable_flow.add_decorator, "no_such_decorator"))

    def mutate(self, mutable_flow):
        note("flow", raised(mutable_flow.add_parameter, "late", Parameter("late", default=1)))
        for name, mutable_step in mutable_flow.steps:
            note(name, listed(mutable_step.decorator_specs))
            if name == "end":
                mutable_step.add_decorator("environment", deco_kwargs={"vars": {"BY": "mutator"}})


class LooksAtStep(StepMutator):
    def init(self, *args, **kwargs):
        self.given = (args, kwargs)

    def pre_mutate(self, mutable_step):
        note("step pre", self.given, mutable_step.flow is not None)
        note("constants", mutable_step.IGNORE, mutable_step.ERROR, mutable_step.OVERRIDE)
        note("has", mutable_step.has_decorator("retry"), mutable_step.has_decorator("resources"))
        note("get", listed(mutable_step.get_decorator_specs("retry")), listed(mutable_step.get_decorator_specs("timeout")))

    def mutate(self, mutable_step):
        note("step", listed(mutable_step.decorator_specs))
        note("ignored", raised(mutable_step.add_decorator, retry, deco_kwargs={"times": 5}))
        note("error", raised(mutable_step.add_decorator, retry, deco_kwargs={"times": 5}, duplicates=mutable_step.ERROR))
        mutable_step.add_decorator(retry, deco_kwargs={"times": 1}, duplicates=mutable_step.OVERRIDE)
        mutable_step.add_decorator("timeout:minutes=3")
        mutable_step.add_decorator(resources, deco_kwargs={"cpu": 2})
        note("other", mutable_step.remove_decorator("resources", deco_kwargs={"cpu": 3}))
        note("away", mutable_step.remove_decorator("resources"), mutable_step.remove_decorator("resources"))
        note("unknown", raised(mutable_step.add_decorator, "no_such_decorator"))
        note("step then", listed(mutable_step.decorator_specs))


@Looks(1, two=2)
@project(name="mutated")
class MutatedFlow(FlowSpec):
    cfg = Config("cfg", default_value={"a": {"b": 1}})
    kept = Parameter("kept", default=1)
    gone = Parameter("gone", default=2)

    @LooksAtStep(cpu=cfg.a.b)
    @retry(times=2)
    @step
    def start(self):
        self.seen = [repr(facts) for facts in SEEN]
        self.has = (hasattr(self, "gone"), hasattr(self, "late"), self.added, self.kept)
        self.next(self.end)

    @environment(vars={"BY": "flow"})
    @step
    def end(self):
        import os

        self.by = os.environ["BY"]


if __name__ == "__main__":
    MutatedFlow()
'''

CASES = (Case("all-methods", "MutatedFlow", _FLOW),)

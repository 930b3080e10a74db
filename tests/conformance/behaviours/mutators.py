"""Decorators that users write: for steps, and mutators of steps and flows."""

from behaviour import Behaviour, at
from views import same, true


class UserStepDecorators(Behaviour):
    """Generator functions and classes around a step."""

    QUICK = ("single-linear-step", "single-and-branch", "simple_switch")
    GRAPHS = ("single-linear-step", "single-and-branch", "simple_switch", "small-foreach")
    HEADER = """
    @user_step_decorator
    def traced(step_name, flow, inputs):
        flow.trace = getattr(flow, "trace", []) + [f"before {step_name} {inputs is not None}"]
        yield
        flow.trace = flow.trace + [f"after {step_name}"]


    @user_step_decorator
    def given(step_name, flow, inputs, attributes):
        flow.given = dict(attributes)
        yield


    class Counted(UserStepDecorator):
        def init(self, *args, **kwargs):
            self.kwargs = kwargs

        def pre_step(self, step_name, flow, inputs):
            flow.counted = self.kwargs

        def post_step(self, step_name, flow, exception):
            flow.after_counted = f"{step_name} {exception}"
            return exception
    """

    @at("join", needed=False, decorators=["traced"])
    def step_join(self, inputs):
        expect_equal(f"before {self._current_step} True", self.trace[-1])

    @at("all", decorators=["traced", "given(a=1, b='x')", "Counted(two=2)"])
    def step_all(self):
        expect_equal(f"before {self._current_step} False", self.trace[-1])
        expect_equal({"a": 1, "b": "x"}, self.given)
        expect_equal({"two": 2}, self.counted)

    @staticmethod
    def check(graph, flow, look):
        for step in graph.ran:
            for trace in look.values(step.name, "trace"):
                same(f"after {step.name}", trace[-1], "the last entry")
            if not step.join:
                look.expect(step.name, "after_counted", f"{step.name} None")


class UserDecoratorsOrder(Behaviour):
    """The outermost goes first, and last."""

    GRAPHS = ("single-linear-step",)
    HEADER = """
    def make(name):
        @user_step_decorator
        def decorator(step_name, flow, inputs):
            flow.order = [*getattr(flow, "order", []), name + " in"]
            yield
            flow.order = [*flow.order, name + " out"]

        return decorator


    @user_step_decorator
    def outer(step_name, flow, inputs):
        flow.order = [*getattr(flow, "order", []), "outer in"]
        yield
        flow.order = [*flow.order, "outer out"]


    @user_step_decorator
    def inner(step_name, flow, inputs):
        flow.order = [*getattr(flow, "order", []), "inner in"]
        yield
        flow.order = [*flow.order, "inner out"]
    """

    @at("=a", decorators=["outer", "inner"])
    def step_a(self):
        self.order = [*self.order, "step"]

    @staticmethod
    def check(graph, flow, look):
        look.expect("a", "order", ["outer in", "inner in", "step", "inner out", "outer out"])


class UserDecoratorsSkip(Behaviour):
    """A decorator may skip the step, catch its exception, or replace it."""

    GRAPHS = ("nested-branches", "single-linear-step")
    QUICK = ("single-linear-step",)
    HEADER = """
    @user_step_decorator
    def skipping(step_name, flow, inputs):
        flow.skipped = step_name
        yield {}


    @user_step_decorator
    def catching(step_name, flow, inputs):
        try:
            yield
        except ValueError as error:
            flow.caught = str(error)


    @user_step_decorator
    def replacing(step_name, flow, inputs):
        def instead(flow):
            flow.replaced = True
            return True

        yield instead


    class Swallow(UserStepDecorator):
        def pre_step(self, step_name, flow, inputs):
            self.skip_step = False

        def post_step(self, step_name, flow, exception):
            flow.swallowed = repr(exception)
            return None
    """

    @at("=start", decorators=["skipping"])
    def step_start(self):
        raise RuntimeError("never called")

    @at("=a1", "=a", decorators=["catching"])
    def step_a(self):
        self.before = 1
        raise ValueError("caught by the decorator")

    @at("=b1", needed=False, decorators=["Swallow"])
    def step_b1(self):
        raise KeyError("swallowed")

    @at("=b2", needed=False, decorators=["replacing"])
    def step_b2(self):
        raise RuntimeError("never called")

    @at("join", needed=False)
    def step_join(self, inputs):
        pass

    @staticmethod
    def check(graph, flow, look):
        look.expect("start", "skipped", "start")
        if graph.name == "single-linear-step":
            look.expect("a", "caught", "caught by the decorator")
            look.expect("end", "before", 1)
        else:
            look.expect("a1", "caught", "caught by the decorator")
            look.expect("b1", "swallowed", "KeyError('swallowed')")
            look.expect("b2", "replaced", True)


class UserDecoratorByWith(Behaviour):
    """`--with` a decorator of the user, by its dotted name."""

    GRAPHS = ("single-linear-step",)
    RUN = ("--with", "my_decorators.noting:word=hello")
    FILES = {
        "my_decorators.py": """
from metaflow import user_step_decorator


@user_step_decorator
def noting(step_name, flow, inputs, attributes):
    flow.noted = f"{step_name} {attributes['word']}"
    yield
"""
    }
    HEADER = """
    import my_decorators
    """

    @staticmethod
    def check(graph, flow, look):
        for step in graph.ran:
            look.expect(step.name, "noted", f"{step.name} hello")


class FlowMutators(Behaviour):
    """A mutator of the flow adds parameters and decorators, and sees what is there."""

    QUICK = ("single-linear-step", "simple-foreach")
    GRAPHS = ("single-linear-step", "simple-foreach", "single-and-branch")
    ENV = {"METAFLOW_RUN_ADDED": "from the environment"}
    HEADER = """
    from metaflow import environment, retry


    class Adding(FlowMutator):
        def init(self, *args, **kwargs):
            self.words = args

        def pre_mutate(self, mutable_flow):
            mutable_flow.add_parameter("added", Parameter("added", default="default of the mutator"))
            mutable_flow.add_parameter("plain", Parameter("plain", default=mutable_flow_config(mutable_flow)))

        def mutate(self, mutable_flow):
            names = [name for name, _ in mutable_flow.parameters]
            for name, step in mutable_flow.steps:
                step.add_decorator(environment, deco_kwargs={"vars": {"BY_MUTATOR": " ".join([*self.words, name])}})
                step.add_decorator("retry:times=1", duplicates=step.IGNORE) if name == "end" else None


    def mutable_flow_config(mutable_flow):
        return {name: value for name, value in mutable_flow.configs}["cfg"]["value"]
    """
    FLOW_DECORATORS = ("@Adding('added', 'to')",)
    FIELDS = """
    cfg = Config("cfg", default_value={"value": 17})
    own = Parameter("own", default=1)
    """

    @at("all")
    def step_all(self):
        import os
        from metaflow import current

        expect_equal("from the environment", self.added)
        expect_equal(17, self.plain)
        expect_equal(f"added to {self._current_step}", os.environ["BY_MUTATOR"])
        expect({"added", "own", "plain"} <= set(current.parameter_names))
        self.done = True

    @staticmethod
    def check(graph, flow, look):
        for step in graph.ran:
            look.expect(step.name, "done", True)
            look.expect(step.name, "added", "from the environment")
            look.expect(step.name, "plain", 17)
        if look.run:
            info = look.run["end"].task["_graph_info"].data["steps"]["end"]["decorators"]
            true({"environment", "retry"} <= {each["name"] for each in info}, f"{info}")


class StepMutators(Behaviour):
    """A mutator of a step takes decorators away, and adds others."""

    GRAPHS = ("single-linear-step",)
    HEADER = """
    from metaflow import environment, retry, timeout


    class Changing(StepMutator):
        def init(self, **kwargs):
            self.value = kwargs.get("value", "nothing")

        def mutate(self, mutable_step):
            kinds = [name for name, *_ in mutable_step.decorator_specs]
            for name, _, args, kwargs in list(mutable_step.decorator_specs):
                if name == "environment":
                    mutable_step.remove_decorator(name)
            mutable_step.add_decorator(
                environment,
                deco_kwargs={"vars": {"CHANGED": self.value, "KINDS": ",".join(sorted(kinds))}},
                duplicates=mutable_step.OVERRIDE,
            )
    """

    @at("=a", decorators=["Changing(value='new')", "environment(vars={'OLD': 'x'})", "timeout(minutes=1)"])
    def step_a(self):
        import os

        self.found = (os.environ.get("OLD"), os.environ.get("CHANGED"))
        self.kinds = os.environ["KINDS"]

    @staticmethod
    def check(graph, flow, look):
        look.expect("a", "found", (None, "new"))
        true("environment" in look.values("a", "kinds")[0], "decorators that the mutator saw")


class MutatorsOfBases(Behaviour):
    """Mutators and configs of a base class hold for its subclasses."""

    GRAPHS = ("single-linear-step",)
    HEADER = """
    from metaflow import environment


    class FromBase(FlowMutator):
        def pre_mutate(self, mutable_flow):
            for name, value in mutable_flow.configs:
                if name == "base_config":
                    mutable_flow.add_parameter("from_base", Parameter("from_base", default=value.number))

        def mutate(self, mutable_flow):
            for _, step in mutable_flow.steps:
                step.add_decorator(environment, deco_kwargs={"vars": {"FROM_BASE": "yes"}})


    @FromBase
    class Base(FlowSpec):
        base_config = Config("base_config", default_value={"number": 6})


    FlowSpec = Base
    """

    @at("all")
    def step_all(self):
        import os

        self.found = (self.from_base, os.environ["FROM_BASE"], self.base_config.number)

    @staticmethod
    def check(graph, flow, look):
        look.expect("end", "found", (6, "yes", 6))

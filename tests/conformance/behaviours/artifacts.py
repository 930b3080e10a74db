"""Artifacts over all shapes: what later steps see, what joins keep, what classes contribute."""

from behaviour import Behaviour, at
from views import same, true


class BasicArtifact(Behaviour):
    """An attribute set in the first step is there in every later one."""

    QUICK = (
        "single-linear-step",
        "nested-branches",
        "nested-foreach",
        "small-parallel",
        "unbounded-foreach",
        "switch_in_foreach",
        "recursive_switch",
        "custom-terminals",
        "single-step",
        "hybrid",
    )

    @at("first")
    def step_first(self):
        self.data = "abc"

    @at("join", needed=False)
    def step_join(self, inputs):
        expect_equal({"abc"}, {each.data for each in inputs})
        self.data = inputs[0].data

    @at("all", needed=False)
    def step_all(self):
        expect_equal("abc", self.data)

    @staticmethod
    def check(graph, flow, look):
        for step in graph.ran:
            look.expect(step.name, "data", "abc")
            if look.name == "cli" and step is graph.last:
                same({"abc"}, set(look.only(step.name, "data").values()), f"dump --include of {step.name}")
        same(sorted(graph.steps), sorted(step.name for step in flow), "steps of the flow object")
        if look.run:
            same(sorted(step.name for step in graph.ran), sorted(step.id for step in look.run), "steps of the run")
            true(look.run.successful and look.run.finished, "the run is successful and finished")
            same("abc", look.run.data.data, "run.data")


class JoinKeepsWhatItAssigns(Behaviour):
    """A join begins with nothing of its inputs."""

    QUICK = ("single-and-branch", "simple-foreach", "nested-branches", "nested-unbounded", "small-parallel")

    @at("first")
    def step_first(self):
        self.given = 1
        self.kept = 2

    @at("join")
    def step_join(self, inputs):
        expect(not hasattr(self, "kept"))
        expect_raises(lambda: self.given, AttributeError)
        self.kept = max(each.kept for each in inputs) + 1

    @at("all")
    def step_all(self):
        self.local = self._current_step

    @staticmethod
    def check(graph, flow, look):
        for step in graph.ran:
            if step.join:
                look.expect_none(step.name, "given")
                look.expect_none(step.name, "local")
                look.expect(step.name, "kept", 3, 4, 5, 6)
            if step.name != graph.first.name and not step.marks & {"join", "unbounded-body"}:
                look.expect(step.name, "local", step.name)


class Ancestors(Behaviour):
    """Each task sees the artifacts of its own ancestors only."""

    QUICK = ("nested-foreach", "single-and-branch", "small-parallel", "hybrid")
    WITHOUT = ("unbounded-foreach", "nested-unbounded")

    @at("first")
    def step_first(self):
        self.path = [(self._current_step, None)]

    @at("join")
    def step_join(self, inputs):
        self.paths = sorted([each.path for each in inputs], key=str)
        self.path = [(self._current_step, [frame.index for frame in self._foreach_stack])]

    @at("inner", "all")
    def step_all(self):
        self.path = [*self.path, (self._current_step, self.index, str(self.input))]

    @staticmethod
    def check(graph, flow, look):
        for step in graph.ran:
            for path in look.values(step.name, "path"):
                same(step.name, path[-1][0], "the last step of the path")
            if step.join:
                for paths in look.values(step.name, "paths"):
                    true(len({str(path) for path in paths}) == len(paths), f"paths into {step.name} differ: {paths}")
        names = [step.name for step in graph.ran]
        if graph.name == "nested-foreach":
            same(12, len(look.tasks("inner")), "innermost tasks")
            texts = {str(path) for path in look.values("inner", "path")}
            same(12, len(texts), "different paths")
        true(names, "something ran")


class Constants(Behaviour):
    """Attributes of the class are artifacts of every task, and can not be assigned."""

    QUICK = ("single-linear-step", "single-and-branch", "simple-foreach")
    FIELDS = """
    text_const = "this is a constant"
    dict_const = {"a": [1, 2], "b": None}
    number_const = 7
    _private_const = (1, 2)
    a_param = Parameter("a-param", default=3)
    """

    @at("all")
    def step_all(self):
        from metaflow import current

        expect_equal("this is a constant", self.text_const)
        expect_equal({"a": [1, 2], "b": None}, self.dict_const)
        for name in ("text_const", "dict_const", "number_const", "a_param"):
            expect_raises(lambda: setattr(self, name, 1), AttributeError)
        expect_equal(["a_param"], list(current.parameter_names))

    @staticmethod
    def check(graph, flow, look):
        for step in graph.ran:
            look.expect(step.name, "text_const", "this is a constant")
            look.expect(step.name, "dict_const", {"a": [1, 2], "b": None})
            look.expect(step.name, "number_const", 7)
            look.expect(step.name, "_private_const", (1, 2))
            look.expect(step.name, "a_param", 3)
        if look.run:
            same(3, look.run["_parameters"].task["a_param"].data, "the parameter of the run")
            same("this is a constant", look.run["_parameters"].task["text_const"].data, "the constant of the run")
            info = look.run["_parameters"].task["_graph_info"].data
            same(["a-param"], [each["name"].replace("_", "-") for each in info["parameters"]], "parameters in the graph")
            same(
                ["dict_const", "number_const", "text_const"],
                sorted(each["name"] for each in info["constants"]),
                "constants in the graph",
            )


class MergeArtifacts(Behaviour):
    """merge_artifacts: what is one value comes over, the rest is refused or chosen."""

    QUICK = ("single-and-branch", "simple-foreach", "nested-branches")
    WITHOUT = ("switch_in_foreach", "nested-foreach", "nested-unbounded", "hybrid")
    HEADER = """
    from metaflow.exception import MissingInMergeArtifactsException, UnhandledInMergeArtifactsException, MetaflowException
    """

    @at("first")
    def step_first(self):
        from metaflow.exception import MetaflowException

        self.untouched = "same everywhere"
        self.changed = "before"
        self.excluded = "before"
        self.taken = "before"
        expect_raises(lambda: self.merge_artifacts([]), MetaflowException)

    @at("join")
    def step_join(self, inputs):
        error = expect_raises(
            lambda: self.merge_artifacts(inputs), UnhandledInMergeArtifactsException, MetaflowException
        )
        expect(isinstance(error, UnhandledInMergeArtifactsException), repr(error))
        names = set(error.artifact_names)
        expect({"changed", "excluded"} <= names, str(names))
        expect("untouched" not in names)
        expect(not hasattr(self, "untouched"), "nothing is set by a merge that fails")
        expect_raises(lambda: self.merge_artifacts(inputs, exclude=["changed"], include=["excluded"]), MetaflowException)
        error = expect_raises(
            lambda: self.merge_artifacts(inputs, include=["no_such_name", "untouched"]), MissingInMergeArtifactsException
        )
        expect(not hasattr(self, "untouched"), "nothing is set by a merge that misses a name")
        self.changed = "at " + self._current_step
        self.merge_artifacts(inputs, exclude=["excluded", "where"])
        expect_equal("same everywhere", self.untouched)
        expect_equal("before", self.taken)
        expect(not hasattr(self, "excluded"))
        expect(hasattr(self, "only_here") or True)
        self.excluded = "again " + self._current_step
        self.where = self._current_step

    @at("all")
    def step_all(self):
        self.changed = f"{self._current_step} {self.foreach_stack()}"
        self.excluded = f"{self._current_step} {self.foreach_stack()}"
        self.where = f"{self._current_step} {self.foreach_stack()}"

    @staticmethod
    def check(graph, flow, look):
        for step in graph.ran:
            look.expect(step.name, "untouched", "same everywhere")
            if step.join:
                look.expect(step.name, "changed", "at " + step.name)
                look.expect(step.name, "excluded", "again " + step.name)
                look.expect(step.name, "where", step.name)


class MergeArtifactsInclude(Behaviour):
    """merge_artifacts(include=...) takes these names and no others."""

    QUICK = ("single-and-branch", "simple-foreach")
    WITHOUT = ("foreach_in_switch", "branch_in_switch")

    @at("first")
    def step_first(self):
        self.one, self.two, self.three = 1, 2, 3

    @at("join")
    def step_join(self, inputs):
        self.merge_artifacts(inputs, include=["one", "two"])
        expect_equal((1, 2), (self.one, self.two))
        expect(not hasattr(self, "three"))
        self.three = 33

    @at("all")
    def step_all(self):
        expect_equal((1, 2), (self.one, self.two))
        expect(self.three in (3, 33))

    @staticmethod
    def check(graph, flow, look):
        for step in graph.ran:
            look.expect(step.name, "one", 1)
            look.expect(step.name, "two", 2)
            if step.join:
                look.expect(step.name, "three", 33)


class MergeArtifactsPropagation(Behaviour):
    """Merged artifacts go on through further joins, and what a branch made alone comes over too."""

    QUICK = ("nested-branches", "nested-foreach", "hybrid")
    WITHOUT = ("switch_in_foreach",)

    @at("first")
    def step_first(self):
        self.everywhere = {"deep": [1, 2, 3]}

    @at("join")
    def step_join(self, inputs):
        self.merge_artifacts(inputs)
        expect_equal({"deep": [1, 2, 3]}, self.everywhere)

    @at("inner")
    def step_inner(self):
        expect_equal({"deep": [1, 2, 3]}, self.everywhere)

    @at("linear", needed=False)
    def step_linear(self):
        expect_equal({"deep": [1, 2, 3]}, self.everywhere)
        setattr(self, "made_by_" + self._current_step, self._current_step)

    @staticmethod
    def check(graph, flow, look):
        for step in graph.ran:
            look.expect(step.name, "everywhere", {"deep": [1, 2, 3]})
        end = graph.last.name
        for step in graph.ran:
            if "linear" in step.marks and "inner" not in step.marks and step.name not in (graph.first.name, end):
                look.expect(end, "made_by_" + step.name, step.name)


class KindsOfValues(Behaviour):
    """Values of many types go to the next step and to the client as they were."""

    QUICK = ("single-linear-step",)
    GRAPHS = ("single-linear-step", "single-and-branch")
    HEADER = """
    import collections
    import datetime
    import decimal
    import enum

    VALUES = {
        "none": None, "true": True, "int": -5, "big": 10**40, "float": 0.1, "complex": 1 + 2j, "text": "刺身\\n☃",
        "bytes": b"\\x00\\xff", "list": [1, [2]], "tuple": (1, (2,)), "dict": {"a": {1: 2}}, "set": {1, 2}, "frozen": frozenset([3]),
        "date": datetime.datetime(2020, 1, 2, 3), "decimal": decimal.Decimal("1.10"), "range": range(3),
        "ordered": collections.OrderedDict(a=1), "kind": int, "function": len, "empty": [], "bytearray": bytearray(b"x"),
    }
    """

    @at("first")
    def step_first(self):
        for name, value in VALUES.items():
            setattr(self, "v_" + name, value)
        self.dropped = lambda: 1
        self._private = 5

    @at("join", needed=False)
    def step_join(self, inputs):
        self.merge_artifacts(inputs)

    @at("all")
    def step_all(self):
        for name, value in VALUES.items():
            expect_equal(value, getattr(self, "v_" + name))
            expect_equal(type(value), type(getattr(self, "v_" + name)))
        expect(not hasattr(self, "dropped"))
        expect_equal(5, self._private)

    @staticmethod
    def check(graph, flow, look):
        import test_flow

        for step in graph.ran:
            for name, value in test_flow.VALUES.items():
                look.expect(step.name, "v_" + name, value)
            look.expect_none(step.name, "dropped")
            look.expect(step.name, "_private", 5)
        if look.run:
            task = look.run["end"].task
            names = {artifact.id for artifact in task}
            true("_private" not in names and "v_int" in names, "private artifacts are left out of the iteration")
            same("_private" in task, True, "but can be asked for")
            same(-5, task.data.v_int, "task.data")
            same(-5, task.artifacts.v_int.data, "task.artifacts")


class InPlaceChange(Behaviour):
    """What is changed in place is stored, for the step that changed it and those after."""

    QUICK = ("single-linear-step",)
    GRAPHS = ("single-linear-step", "recursive_switch", "simple_switch")

    @at("first")
    def step_first(self):
        self.items = []
        self.same = self.items
        self.items.append(self._current_step)

    @at("all")
    def step_all(self):
        expect(self.same is not self.items)
        self.items.append(self._current_step)

    @staticmethod
    def check(graph, flow, look):
        end = look.values(graph.last.name, "items")[0]
        same(graph.first.name, end[0], "first item")
        same(graph.last.name, end[-1], "last item")
        rounds = [step.rounds for step in graph.steps.values() if step.rounds]
        if rounds:
            same(rounds[0], end.count("loop"), "rounds in the list")
        look.expect(graph.last.name, "same", ["start"])


class LargeArtifact(Behaviour):
    """An artifact of 64 MiB."""

    GRAPHS = ("single-linear-step",)

    @at("first")
    def step_first(self):
        self.large = b"x" * (64 << 20)

    @at("all")
    def step_all(self):
        expect_equal(64 << 20, len(self.large))

    @staticmethod
    def check(graph, flow, look):
        same(64 << 20, len(look.values("end", "large")[0]), "size")
        if look.run:
            true(look.run["end"].task["large"].size > 64 << 20, "size of the artifact")


class HugeArtifact(Behaviour):
    """An artifact of more than 4 GiB."""

    GRAPHS = ("single-linear-step",)
    HEAVY = True

    @at("=a")
    def step_one(self):
        self.large = b"x" * int(4.1 * 1024**3)

    @at("=end")
    def step_end(self):
        expect_equal(b"x"[0], self.large[0])
        self.seen = len(self.large)
        del self.large

    @staticmethod
    def check(graph, flow, look):
        look.expect("end", "seen", int(4.1 * 1024**3)) if look.run else None

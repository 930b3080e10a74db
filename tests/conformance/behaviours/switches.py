"""Switches: which branch runs, what the graph says, loops."""

from behaviour import Behaviour, at
from views import same, true

SHAPES = (
    "simple_switch", "recursive_switch", "switch_in_branch", "switch_in_foreach", "switch_nested", "foreach_in_switch",
    "branch_in_switch", "recursive_switch_in_foreach", "hybrid",
)  # fmt: skip


class TakenBranchOnly(Behaviour):
    """Only the chosen branch has tasks."""

    GRAPHS = SHAPES
    QUICK = SHAPES

    @at("first")
    def step_first(self):
        self.trail = [self._current_step]

    @at("join", needed=False)
    def step_join(self, inputs):
        self.trail = [*max((each.trail for each in inputs), key=len), self._current_step]

    @at("all")
    def step_all(self):
        self.trail = [*self.trail, self._current_step]

    @staticmethod
    def check(graph, flow, look):
        ran = {step.name for step in graph.ran}
        trail = look.values(graph.last.name, "trail")[0]
        true(set(trail) <= ran, f"{trail}")
        for step in graph.ran:
            look.expect(step.name, "trail", *look.values(step.name, "trail"))
        if look.run:
            same(ran, {step.id for step in look.run}, "steps")
            same(True, look.run.successful, "successful")
            for step in graph.steps.values():
                same(step.name in ran, step.name in look.run, f"{step.name} in the run")
                if step.kind == "switch" and step.runs:
                    info = look.run[step.name].task["_graph_info"].data["steps"][step.name]
                    same("split-switch", info["type"], "type")
                    same(f"mode_{step.name}", info["condition"], "condition")
                    same(set(step.targets), set(info["switch_cases"].values()), "cases")
                    true(
                        look.run[step.name].task["_transition"].data[0][0] in step.targets, "what was taken"
                    )


class RecursiveSwitch(Behaviour):
    """A step that names itself runs until the condition changes; each round is a task."""

    GRAPHS = ("recursive_switch", "recursive_switch_in_foreach")

    @at("=loop")
    def step_loop(self):
        self.rounds_seen = [*getattr(self, "rounds_seen", []), self.round_loop]
        self.stack = list(self._iteration_stack)

    @at("join", needed=False)
    def step_join(self, inputs):
        self.rounds_seen = inputs[0].rounds_seen

    @staticmethod
    def check(graph, flow, look):
        rounds = graph.steps["loop"].rounds
        look.expect("end", "rounds_seen", list(range(1, rounds + 1)))
        times = 3 if graph.name != "recursive_switch" else 1
        same(rounds * times, len(look.tasks("loop")), "rounds")
        same(sorted(list(range(1, rounds + 1)) * times), sorted(look.values("loop", "round_loop")), "numbers")


class SwitchOnMissingCase(Behaviour):
    """A value that no case has ends the run."""

    GRAPHS = ("simple_switch",)
    FAILS = True

    @at("=start")
    def step_start(self):
        self.mode_start = "nobody"

    @staticmethod
    def check(graph, flow, look):
        text = look.log("start", "stderr")
        true("nobody" in text, text)
        true("a" in text, text)


class SwitchOnBool(Behaviour):
    """Cases that are no texts, in a flow written out."""

    GRAPHS = ("single-step",)
    FLOW = """
    class SwitchOnBoolFlow(FlowSpec):
        number = Parameter("number", default=3)

        @step
        def start(self):
            self.odd = self.number % 2 == 1
            self.next({True: self.one, False: self.two}, condition="odd")

        @step
        def one(self):
            self.level = self.number
            self.next({1: self.three, 3: self.four, "else": self.five}, condition="level")

        @step
        def two(self):
            self.next(self.four)

        @step
        def three(self):
            self.next(self.four)

        @step
        def five(self):
            self.next(self.four)

        @step
        def four(self):
            self.next(self.end)

        @step
        def end(self):
            self.reached = True
    """

    @staticmethod
    def check(graph, flow, look):
        look.expect("end", "reached", True)
        look.expect("end", "level", 3)
        if look.run:
            same({"start", "one", "four", "end"}, {step.id for step in look.run}, "steps")

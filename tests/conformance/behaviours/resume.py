"""Resumed runs: what is run again, what is cloned, and what both know of their origin."""

import os

from behaviour import Behaviour, at
from views import same, true


def origin_of(look):
    """The run that was resumed."""
    from metaflow import Flow

    return Flow(look.flow)[look.origin_run_id]


class ResumeEnd(Behaviour):
    """The failed step runs again, the others are cloned."""

    WITHOUT = ("single-step",)
    QUICK = ("single-linear-step", "nested-branches", "nested-foreach", "switch_in_foreach", "custom-terminals", "hybrid")
    RESUME = True
    FIELDS = """
    int_param = Parameter("int_param", default=123)
    """

    @at("first")
    def step_first(self):
        self.data = "start"

    @at("last")
    def step_last(self):
        if not is_resumed():
            self.data = "foo"
            raise ResumeHere
        expect_equal("start", self.data)
        expect_equal(123, self.int_param)
        self.data = "test"

    @at("join", needed=False)
    def step_join(self, inputs):
        self.data = inputs[0].data

    @at("all", needed=False)
    def step_all(self):
        expect(not is_resumed(), "a step that succeeded is not run again")

    @staticmethod
    def check(graph, flow, look):
        for step in graph.ran:
            look.expect(step.name, "data", "test" if step is graph.last else "start")
            look.expect(step.name, "int_param", 123)
        if not look.run:
            return
        origin = origin_of(look)
        same(False, origin.successful, "the origin")
        # A run of steps with other names for its ends is not known to be successful, once resumed.
        if graph.name != "custom-terminals":
            same(True, look.run.successful, "the resumed run")
        same(origin.pathspec, look.run.origin_pathspec, "origin of the run")
        for step in graph.ran:
            tasks = {task.id: task for task in origin[step.name]}
            same(len(tasks), len(list(look.run[step.name])), f"tasks of {step.name}")
            for task in look.run[step.name]:
                same(origin.id, task.metadata_dict["origin-run-id"], "origin-run-id")
                cloned = task.metadata_dict.get("origin-task-id")
                if step is graph.last:
                    same(None, cloned, "origin-task-id of a task that ran")
                else:
                    true(cloned in tasks, f"origin-task-id {cloned} of {task}")
                    same(tasks[cloned].pathspec, task.origin_pathspec, "origin of the task")
                    same(tasks[cloned].index, task.index, "index")
                    same(tasks[cloned]["data"].sha, task["data"].sha, "the same blob")


class ResumeCloneOnly(Behaviour):
    """What was finished is taken over, and nothing is run."""

    WITHOUT = ("single-step",)
    QUICK = ("single-linear-step", "small-foreach", "small-parallel")
    RESUME = True
    RESUME_OPTIONS = ("--clone-only",)

    @at("last")
    def step_last(self):
        raise ResumeHere

    @at("all", needed=False)
    def step_all(self):
        expect(not is_resumed(), "nothing is run")

    @staticmethod
    def check(graph, flow, look):
        if look.run:
            # The real client does not see the tasks: they are not registered.
            same(False, look.run.successful, "successful")
            return
        for step in origin_of(look):
            if step.id != graph.last.name:
                same(len(list(step)), len(look.tasks(step.id)), f"tasks of {step.id}")
        ran = os.path.exists(f".metaflow/{look.flow}/{look.run_id}/{graph.last.name}")
        true(not ran, "nothing is run")


class ResumeStart(Behaviour):
    """The very first step failed."""

    WITHOUT = ("single-step",)
    QUICK = ("single-linear-step", "simple-foreach", "small-parallel")
    RESUME = True
    FIELDS = """
    int_param = Parameter("int_param", default=123)
    """

    @at("first")
    def step_first(self):
        from metaflow import current

        if not is_resumed():
            self.data = "foo"
            raise ResumeHere
        self.data = "test"
        self.origin = current.origin_run_id

    @at("join", needed=False)
    def step_join(self, inputs):
        self.data = inputs[0].data

    @at("all")
    def step_all(self):
        from metaflow import current

        expect(current.origin_run_id is not None)

    @staticmethod
    def check(graph, flow, look):
        for step in graph.ran:
            look.expect(step.name, "data", "test")
            look.expect(step.name, "int_param", 123)
        look.expect(graph.first.name, "origin", look.origin_run_id)
        if look.run:
            same(look.origin_run_id, look.run.origin_pathspec.split("/")[1], "origin")


class ResumeForeachInner(Behaviour):
    """One of the splits failed."""

    GRAPHS = ("simple-foreach", "small-foreach", "nested-foreach", "switch_in_foreach")
    QUICK = ("small-foreach", "nested-foreach", "switch_in_foreach")
    RESUME = True

    @at("first")
    def step_first(self):
        self.state = "not resumed"

    @at("=inner")
    def step_inner(self):
        from metaflow import current

        self.state = "resumed" if is_resumed() else "not resumed"
        self.ran_in = current.run_id
        if not is_resumed() and all(index == 0 for index, _, _ in self.foreach_stack()):
            # The others have time to get through, whatever comes of it.
            import time

            time.sleep(2)
            raise ResumeHere

    @at("join")
    def step_join(self, inputs):
        self.state = "resumed" if any(each.state == "resumed" for each in inputs) else "not resumed"

    @at("all")
    def step_all(self):
        pass

    @staticmethod
    def check(graph, flow, look):
        look.expect("end", "state", "resumed")
        values = look.values("inner", "state")
        true("resumed" in values, f"{values}")
        if look.run:
            origin = origin_of(look)
            failed = [task for task in origin["inner"] if not task.successful and task.exception is not None]
            true(failed, "a task of the origin failed")
            for task in look.run["inner"]:
                if all(part.endswith(":0") for part in task.metadata_dict["foreach-execution-path"].split(",")):
                    same(None, task.metadata_dict.get("origin-task-id"), "the failed one ran again")
                    same(look.run_id, task["ran_in"].data, "in the new run")
            for task in look.run["start"]:
                true(task.metadata_dict.get("origin-task-id"), "start was cloned")


class ResumeForeachJoin(Behaviour):
    """A foreach's join failed."""

    GRAPHS = ("simple-foreach", "small-foreach", "nested-foreach", "recursive_switch_in_foreach", "small-parallel")
    QUICK = ("simple-foreach", "nested-foreach", "recursive_switch_in_foreach", "small-parallel")
    RESUME = True

    @at("first")
    def step_first(self):
        self.data = "start"

    @at("=join", "=x_join")
    def step_failing(self, inputs):
        self.data = inputs[0].data
        if not is_resumed():
            self.data = "foo"
            raise ResumeHere
        self.data = "resumed"

    @at("join", needed=False)
    def step_join(self, inputs):
        self.data = inputs[0].data
        expect(not is_resumed())

    @at("last")
    def step_last(self):
        self.data += " to the end"

    @at("all")
    def step_all(self):
        expect(not is_resumed())

    @staticmethod
    def check(graph, flow, look):
        look.expect("end", "data", "resumed to the end")
        for step in graph.ran:
            if step.depth and not step.join:
                look.expect(step.name, "data", "start")
        if look.run:
            for step in graph.ran:
                if step.depth:
                    tasks = list(look.run[step.name])
                    same(len(list(origin_of(look)[step.name])), len(tasks), f"tasks of {step.name}")
                    for task in tasks:
                        true(task.metadata_dict.get("origin-task-id"), f"{task} was cloned")


class ResumeForeachSplit(Behaviour):
    """The step that splits failed."""

    GRAPHS = ("simple-foreach", "small-foreach", "nested-foreach", "foreach_in_switch", "unbounded-foreach")
    QUICK = ("small-foreach", "nested-foreach", "foreach_in_switch")
    RESUME = True

    @at("=many", "=y", needed=False)
    def step_split(self):
        if not is_resumed() and self.index in (None, 1):
            raise ResumeHere
        self.data = "resumed"

    @at("=start")
    def step_start(self):
        self.data = "before"
        # In the other shapes a later step fails.
        if not is_resumed() and not hasattr(type(self), "many") and not hasattr(type(self), "y"):
            raise ResumeHere

    @at("join")
    def step_join(self, inputs):
        self.data = inputs[0].data

    @at("inner")
    def step_inner(self):
        self.mine = str(self.input)

    @at("all")
    def step_all(self):
        pass

    @staticmethod
    def check(graph, flow, look):
        look.expect("end", "data", "resumed", "before")
        if look.run:
            same(True, look.run.successful, "successful")
            count = {"nested-foreach": 12, "small-foreach": 3, "simple-foreach": 32, "foreach_in_switch": 3, "unbounded-foreach": 3}
            same(count[graph.name], len(list(look.run["inner"])), "inner tasks")


class ResumeUnboundedInner(Behaviour):
    """A mapper of an unbounded foreach failed: all of them run again."""

    GRAPHS = ("unbounded-foreach", "nested-unbounded")
    RESUME = True

    @at("=inner")
    def step_inner(self):
        from metaflow import current

        self.ran_in = current.run_id
        if not is_resumed() and self.index == 1:
            raise ResumeHere
        self.mine = str(self.input)

    @at("join")
    def step_join(self, inputs):
        self.got = sorted(each.got if hasattr(each, "got") else each.mine for each in inputs)

    @staticmethod
    def check(graph, flow, look):
        wanted = ["a", "b"] if graph.name == "unbounded-foreach" else [["a", "b"]] * 3
        look.expect("end", "got", wanted)
        same({look.run_id} if graph.name == "unbounded-foreach" else set(look.values("inner", "ran_in")), set(look.values("inner", "ran_in")), "run")


class ResumeUnboundedJoin(Behaviour):
    """The join of an unbounded foreach failed: control task and mappers are cloned."""

    GRAPHS = ("unbounded-foreach", "nested-unbounded")
    RESUME = True

    @at("=inner")
    def step_inner(self):
        from metaflow import current

        self.ran_in = current.run_id
        self.mine = str(self.input)

    @at("=join", "=outer_join")
    def step_failing(self, inputs):
        if not is_resumed():
            raise ResumeHere
        self.got = sorted(each.got if hasattr(each, "got") else each.mine for each in inputs)

    @at("=inner_join", needed=False)
    def step_join(self, inputs):
        self.got = sorted(each.mine for each in inputs)

    @staticmethod
    def check(graph, flow, look):
        wanted = ["a", "b"] if graph.name == "unbounded-foreach" else [["a", "b"]] * 3
        look.expect("end", "got", wanted)
        same({look.origin_run_id}, set(look.values("inner", "ran_in")), "run")
        if look.run:
            same(len(list(origin_of(look)["inner"])), len(list(look.run["inner"])), "tasks")


class ResumeParallel(Behaviour):
    """A worker of a gang failed: the gang runs again."""

    GRAPHS = ("small-parallel", "branch-parallel")
    QUICK = ("small-parallel",)
    RESUME = True

    @at("gang-body")
    def step_gang(self):
        from metaflow import current

        if not is_resumed() and current.parallel.node_index == 1:
            raise ResumeHere
        self.node = current.parallel.node_index

    @at("gang-join")
    def step_join(self, inputs):
        self.nodes = [each.node for each in inputs]

    @at("join", needed=False)
    def step_other(self, inputs):
        self.nodes = inputs.gang_join.nodes

    @staticmethod
    def check(graph, flow, look):
        gang = next(step.gang for step in graph.steps.values() if step.gang)
        look.expect("end", "nodes", list(range(gang)))


class ResumeSucceeded(Behaviour):
    """A step that succeeded is run again, with what comes after it, when it is named."""

    GRAPHS = ("single-linear-step", "single-and-branch")
    RESUME = True
    RESUME_STEP = "a"

    @at("first")
    def step_first(self):
        self.data = "start"
        expect(not is_resumed())

    @at("=a")
    def step_a(self):
        self.data = "resumed" if is_resumed() else "first"

    @at("join", needed=False)
    def step_join(self, inputs):
        self.data = inputs.a.data

    @at("=b", needed=False)
    def step_b(self):
        expect(not is_resumed())

    @at("last")
    def step_last(self):
        if not is_resumed():
            raise ResumeHere

    @staticmethod
    def check(graph, flow, look):
        look.expect("a", "data", "resumed")
        look.expect("end", "data", "resumed")
        look.expect("start", "data", "start")


class ResumeOriginPathspec(Behaviour):
    """Origins of run and tasks, over a failed task in the middle."""

    GRAPHS = ("single-linear-step", "single-and-branch")
    QUICK = ("single-linear-step",)
    RESUME = True
    FIELDS = """
    int_param = Parameter("int_param", default=123)
    """

    @at("first")
    def step_first(self):
        from metaflow import current

        self.data = "start"
        self.where = current.pathspec

    @at("=a")
    def step_a(self):
        if not is_resumed():
            raise ResumeHere
        self.data = "resumed"

    @at("join", needed=False)
    def step_join(self, inputs):
        self.data = inputs.a.data

    @staticmethod
    def check(graph, flow, look):
        look.expect("end", "data", "resumed")
        if not look.run:
            return
        origin = origin_of(look)
        same(f"{look.flow}/{origin.id}", look.run.origin_pathspec, "of the run")
        start = look.run["start"].task
        same(origin["start"].task.pathspec, start.origin_pathspec, "of a clone")
        same(start.origin_pathspec, start["where"].data, "which kept its artifacts")
        same(None, look.run["a"].task.origin_pathspec, "of a task that ran")
        same(f"{look.flow}/{origin.id}/start", look.run["start"].origin_pathspec, "of a step")
        same({origin.id}, {task.metadata_dict["origin-run-id"] for step in look.run for task in step}, "origin-run-id")
        same(0, start.current_attempt, "attempt of a clone")
        same(True, start.successful, "a clone is successful")


class ResumeRecursiveSwitch(Behaviour):
    """A round of a loop failed: those before are cloned."""

    GRAPHS = ("recursive_switch", "recursive_switch_in_foreach")
    RESUME = True

    @at("first")
    def step_first(self):
        self.trail = []

    @at("=loop")
    def step_loop(self):
        from metaflow import current

        self.trail = [*getattr(self, "trail", []), current.run_id]
        if not is_resumed() and self.round_loop == 2:
            raise ResumeHere

    @at("join", needed=False)
    def step_join(self, inputs):
        self.trail = inputs[0].trail

    @staticmethod
    def check(graph, flow, look):
        rounds = graph.steps["loop"].rounds
        trail = look.values("end", "trail")[0]
        same([look.origin_run_id] + [look.run_id] * (rounds - 1), trail, "where rounds ran")
        if look.run:
            same(rounds * (3 if graph.name != "recursive_switch" else 1), len(list(look.run["loop"])), "rounds")


class ResumeRecursiveSwitchLater(Behaviour):
    """What comes after a loop failed: all rounds are cloned."""

    GRAPHS = ("recursive_switch", "recursive_switch_in_foreach")
    QUICK = ("recursive_switch",)
    RESUME = True

    @at("=loop")
    def step_loop(self):
        expect(not is_resumed())
        self.last_round = self.round_loop

    @at("last")
    def step_last(self):
        if not is_resumed():
            raise ResumeHere

    @staticmethod
    def check(graph, flow, look):
        rounds = graph.steps["loop"].rounds
        same(sorted(set(look.values("loop", "last_round"))), list(range(1, rounds + 1)), "rounds")
        if look.run:
            same(True, look.run.successful, "successful")


class ResumeSwitch(Behaviour):
    """What the taken branch had done is cloned."""

    GRAPHS = ("simple_switch", "switch_in_branch", "switch_nested", "branch_in_switch", "foreach_in_switch")
    RESUME = True

    @at("switch-split")
    def step_switch(self):
        expect(not is_resumed())

    @at("last")
    def step_last(self):
        if not is_resumed():
            raise ResumeHere
        self.done = True

    @staticmethod
    def check(graph, flow, look):
        look.expect("end", "done", True)
        if look.run:
            same(sorted(step.name for step in graph.ran), sorted(step.id for step in look.run), "steps")


class ResumeAfterCatch(Behaviour):
    """A failure that was caught counts as done."""

    GRAPHS = ("single-linear-step",)
    RESUME = True
    HEADER = """
    from metaflow import catch
    """

    @at("=a", decorators=["catch(var='ex')"])
    def step_a(self):
        raise ValueError("caught in " + ("a resumed run" if is_resumed() else "the first run"))

    @at("last")
    def step_last(self):
        if not is_resumed():
            raise ResumeHere
        self.seen = self.ex.exception

    @staticmethod
    def check(graph, flow, look):
        look.expect("end", "seen", "caught in the first run")

"""Foreach: index, input, the stack, the order of a join's inputs; unbounded ones and gangs."""

from behaviour import Behaviour, at
from views import same, true


class BasicForeach(Behaviour):
    """32 items: each branch keeps its index and input, the join gets them in order."""

    GRAPHS = ("simple-foreach",)

    @at("=start")
    def step_split(self):
        self.items_start = list("abcdefghijklmnopqrstuvwxyz012345")
        expect(self.index is None and self.input is None)
        expect_equal([], self.foreach_stack())

    @at("in-foreach")
    def step_inner(self):
        expect_equal(self.items_start[self.index], self.input)
        expect_equal([(self.index, 32, self.input)], self.foreach_stack())
        self.my_index, self.my_input = self.index, self.input

    @at("join")
    def step_join(self, inputs):
        expect_equal(list(range(32)), [each.my_index for each in inputs])
        self.got = [each.my_input for each in inputs]
        expect_equal("f", inputs[5].my_input)

    @at("=end")
    def step_end(self):
        expect(self.index is None and self.input is None)

    @staticmethod
    def check(graph, flow, look):
        look.expect("join", "got", list("abcdefghijklmnopqrstuvwxyz012345"))
        look.expect("end", "got", list("abcdefghijklmnopqrstuvwxyz012345"))
        same(32, len(look.tasks("inner")), "tasks")
        same(list(range(32)), sorted(look.values("inner", "my_index")), "indices")
        if look.run:
            same(list(range(32)), sorted(task.index for task in look.run["inner"]), "index of tasks")
            stacks = [task.metadata_dict["foreach-execution-path"] for task in look.run["inner"]]
            true("inner:31" in stacks, f"execution paths: {stacks}")


class ForeachInput(Behaviour):
    """Index and input in every step of every shape with a foreach."""

    WITHOUT = ("nested-unbounded",)
    QUICK = ("hybrid", "switch_in_foreach", "recursive_switch_in_foreach", "foreach_in_switch", "nested-foreach")

    @at("join", needed=False)
    def step_join(self, inputs):
        self.seen = [each.seen for each in inputs]
        self.depth = len(self.foreach_stack())

    @at("in-foreach")
    def step_inner(self):
        stack = self.foreach_stack()
        self.depth = len(stack)
        expect_equal((self.index, self.input), (stack[-1][0], stack[-1][2]))
        for index, total, _ in stack:
            expect(0 <= index < total)
        self.seen = [(index, value) for index, _, value in stack]

    @at("all")
    def step_all(self):
        expect(self.index is None and self.input is None)
        expect_equal([], self.foreach_stack())
        self.seen = []
        self.depth = 0

    @staticmethod
    def check(graph, flow, look):
        for step in graph.ran:
            look.expect(step.name, "depth", step.depth)
            for seen in look.values(step.name, "seen") if not step.join else []:
                same(step.depth, len(seen), f"depth of {step.name}")


class NestedForeach(Behaviour):
    """foreach in foreach in foreach."""

    GRAPHS = ("nested-foreach",)

    @at("=inner")
    def step_inner(self):
        (x, x_total, _), (y, y_total, _), (z, z_total, _) = self.foreach_stack()
        expect_equal((3, 2, 2), (x_total, y_total, z_total))
        self.combined = (x, y, z)
        expect_equal(z, self.index)

    @at("join")
    def step_join(self, inputs):
        key = "combined" if self._current_step == "z_join" else "all_of_them"
        self.all_of_them = [getattr(each, key) for each in inputs]

    @at("=x")
    def step_x(self):
        expect_equal([(self.index, 3, self.index + 1)], self.foreach_stack())

    @staticmethod
    def check(graph, flow, look):
        same(12, len(look.tasks("inner")), "innermost tasks")
        wanted = [[[(x, y, z) for z in range(2)] for y in range(2)] for x in range(3)]
        look.expect("end", "all_of_them", wanted)
        if look.run:
            paths = {task.metadata_dict["foreach-execution-path"] for task in look.run["inner"]}
            same(12, len(paths), "execution paths")
            true("x:2,y:1,z:1" in paths, str(paths))


class ForeachOverMany(Behaviour):
    """Tuples, ranges, texts and large numbers of items."""

    GRAPHS = ("small-foreach",)

    @at("=start")
    def step_split(self):
        self.items_start = range(40)

    @at("=inner")
    def step_inner(self):
        self.square = self.input**2

    @at("join")
    def step_join(self, inputs):
        self.squares = [each.square for each in inputs]

    @staticmethod
    def check(graph, flow, look):
        look.expect("end", "squares", [number**2 for number in range(40)])


class ForeachListLetGo(Behaviour):
    """Whoever has looked at its item has the list, too, and can delete it: then it is that of the split again."""

    GRAPHS = ("small-foreach",)

    @at("=start")
    def step_split(self):
        self.items_start = [["a"], ["b"], ["c"]]

    @at("=inner")
    def step_inner(self):
        self.refused = 0
        try:
            del self.items_start
        except AttributeError:
            self.refused += 1
        self.input.append("changed")
        del self.items_start
        try:
            del self.items_start
        except AttributeError:
            self.refused += 1
        self.mine = self.input

    @at("join")
    def step_join(self, inputs):
        self.seen = [(each.refused, each.mine, each.items_start) for each in inputs]

    @staticmethod
    def check(graph, flow, look):
        items = [["a"], ["b"], ["c"]]
        look.expect("end", "seen", [(2, [*item, "changed"], items) for item in items])


class ForeachOverText(Behaviour):
    """A text is a sequence of characters."""

    GRAPHS = ("small-foreach",)

    @at("=start")
    def step_split(self):
        self.items_start = "añ☃"

    @at("=inner")
    def step_inner(self):
        self.character = self.input

    @at("join")
    def step_join(self, inputs):
        self.text = "".join(each.character for each in inputs)

    @staticmethod
    def check(graph, flow, look):
        look.expect("end", "text", "añ☃")


class ForeachWithoutItems(Behaviour):
    """No items: an error."""

    GRAPHS = ("small-foreach",)
    FAILS = True

    @at("=start")
    def step_split(self):
        self.items_start = []

    @staticmethod
    def check(graph, flow, look):
        if look.run:
            same(False, look.run.successful, "successful")
            same(["start"], [step.id for step in look.run], "steps")


class UnboundedForeach(Behaviour):
    """A control task and its mappers."""

    GRAPHS = ("unbounded-foreach",)

    @at("=start")
    def step_split(self):
        self.items_start = InternalTestUnboundedForeachInput(list(range(5)))

    @at("=inner")
    def step_inner(self):
        # The control task has the whole as its input.
        self.mine = None if self.input is self.items_start else self.input
        self.my_index = self.index

    @at("join")
    def step_join(self, inputs):
        self.got = sorted(each.mine for each in inputs)

    @staticmethod
    def check(graph, flow, look):
        look.expect("end", "got", [0, 1, 2, 3, 4])
        if look.run:
            step = look.run["inner"]
            controls = list(step.control_tasks())
            same(1, len(controls), "control tasks")
            same(6, len(list(step)), "tasks")
            mappers = [task for task in step if task.id != controls[0].id]
            same([0, 1, 2, 3, 4], sorted(task["my_index"].data for task in mappers), "indices of the mappers")
            same(5, len(controls[0]["_control_mapper_tasks"].data), "mappers that the control task knows")
            same("control_task", controls[0].metadata_dict.get("internal_task_type"), "kind of the control task")


class NestedUnboundedForeach(Behaviour):
    """An unbounded foreach in a foreach."""

    GRAPHS = ("nested-unbounded",)

    @at("=outer")
    def step_outer(self):
        self.outer_input = self.input
        self.items_outer = InternalTestUnboundedForeachInput([f"{self.input}-{letter}" for letter in "xy"])

    @at("=inner")
    def step_inner(self):
        self.mine = str(self.input) if self.index is not None else None
        self.frames = len(self.foreach_stack())

    @at("join")
    def step_join(self, inputs):
        if self._current_step == "inner_join":
            self.got = sorted(each.mine for each in inputs)
        else:
            self.got = [name for each in inputs for name in each.got]

    @staticmethod
    def check(graph, flow, look):
        look.expect("end", "got", ["1-x", "1-y", "2-x", "2-y", "3-x", "3-y"])
        same([2] * 6, look.values("inner", "frames"), "frames of the mappers")
        if look.run:
            same(3, len(list(look.run["inner"].control_tasks())), "control tasks")


class BasicParallel(Behaviour):
    """A gang: each node knows its place; the control task is node 0."""

    QUICK = ("small-parallel", "branch-parallel")
    GRAPHS = ("small-parallel", "branch-parallel")

    @at("gang-body")
    def step_gang(self):
        from metaflow import current

        self.node = current.parallel.node_index
        self.nodes = current.parallel.num_nodes
        self.main = current.parallel.main_ip
        self.control = current.parallel.control_task_id
        self.got_input = self.input
        expect(current.is_parallel)
        expect_equal(self.node, self.index)

    @at("gang-join")
    def step_join(self, inputs):
        self.seen = [(each.node, each.nodes, each.got_input) for each in inputs]

    @at("join", needed=False)
    def step_other(self, inputs):
        self.seen = inputs.gang_join.seen

    @staticmethod
    def check(graph, flow, look):
        gang = next(step.gang for step in graph.steps.values() if step.gang)
        look.expect("end", "seen", [(node, gang, node) for node in range(gang)])
        look.expect("gang", "main", "127.0.0.1")
        same(gang, len(look.tasks("gang")), "tasks")
        if look.run:
            step = look.run["gang"]
            tasks = list(step)
            same(gang, len(tasks), "tasks")
            controls = list(step.control_tasks())
            same(1, len(controls), "control tasks")
            same(controls[0].id, step.control_task.id, "the control task")
            same(0, controls[0]["node"].data, "node of the control task")
            same({controls[0].id}, {task["control"].data for task in tasks}, "what all know of the control task")
            same(gang, int(controls[0].metadata_dict["parallel-world-size"]), "size in the metadata")
            same(
                {f"{controls[0].id}_node_{node}" for node in range(1, gang)},
                {task.id for task in tasks} - {controls[0].id},
                "ids of the workers",
            )


class ParallelLogs(Behaviour):
    """What the nodes print comes into the log of their step."""

    GRAPHS = ("small-parallel",)

    @at("gang-body")
    def step_gang(self):
        from metaflow import current

        print("node", current.parallel.node_index, "speaks")

    @staticmethod
    def check(graph, flow, look):
        text = look.log("gang", "stdout")
        for node in range(4):
            true(f"node {node} speaks" in text, f"node {node} in {text!r}")


class GraphOfTheFlow(Behaviour):
    """The graph as steps, the flow object and the client see it."""

    QUICK = ("hybrid", "nested-foreach", "small-parallel", "recursive_switch", "custom-terminals", "single-step")
    WITHOUT = ("unbounded-foreach", "nested-unbounded")

    @at("all")
    def step_all(self):
        from metaflow import current

        node = self._graph[self._current_step]
        self.kind = node.type
        self.ins = sorted(node.in_funcs)
        self.outs = list(node.out_funcs)
        self.is_gang = bool(node.parallel_step)
        self.frames = [(frame.step, frame.var, frame.index) for frame in self._foreach_stack]
        expect_equal(current.step_name, self._current_step)
        expect_equal(sorted(current.graph["steps"]), sorted(node.name for node in self._graph))

    @staticmethod
    def check(graph, flow, look):
        kinds = {
            "linear": "linear", "split": "split", "foreach": "foreach", "gang": "foreach", "unbounded": "foreach",
            "switch": "split-switch", "last": "end",
        }  # fmt: skip
        for step in graph.ran:
            node = flow._graph[step.name]
            wanted = "join" if step.join and step.kind == "linear" else kinds[step.kind]
            if step is graph.first and step.kind == "linear":
                wanted = "start"
            same(wanted, node.type, f"type of {step.name}")
            look.expect(step.name, "kind", wanted)
            look.expect(step.name, "outs", list(node.out_funcs))
            look.expect(step.name, "ins", sorted(node.in_funcs))
            look.expect(step.name, "is_gang", "gang-body" in step.marks)
            same(step.targets, list(node.out_funcs), f"targets of {step.name}")
            for frames in look.values(step.name, "frames"):
                same(step.depth, len(frames), f"frames of {step.name}")

"""Which tasks come from which, and steps."""

from behaviour import Behaviour, at
from views import same


class Lineage(Behaviour):
    """parent_tasks and child_tasks of each task, compared with what the tasks saw themselves."""

    WITHOUT = ("recursive_switch", "recursive_switch_in_foreach", "nested-unbounded", "unbounded-foreach")
    QUICK = ("simple-foreach", "nested-foreach", "nested-branches", "switch_in_foreach", "hybrid", "single-linear-step", "small-parallel")

    @at("first")
    def step_first(self):
        from metaflow import current

        self.parents = []
        self.me = current.pathspec

    @at("join", needed=False)
    def step_join(self, inputs):
        from metaflow import current

        self.parents = sorted(each.me for each in inputs)
        self.me = current.pathspec

    @at("all", needed=False)
    def step_all(self):
        from metaflow import current

        self.parents = [self.me]
        self.me = current.pathspec

    @staticmethod
    def check(graph, flow, look):
        if not look.run:
            return
        children = {}
        for step in look.run:
            for task in step:
                wanted = task["parents"].data
                same(wanted, sorted(parent.pathspec for parent in task.parent_tasks), f"parents of {task}")
                same(wanted, sorted(task.parent_task_pathspecs), f"pathspecs of the parents of {task}")
                for parent in wanted:
                    children.setdefault(parent, set()).add(task.pathspec)
        for step in look.run:
            for task in step:
                wanted = children.get(task.pathspec, set())
                same(wanted, {child.pathspec for child in task.child_tasks}, f"children of {task}")
                same(wanted, set(task.child_task_pathspecs), f"pathspecs of the children of {task}")
        for step in graph.ran:
            parents = {each.name for each in graph.steps.values() if step.name in each.targets}
            if any(not graph.steps[name].runs for name in parents):
                # The client stumbles over steps without tasks.
                continue
            same(parents, {each.id for each in look.run[step.name].parent_steps}, f"parent steps of {step.name}")
            ran = {each.name for each in graph.ran}
            if not set(step.targets) <= ran:
                continue
            same(
                set(step.targets) & ran,
                {each.id for each in look.run[step.name].child_steps} & ran,
                f"child steps of {step.name}",
            )

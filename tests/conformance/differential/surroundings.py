"""What steps know of where they run: `current`, and the client inside of a step."""

from differential import Case

_FLOW = """
import pickle

from metaflow import FlowSpec, Parameter, current, environment, get_namespace, project, step, trigger


def seen():
    names = [
        "flow_name", "step_name", "retry_count", "origin_run_id", "namespace", "username", "is_running_flow", "project_name",
        "branch_name", "is_user_branch", "is_production", "project_flow_name", "parameter_names", "tempdir", "is_parallel",
        "parallel", "trigger", "nothing",
    ]
    found = {}
    for name in names:
        try:
            value = getattr(current, name)
            found[name] = sorted(value) if name == "parameter_names" else value
        except AttributeError:
            found[name] = "no such attribute"
        found["in " + name] = name in current
        found["get " + name] = current.get(name, "otherwise") == value if name in current else current.get(name, "otherwise")
    found["tags"] = sorted(tag for tag in current.tags if "version" not in tag and "runtime" not in tag)
    parts = current.pathspec.split("/")
    found["pathspec"] = (parts[0], parts[1] == current.run_id, parts[2], parts[3] == current.task_id)
    found["run"] = (current.run.id == current.run_id, current.task.pathspec == current.pathspec)
    again = pickle.loads(pickle.dumps((current.run, current.task)))
    found["pickled"] = [one.pathspec.split("/")[0] for one in again]
    found["of the client"] = get_namespace()
    found["graph"] = sorted(current.graph["steps"])
    found["finished"] = (current.run.finished, current.task.finished)
    return found


@trigger(events=["one", {"name": "two", "parameters": {"p": "field"}}])
@project(name="around")
class AroundFlow(FlowSpec):
    p = Parameter("p", default=1)
    other_name = Parameter("other-name", default=1)

    @step
    def start(self):
        self.seen_start = seen()
        self.items = ["a", "b"]
        self.next(self.inner, foreach="items")

    @environment(vars={"METAFLOW_TEMPDIR_OF_NOBODY": "1"})
    @step
    def inner(self):
        self.seen_inner = (seen(), self.index, self.input, self.foreach_stack())
        self.next(self.join)

    @step
    def join(self, inputs):
        self.seen_join = (seen(), [one.index for one in inputs], inputs[0].input, [one.input for one in inputs])
        self.next(self.end)

    @step
    def end(self):
        self.seen_end = (seen(), [step.name for step in self], self.name, self.script_name)
        if current.origin_run_id is None:
            raise ValueError("to be resumed")
        self.origin_known = bool(current.origin_run_id)


if __name__ == "__main__":
    AroundFlow()
"""

CASES = (
    Case("current", "AroundFlow", _FLOW, commands=(("run", "--tag", "one", "--tag", "two"), ("resume", "--tag", "three"))),
    Case("in-a-namespace", "AroundFlow", _FLOW, commands=(("run", "--namespace", "production:x"),), top=("--branch", "b")),
)

"""One attempt of one task: inputs in, user code, artifacts out, and what the engine is told about it.

Knows the order of things; how decorators act is in `hooks`, what is stored in `persist`.
"""

from __future__ import annotations

import os
import sys

from ..exception import MetaflowDataMissing, MetaflowExceptionWrapper, MetaflowInternalError
from ..flowspec import Inputs
from ..metaflow_current import current
from ..unbounded_foreach import UBF_CONTROL
from ..util import resolve_identity
from . import ahead, clock, notice, persist, process, run_parameters, witness
from .artifacts import Spool, TaskInput, Unpicklable
from .classes import protect
from .hooks import Hooks
from .project import imported_since, last_imported
from .reads import Reads
from .spool import NoRoom
from .stacks import foreach_stack, iteration_stack, stack_metadata
from .state import FlowState

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ..flowspec import FlowSpec
    from .loading import Loaded
    from .surroundings import Surroundings
    from .wire import Channel


class Outcome:
    """How an attempt ended, apart from its artifacts."""

    def __init__(self) -> None:
        self.exit = 0
        self.error: dict[str, Any] | None = None


def main(loaded: Loaded, spec: dict[str, Any], channel: Channel) -> None:
    """Run the attempt, report it, and end this process."""
    clock.start()
    mark = last_imported()
    process.disown_finalizers()
    witness.watch_forks()
    # A process that the user's code forks must not keep the channel open.
    os.register_at_fork(after_in_child=channel.close)
    notice.connect(channel)
    loaded.seeds.refresh()
    os.environ["METAFLOW_RUN_ID"] = spec["run_id"]
    for name in spec.get("unset") or ():
        os.environ.pop(name, None)
    os.environ.update(spec.get("env") or {})
    if spec["kind"] in ("parameters", "overrides"):
        done = run_parameters.evaluate(loaded, spec)
    elif spec["kind"] == "after_run":
        from . import after_run

        done = after_run.run(loaded, spec)
    else:
        attempt = Task(loaded.flow, spec, channel, loaded.around)
        done = attempt.run()
        done["imports"] = ahead.worth_importing_again(imported_since(mark), loaded.project)
        channel.send(done)
        if done["renders"]:
            # Those cards read what the task has left, so that it has to be stored first.
            if channel.wait("stored"):
                attempt.hooks.render_cards()
            channel.send({"t": "rendered"})
        attempt.hooks.finished(done["ok"])
        process.finish(done["exit"])
    channel.send(done)
    process.finish(done["exit"])


class Task:
    """An attempt of a step."""

    def __init__(
        self, flow: FlowSpec, spec: dict[str, Any], channel: Channel, around: Surroundings | None = None
    ) -> None:
        self.flow = flow
        self.spec = spec
        self.channel = channel
        self.step: str = spec["step"]
        self.node: dict[str, Any] = spec["node"]
        self.reads = Reads()
        common = spec.get("common") or {}
        for item in spec["inputs"]:
            item["objects"] = {**common, **item["objects"]}
        self.inputs = [TaskInput(index, item, self.reads) for index, item in enumerate(spec["inputs"])]
        self.is_join: bool = self.node["join"]
        if self.is_join:
            # How many tasks it brings together, and of which steps, a join sees without reading any artifact of theirs.
            for source in self.inputs:
                source.note(self.reads, "_current_step")
        # Of an unbounded foreach: it brings together the tasks that do the work.
        self.is_control: bool = spec.get("ubf") == UBF_CONTROL
        self.outcome = Outcome()
        function = getattr(type(flow), self.step)
        self.reads.beside = dict(getattr(function, "config_reads", {}))
        self.hooks = Hooks(self, function.decorators, around)

    def run(self) -> dict[str, Any]:
        """Everything up to the message that reports the end."""
        self.enter_current()
        flow = self.flow
        flow._current_step = self.step
        flow._success = False
        flow._task_ok = None
        flow._exception = None
        if self.is_control:
            from . import gang

            gang.enter(self.channel)
        try:
            self.prepare()
            self.hooks.enter()
            self.execute()
        except Exception as error:
            self.failed(error)
        except SystemExit as exit:
            self.left(exit)
        except KeyboardInterrupt:
            sys.stderr.write("Aborted!\n")
            self.outcome.exit = 1
        except BaseException as error:
            self.failed(error)
            flow._task_ok = None
        finally:
            self.hooks.stop_alarms()
        if self.is_control:
            self.finish_control()
        return self.store()

    def begin(self) -> None:
        """What there is to know of the task, even if its process does not come to its end."""
        records, self.hooks.metadata.records = self.hooks.metadata.records, []
        meta = stack_metadata(self.flow._foreach_stack)
        self.channel.send({"t": "begin", "pid": os.getpid(), "meta": meta, "records": records})

    def finish_control(self) -> None:
        """A control task need not have called `next`; the join needs to know whose outputs it gets."""
        flow = self.flow
        flow._transition = (list(self.node["next"]), None)
        mappers = flow.__dict__.get("_control_mapper_tasks")
        if flow._task_ok and not (isinstance(mappers, list) and mappers and isinstance(mappers[0], str)):
            flow._success = False
            self.failed(
                MetaflowInternalError(
                    f"The control task of step *{self.step}* did not name the tasks that the join gets: "
                    "*_control_mapper_tasks* has to be a list of their pathspecs."
                )
            )

    def enter_current(self) -> None:
        spec = self.spec
        current._set_env(
            flow=self.flow,
            run_id=spec["run_id"],
            step_name=self.step,
            task_id=spec["task_id"],
            retry_count=spec["attempt"],
            origin_run_id=spec.get("origin_run_id"),
            username=spec.get("user"),
            tags=set(spec.get("tags") or ()),
            metadata_str=_metadata_str(spec),
        )
        # Asks for the configuration, which few steps do.
        current._update_later("namespace", resolve_identity)
        current._client_namespace = spec.get("namespace") or None
        current._update_env({"tempdir": spec.get("tempdir") or "."})

    def prepare(self) -> None:
        """Give the flow its inputs, its place in foreach and loop, its parameters."""
        flow, inputs = self.flow, self.inputs
        if not inputs:
            raise MetaflowDataMissing(f"Step *{self.step}* was started without inputs.")
        if self.spec.get("set") or self.spec.get("artifacts_module"):
            from .overrides import replace_artifacts

            replace_artifacts(type(flow), inputs, self.spec, self.is_join)
        parameters, constants = protect(type(flow))
        # Known to the split alone, and not inherited from it.
        flow._foreach_var = None
        flow._foreach_num_splits = None
        flow._foreach_stack = foreach_stack(self.spec, inputs)
        flow._iteration_stack = iteration_stack(self.spec, inputs)
        first = inputs[0]
        state = FlowState(None if self.is_join else first, self.is_join, self.reads)
        flow.__dict__["__mf__"] = state
        state.first = first
        if self.is_join:
            # A join starts empty but for what is the same in the whole run.
            for name in (*parameters, *constants, "_graph_info"):
                if name in first:
                    state.taken[name] = first
        current._update_env({"parameter_names": parameters})
        current._update_later("graph", self.graph)
        # The same under the name that Metaflow gives it in tasks.
        current._update_later("graph_info", lambda: current.graph)

    def graph(self) -> Any:
        """The flow's graph, as the run has it."""
        return self.spec.get("graph") or self.inputs[0].get("_graph_info")

    def execute(self) -> None:
        self.hooks.before()
        self.begin()
        step = getattr(self.flow, self.step)
        function = self.hooks.decorate(step)
        inputs = Inputs([self.input_flow(source) for source in self.inputs]) if self.is_join else None
        if step.wrappers:
            from ..user_decorators.execution import run_wrapped

            run_wrapped(self.flow, self.step, step.wrappers, function, inputs, self.node)
        elif inputs is not None:
            function(inputs)
        else:
            function()
        self.hooks.after()
        self.flow._task_ok = True
        self.flow._success = True

    def input_flow(self, source: TaskInput) -> FlowSpec:
        """An input of a join: a flow object whose attributes are the artifacts of that task."""
        kind = type(self.flow)
        flow = kind.__new__(kind)
        flow.__dict__.update(
            {
                "name": self.flow.name,
                "_current_step": source.step,
                "_transition": None,
                "__mf__": FlowState(source, reads=self.reads),
            }
        )
        return flow

    def is_unbounded(self) -> bool:
        """Whether the step splits into tasks whose number is not known yet."""
        flow = self.flow
        foreach = flow._transition[1] if flow._transition else None
        return foreach is not None and flow.__dict__.get("_foreach_num_splits") is None

    def failed(self, error: BaseException) -> None:
        from .errors import describe_exception, print_user

        flow = self.flow
        self.hooks.stop_alarms()
        if isinstance(error, Exception) and self.hooks.catches(error):
            flow._task_ok = True
            return
        flow._task_ok = False
        flow._exception = MetaflowExceptionWrapper(error)
        self.outcome.exit = 1
        self.outcome.error = describe_exception(error)
        process.flush()
        try:
            name = str(flow)
        except Exception:
            # The text of the task's item is the user's code, too.
            name = f"<flow {flow.name} step {self.step}>"
        sys.stderr.write(f"{name} failed:\n")
        print_user(error)

    def left(self, exit: SystemExit) -> None:
        """`sys.exit` in user code: the code counts, the task is neither good nor failed."""
        from .errors import describe_exception

        code = exit.code
        if code is None:
            code = 0
        elif not isinstance(code, int):
            sys.stderr.write(f"{code}\n")
            code = 1
        self.outcome.exit = code & 0xFF
        if self.outcome.exit:
            self.outcome.error = describe_exception(exit)

    def store(self) -> dict[str, Any]:
        """Write the artifacts, show the cards, and make the last message."""
        flow, spec = self.flow, self.spec
        done = {
            "t": "done",
            "ok": flow._task_ok,
            "success": flow._success,
            "exit": self.outcome.exit,
            "renders": False,
            "objects": {},
            "transition": flow._transition,
            "num_splits": flow.__dict__.get("_foreach_num_splits"),
            "foreach_var": flow.__dict__.get("_foreach_var"),
            "foreach_stack": [list(frame) for frame in flow.__dict__.get("_foreach_stack", ())],
            "iteration_stack": flow.__dict__.get("_iteration_stack", []),
            "error": self.outcome.error,
            "unpicklable": None,
            "no_room": None,
            "unbounded": self.is_unbounded(),
            "mappers": flow.__dict__.get("_control_mapper_tasks", []) if self.is_control and flow._task_ok else [],
            "meta": stack_metadata(flow.__dict__.get("_foreach_stack", ())),
            "records": self.hooks.metadata.records,
        }
        clock.enter("persist")
        try:
            with Spool(spec["spool"], spec.get("overflow")) as spool:
                done["objects"] = persist.store(flow, self.inputs, spool)
            # What is stored may have been read for it.
            done["reads"] = {**self.reads.report(), "current": list(current._asked)}
        except Unpicklable as problem:
            sys.stderr.write(f"The artifact '{problem.name}' of {problem.type} cannot be pickled: {problem.reason}\n")
            done["unpicklable"] = {"name": problem.name, "type": problem.type, "reason": problem.reason}
            done.update(ok=False, success=False, exit=1)
            return done
        except NoRoom as problem:
            done["no_room"] = f"{problem.headline}: {problem}"
            done.update(ok=False, success=False, exit=1, objects={})
            return done
        if flow._task_ok:
            clock.enter("cards")
            done["renders"] = self.hooks.finish_cards()
        done["timing"] = clock.milliseconds()
        return done


def _metadata_str(spec: dict[str, Any]) -> str | None:
    """Where the client finds this task."""
    if not spec.get("files"):
        return None
    # <root>/data/<flow>
    root = os.path.dirname(os.path.dirname(spec["files"]))
    above, name = os.path.split(root)
    kind = "spin" if spec.get("mode") == "spin" else "local"
    usual = name == (".metaflow_spin" if kind == "spin" else ".metaflow")
    return f"{kind}@{above if usual else 'root:' + root}"

"""What the decorators of a step do around its code, in the process of its task."""

from __future__ import annotations

import os

from .. import _roots
from ..metaflow_current import current
from ..system_context import TASK
from .lifecycle import is_overridden
from .place import at_step
from .surroundings import Metadata, Surroundings, TaskDatastore

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from .task import Task

# A spin looks at one step's code by itself, so what only matters in a run (retry, catch) is left out there.
_IN_SPIN = frozenset(("card", "conda", "environment", "project", "pypi", "secrets", "timeout"))

# Seconds after which a file of the task that is not there never will be.
_PATIENCE = 5


class CLIArgs:
    """What `runtime_step_cli` may change: variables and options of the task's process."""

    def __init__(self, task: Task, given: dict[str, Any], datastore_root: str | None) -> None:
        import sys

        spec = task.spec
        self.task = task
        self.entrypoint = [sys.executable, sys.argv[0]]
        self.top_level_options: dict[str, Any] = {
            "quiet": True,
            "metadata": "local",
            "environment": "local",
            "datastore": "local",
            "pylint": False,
            "event-logger": "nullSidecarLogger",
            "monitor": "nullSidecarMonitor",
            "datastore-root": datastore_root,
            "with": [],
            **given,
        }
        self.commands = ["step"]
        self.command_args = [task.step]
        self.command_options: dict[str, Any] = {
            "run-id": spec["run_id"],
            "task-id": spec["task_id"],
            "input-paths": ",".join(source.pathspec for source in task.inputs),
            "split-index": spec.get("split_index"),
            "retry-count": spec["attempt"],
            "max-user-code-retries": spec["max_user_retries"],
            "tag": set(spec.get("tags") or ()),
            "namespace": spec.get("namespace") or "",
            "ubf-context": spec.get("ubf"),
        }
        self.env: dict[str, str] = {}


class Hooks:
    """The decorators of one attempt."""

    def __init__(self, task: Task, decorators: list[Any], around: Surroundings | None) -> None:
        self.task = task
        spec = task.spec
        if spec.get("skip_decorators"):
            decorators = []
        elif spec.get("mode") == "spin":
            decorators = [decorator for decorator in decorators if decorator.name in _IN_SPIN]
        self.decorators = decorators
        self.cards: Any = None
        self.root = os.path.dirname(os.path.dirname(spec["files"])) if spec.get("files") else None
        if spec.get("mode") == "run":
            # The client in the task finds its run, wherever `--datastore-root` has put that.
            _roots.choose(self.root)
        self.around = around or Surroundings(task.flow, self.root)
        self.around.flow_datastore._root = self.root or self.around.flow_datastore._root
        # Tags are the run's by now; records are to be the task's own.
        self.metadata = Metadata()
        self.metadata.sticky_tags = set(spec.get("tags") or ())
        self.store = TaskDatastore(
            task.flow.name, spec["run_id"], task.step, spec["task_id"], spec["attempt"], self.root
        )
        self._counts = (spec["attempt"], spec["max_user_retries"])
        self.around.know(task.step, task.node)

    def call(self, decorator: Any, hook: str, arguments: Callable[[Any], tuple]) -> Any:
        """A hook, unless the decorator has left it as it is; the arguments are made for those that have not."""
        if not is_overridden(decorator, hook):
            return None
        with at_step(getattr(type(self.task.flow), self.task.step)):
            return getattr(decorator, hook)(*arguments(self.around.graph_for(decorator)))

    def enter(self) -> None:
        """The hooks that in Metaflow prepare the task's process; here it is there already."""
        spec, task, flow = self.task.spec, self.task, self.task.flow
        context = self.around.context
        inputs = [source.pathspec for source in task.inputs]
        split, ubf = spec.get("split_index"), spec.get("ubf")
        context._update(
            run_id=spec["run_id"],
            task_id=spec["task_id"],
            split_index=split,
            is_cloned=False,
            ubf_context=ubf,
            task_datastore=self.store,
            input_paths=inputs,
            retry_count=spec["attempt"],
            max_user_code_retries=spec["max_user_retries"],
            metadata=self.metadata,
            inputs=task.inputs,
        )
        for decorator in self.decorators:
            if decorator.runtime_init_ctx is not None:
                decorator.runtime_init_ctx(task.step)
            else:
                self.call(decorator, "runtime_init", lambda graph: (flow, graph, None, spec["run_id"]))
        for decorator in self.decorators:
            if decorator.runtime_task_created_ctx is not None:
                decorator.runtime_task_created_ctx(task.step)
            else:
                self.call(
                    decorator,
                    "runtime_task_created",
                    lambda _graph: (self.store, spec["task_id"], split, inputs, False, ubf),
                )
        self._step_cli(ubf)
        context._update(_phase=TASK)
        # The engine registers the task while its process starts; from here on somebody may look for it.
        self._await("_meta", "_self.json")

    def _step_cli(self, ubf: str | None) -> None:
        arguments: CLIArgs | None = None
        for decorator in self.decorators:
            if decorator.runtime_step_cli_ctx is None and not is_overridden(decorator, "runtime_step_cli"):
                continue
            if arguments is None:
                arguments = CLIArgs(self.task, self._top_level_options(), self.root)
            if decorator.runtime_step_cli_ctx is not None:
                decorator.runtime_step_cli_ctx(self.task.step, arguments)
            else:
                decorator.runtime_step_cli(arguments, *self._counts, ubf)
        if arguments is not None:
            os.environ.update((str(name), str(value)) for name, value in arguments.env.items())
            self._counts = (self._counts[0], int(arguments.command_options.get("max-user-code-retries") or 0))

    def _top_level_options(self) -> dict[str, Any]:
        from ..decorators import flow_decorators

        given: dict[str, Any] = {}
        for decorator in flow_decorators(type(self.task.flow)):
            given.update(decorator.get_top_level_options())
        return given

    def before(self) -> None:
        """Just ahead of the user's code."""
        spec, task = self.task.spec, self.task
        cards = [decorator for decorator in self.decorators if decorator.name == "card"]
        if cards:
            from .._cards.collector import CardCollector
            from .._cards.render import Renderer

            store = ("spin" if spec.get("mode") == "spin" else "local", self.root)
            renderer = Renderer(task.flow, current.pathspec, task.graph, store)
            self.cards = CardCollector(cards, task.channel, renderer)
            current._update_env({"card": self.cards})
        for decorator in self.decorators:
            if decorator.task_pre_step_ctx is not None:
                decorator.task_pre_step_ctx(task.step)
                continue
            self.call(
                decorator,
                "task_pre_step",
                lambda graph: (
                    task.step,
                    self.store,
                    self.metadata,
                    spec["run_id"],
                    spec["task_id"],
                    task.flow,
                    graph,
                    *self._counts,
                    spec.get("ubf"),
                    task.inputs,
                ),
            )

    def decorate(self, function: Callable) -> Callable:
        """What is to run in place of the step's function; the decorator that was written last is outermost."""
        ubf = self.task.spec.get("ubf")
        for decorator in self.decorators:
            if decorator.task_decorate_ctx is not None:
                function = decorator.task_decorate_ctx(self.task.step, function)
            elif is_overridden(decorator, "task_decorate"):
                graph = self.around.graph_for(decorator)
                function = decorator.task_decorate(function, self.task.flow, graph, *self._counts, ubf)
        return function

    def after(self) -> None:
        """The user's code has come to its end without an exception."""
        task = self.task
        for decorator in self.decorators:
            if decorator.task_step_completed_ctx is not None:
                decorator.task_step_completed_ctx(task.step)
            else:
                self.call(decorator, "task_post_step", lambda graph: (task.step, task.flow, graph, *self._counts))

    def catches(self, error: Exception) -> bool:
        """Whether a decorator takes the exception; all of them hear of it."""
        task, handled = self.task, False
        for decorator in self.decorators:
            if decorator.task_step_completed_ctx is not None:
                result = decorator.task_step_completed_ctx(task.step, exception=error)
            else:
                result = self.call(
                    decorator, "task_exception", lambda graph: (error, task.step, task.flow, graph, *self._counts)
                )
            handled = bool(result) or handled
        return handled

    def stop_alarms(self) -> None:
        """From here on the step is no longer held to its time."""
        for decorator in self.decorators:
            if decorator.name == "timeout":
                decorator.stop()

    def finish_cards(self) -> bool:
        """Send the last state of the cards; whether there are some to be rendered once the task is stored."""
        if self.cards is None:
            return False
        self.cards.finish()
        return self.cards.needs_rendering

    def render_cards(self) -> None:
        """Render the cards that render themselves."""
        try:
            self.cards.render()
        except Exception as error:
            from .errors import print_user

            # As the task is stored, and good.
            print_user(error)

    def finished(self, is_task_ok: bool | None) -> None:
        """The engine has been told of the task's end."""
        task = self.task
        waited = not is_task_ok
        for decorator in self.decorators:
            simplified = decorator.task_finished_ctx
            if simplified is None and not is_overridden(decorator, "task_finished"):
                continue
            if not waited:
                self._await_stored()
                waited = True
            if simplified is not None:
                simplified(task.step, is_task_ok)
            else:
                graph = self.around.graph_for(decorator)
                decorator.task_finished(task.step, task.flow, graph, is_task_ok, *self._counts)

    def _await_stored(self) -> None:
        """The hook may read the task's artifacts, which the engine stores while this process goes on.

        Of a task that failed it stores them after the process has ended, so nothing waits for that.
        """
        self._await(f"{self.store.attempt}.DONE.lock")

    def _await(self, *name: str) -> None:
        """Until that file of the task is there; in a store that is no directory nobody can wait for it."""
        if self.root is None:
            return
        store = self.store
        path = os.path.join(self.root, store.flow_name, store.run_id, store.step_name, store.task_id, *name)
        if os.path.exists(path) or not os.path.isdir(self.root):
            return
        import time

        end = time.monotonic() + _PATIENCE
        while not os.path.exists(path) and time.monotonic() < end:
            time.sleep(0.0005)

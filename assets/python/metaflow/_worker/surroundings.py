"""What hooks are handed beside the flow: environment, datastore, metadata, graph, ways to write a line.

They answer what decorators ask of Metaflow's own objects; storing things stays with the engine.
"""

from __future__ import annotations

import os
from types import SimpleNamespace

from ..metaflow_environment import MetaflowEnvironment
from ..system_context import LAUNCH, system_context

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ..flowspec import FlowSpec

_OWN = __name__.partition(".")[0]


class Datastore:
    """Stands for the local datastore."""

    TYPE = "local"

    def __init__(self, flow_name: str, root: str | None = None) -> None:
        self.flow_name = flow_name
        self._root = root

    @property
    def datastore_root(self) -> str:
        if self._root is None:
            from .._roots import local_root

            self._root = local_root()
        return self._root


class TaskDatastore:
    """Stands for what a task will have stored."""

    def __init__(self, flow: str, run_id: str, step: str, task_id: str, attempt: int, root: str | None) -> None:
        self.flow_name = flow
        self.run_id = run_id
        self.step_name = step
        self.task_id = task_id
        self.attempt = attempt
        self.parent_datastore = Datastore(flow, root)

    @property
    def pathspec(self) -> str:
        return f"{self.run_id}/{self.step_name}/{self.task_id}"


class Metadata:
    """Stands for the local metadata provider; what is registered goes to the engine with the task's end."""

    TYPE = "local"

    def __init__(self) -> None:
        self.sticky_tags: set[str] = set()
        self.sticky_sys_tags: list[str] = []
        self.records: list[dict[str, Any]] = []

    def add_sticky_tags(self, tags: Any = (), sys_tags: Any = ()) -> None:
        """Tags of the run, and such as users cannot change."""
        self.sticky_tags.update(tags or ())
        self.sticky_sys_tags += [tag for tag in sys_tags or () if tag not in self.sticky_sys_tags]

    def register_metadata(self, run_id: str, step_name: str, task_id: str, metadata: list[Any]) -> None:
        """Records of the running task."""
        for datum in metadata:
            self.records.append({"field": datum.field, "type": datum.type, "value": _plain(datum.value)})

    def metadata_str(self) -> str:
        return f"{self.TYPE}@{os.getcwd()}"


def _plain(value: object) -> Any:
    return value if value is None or isinstance(value, (str, int, float, list, dict)) else str(value)


class Graph:
    """The flow's graph, made when a hook looks at it; of the running step more is known without it."""

    def __init__(self, flow: FlowSpec, known: dict[str, Any] | None = None) -> None:
        self._flow = flow
        self._known = known or {}

    def __getitem__(self, step: str) -> Any:
        return self._known.get(step) or self._flow._graph[step]

    def __getattr__(self, name: str) -> Any:
        return getattr(self._flow._graph, name)

    def __iter__(self) -> Any:
        return iter(self._flow._graph)

    def __contains__(self, step: object) -> bool:
        return step in self._flow._graph


class Surroundings:
    """Everything of one process."""

    def __init__(self, flow: FlowSpec, root: str | None = None) -> None:
        self.flow = flow
        self.environment = MetaflowEnvironment(flow)
        self.flow_datastore = Datastore(flow.name, root)
        self.metadata = Metadata()
        # Lines for the user from before the run: said once, when it starts.
        self.notices: list[str] = []
        self.graph = Graph(flow)
        self.context = system_context
        system_context._update(
            _phase=LAUNCH,
            flow=flow,
            graph=self.graph,
            environment=self.environment,
            flow_datastore=self.flow_datastore,
            metadata=self.metadata,
            logger=self.logger,
        )

    def know(self, step: str, node: dict[str, Any]) -> None:
        """What the engine says of the running step's place in the graph."""
        self.graph._known[step] = SimpleNamespace(
            name=step, type=node["type"], out_funcs=node["next"], split_parents=node["split_parents"]
        )

    def graph_for(self, decorator: object) -> Any:
        """Our own decorators look at the running step at most; others get the real graph."""
        if type(decorator).__module__.partition(".")[0] == _OWN:
            return self.graph
        return self.flow._graph

    def logger(
        self,
        body: object = "",
        system_msg: bool = False,
        head: str = "",
        bad: bool = False,
        timestamp: object = True,
        nl: bool = True,
    ) -> None:
        """A line for the user: of the run before it starts, of the task's log later."""
        text = f"{head}{body}"
        if self.context.is_launch:
            self.notices.append(text)
        else:
            print(text, end="\n" if nl else "")

    def echo(self, line: object = "", **_style: object) -> None:
        """A line about the run, which tasks do not repeat."""
        if self.context.is_launch:
            self.notices.append(str(line).replace("*", ""))

"""The card types that come with the package, as classes: for extensions that derive from them, and for rare types.

The pages of `default` and `blank` themselves are made by the engine. So is what a page made here looks like: it brings
its components as data, and the engine puts their HTML in (`PLACE`).
"""

from __future__ import annotations

from .card import MetaflowCard
from .parts import LogComponent, PageComponent, SectionComponent

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# The engine knows these characters: here the HTML of the components goes.
PLACE = '<main class="card_app" data-from="python"></main>'

_PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
</head>
<body>
{place}
<script>
var METAFLOW_RELOAD_TOKEN = "{token}"
var mfCardDataId = "{data_id}";
window.__MF_DATA__ = window.__MF_DATA__ || {{}};
window.__MF_DATA__["{data_id}"] = "{data}"
{update}</script>
</body>
</html>
"""

_OVER = "window.metaflow_card_update = undefined;\n"


def page(task: Any, card: dict[str, Any], is_final: bool = True) -> str:
    """A page that brings the JSON of a card."""
    import base64
    import html
    import json
    import uuid

    return _PAGE.format(
        title=html.escape(task.pathspec),
        place=PLACE,
        token=MetaflowCard.RELOAD_POLICY_TOKEN,
        data_id=uuid.uuid4(),
        data=base64.b64encode(json.dumps(card).encode()).decode(),
        update=_OVER if is_final else "",
    )


def transform_flow_graph(graph: dict[str, Any]) -> dict[str, Any]:
    """The graph as the DAG component has it, from `_graph_info` or from the steps alone."""
    if "steps" in graph and "start_step" in graph and "end_step" in graph:
        steps, start, end = graph["steps"], graph["start_step"], graph["end_step"]
    else:
        steps = graph
        start, end = ("start" if "start" in graph else None), ("end" if "end" in graph else None)
    return {
        "steps": {name: _node(about) for name, about in steps.items()},
        "start_step": start,
        "end_step": end,
    }


_NODE_TYPES = {
    **{name: name for name in ("linear", "start", "end", "join", "split")},
    "split-parallel": "foreach",
    "split-foreach": "foreach",
    "split-switch": "switch",
}


def _node(about: dict[str, Any]) -> dict[str, Any]:
    kind = _NODE_TYPES.get(about["type"], "unknown")
    node = {
        "type": kind,
        "box_next": about["type"] not in ("linear", "join"),
        "box_ends": about.get("matching_join"),
        "next": about["next"],
        "doc": about["doc"],
    }
    if kind == "switch":
        node.update((key, about[key]) for key in ("condition", "switch_cases") if key in about)
    return node


class _OnChange(MetaflowCard):
    """Cards whose page is loaded anew when their components are other ones."""

    RELOAD_POLICY = MetaflowCard.RELOAD_POLICY_ONCHANGE

    def reload_content_token(self, task: Any, data: Any) -> str:
        return "final" if task.finished else f"runtime-{data['component_update_ts']}"


class _TaskCard(MetaflowCard):
    """Cards about all of a task."""

    def __init__(
        self,
        options: Any = None,
        components: Any = None,
        graph: Any = None,
        graph_info: Any = None,
        flow: Any = None,
        **_: Any,
    ) -> None:
        options = options or {}
        source = graph_info if graph_info is not None else graph
        self._graph = None if source is None else transform_flow_graph(source)
        self._only_repr = options.get("only_repr", True)
        self._max_artifact_size = options.get("max_artifact_size")
        self._flow = flow
        self._components = list(components or ())

    def _json(self, task: Any, runtime: bool = False) -> dict[str, Any]:
        from .task_info import TaskInfoComponent

        return TaskInfoComponent(
            task,
            only_repr=self._only_repr,
            graph=self._graph,
            components=self._components,
            runtime=runtime,
            flow=self._flow,
            max_artifact_size=self._max_artifact_size,
        ).render()


class DefaultCard(_TaskCard, _OnChange):
    """What the task was, its code, its parameters and artifacts, below the components of the user."""

    type = "default"
    ALLOW_USER_COMPONENTS = True
    RUNTIME_UPDATABLE = True

    def render(self, task: Any, runtime: bool = False) -> str:
        return page(task, self._json(task, runtime), not runtime)

    def render_runtime(self, task: Any, data: Any) -> str:
        return self.render(task, runtime=True)

    def refresh(self, task: Any, data: Any) -> Any:
        return data["components"]


class DefaultCardJSON(_TaskCard):
    """The data of the default card."""

    type = "default_json"

    def render(self, task: Any) -> str:
        import json

        return json.dumps(self._json(task))


class BlankCard(_OnChange):
    """The components of the user, and nothing else."""

    type = "blank"
    ALLOW_USER_COMPONENTS = True
    RUNTIME_UPDATABLE = True

    def __init__(self, options: Any = None, components: Any = None, graph: Any = None, **_: Any) -> None:
        self._graph = None if graph is None else transform_flow_graph(graph)
        self._title = (options or {}).get("title", "")
        self._components = list(components or ())

    def render(self, task: Any, components: Any = None, runtime: bool = False) -> str:
        contents = [*(components if type(components) is list else ()), *self._components]
        content = PageComponent(title=self._title, contents=contents).render()
        return page(task, {"metadata": {"pathspec": task.pathspec}, "components": [content]}, not runtime)

    def render_runtime(self, task: Any, data: Any) -> str:
        return self.render(task, runtime=True)

    def refresh(self, task: Any, data: Any) -> Any:
        return data["components"]


class ErrorCard(_OnChange):
    """Says why there is no other card."""

    type = "error"

    def __init__(
        self, options: Any = None, components: Any = None, graph: Any = None, graph_info: Any = None, **_: Any
    ) -> None:
        self._components = list(components or ())

    def render(self, task: Any, stack_trace: str | None = None) -> str:
        trace = LogComponent(data=str(stack_trace))
        section = SectionComponent(title="Card Render Failed With Error", contents=[trace])
        content = PageComponent(title="Error Card", contents=[section]).render()
        return page(task, {"metadata": {"pathspec": task.pathspec}, "components": [content]})


class TaskSpecCard(MetaflowCard):
    """The pathspec of the task."""

    type = "taskspec_card"

    def render(self, task: Any) -> str:
        return f"{task.pathspec}"

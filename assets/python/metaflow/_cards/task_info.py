"""The default card's data, from the client: for card types that build on it. The engine makes its own for its pages."""

from __future__ import annotations

from .base import MetaflowCardComponent
from .native import TaskToDict
from .parts import (
    ArtifactsComponent,
    DagComponent,
    ImageComponent,
    MarkdownComponent,
    PageComponent,
    PythonCodeComponent,
    SectionComponent,
    TableComponent,
    TitleComponent,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class TaskInfoComponent(MetaflowCardComponent):
    """All that a card says of a task."""

    def __init__(
        self,
        task: Any,
        page_title: str = "Task Info",
        only_repr: bool = True,
        graph: Any = None,
        components: Any = (),
        runtime: bool = False,
        flow: Any = None,
        max_artifact_size: int | None = None,
    ) -> None:
        self._task = task
        self._page_title = page_title
        self._to_dict = TaskToDict(only_repr=only_repr, runtime=runtime, max_artifact_size=max_artifact_size)
        self._graph = graph
        self._components = components
        self.runtime = runtime
        self.flow = flow
        # What `render` has made, for who wants a part of it.
        self.final_component: dict[str, Any] | None = None
        self.page_component: dict[str, Any] | None = None

    def render(self) -> dict[str, Any]:
        run = self._task.parent.parent
        known = self._to_dict(self._task, graph=self._graph)
        known["data"].pop("name", None)
        parameters = self._parameters(run)
        artifacts = [entry for name, entry in known["data"].items() if name not in parameters]
        sections = [
            _section("Task Metadata", self._about(run, known)),
            _section("Task Code", TableComponent(data=[[self._code()]])),
            _section("Flow Parameters", _artifacts(list(parameters.values()), "No Parameters")),
            _section("Artifacts", _artifacts(artifacts, "No Artifacts")),
        ]
        if known["tables"]:
            tables = [_table(name, table) for name, table in known["tables"].items()]
            sections.append(SectionComponent(title="Tabular Data", contents=tables))
        if known["images"]:
            images = [ImageComponent(src=source, label=name) for name, source in known["images"].items()]
            sections.append(SectionComponent(title="Image Data", columns=len(images), contents=images))
        sections.append(_section("DAG", DagComponent(data=known["graph"])))
        self.page_component = PageComponent(title=self._page_title, contents=[*self._components, *sections]).render()
        self.final_component = {
            "metadata": self._metadata(run, known),
            "components": [TitleComponent(text=known["pathspec"]).render(), self.page_component],
        }
        return self.final_component

    def _metadata(self, run: Any, known: dict[str, Any]) -> dict[str, Any]:
        metadata = {"version": 1, "template": "defaultCardTemplate"}
        versions = [tag for tag in run.tags if tag.startswith("metaflow_version:")]
        if versions:
            metadata["metaflow_version"] = versions[0].partition(":")[2]
        return {
            **metadata,
            **{key: known[key] for key in ("stderr", "stdout", "created_at", "finished_at", "pathspec")},
        }

    def _about(self, run: Any, known: dict[str, Any]) -> TableComponent:
        task = self._task
        rows = {
            "Task Created On": known["created_at"],
            "Task Finished On": known["finished_at"],
            "Tags": ", ".join(run.tags),
            "Attempt": task.current_attempt,
        }
        if not self.runtime and task.finished_at is not None:
            rows["Task Duration"] = str(task.finished_at - task.created_at).partition(".")[0]
        users = [tag for tag in run.tags if tag.startswith("user:")]
        if users:
            rows["User"] = users[0].partition(":")[2]
        return TableComponent(headers=list(rows), data=[list(rows.values())], vertical=True)

    def _parameters(self, run: Any) -> dict[str, Any]:
        """The parameters by name; a spin has none of its own."""
        if "_parameters" not in run:
            return {}
        task = run["_parameters"].task
        values = self._to_dict(task, graph=self._graph)["data"]
        return {name: entry for name, entry in values.items() if name != "name"}

    def _code(self) -> dict[str, Any]:
        import inspect

        return PythonCodeComponent(inspect.getsource(getattr(self.flow, self._task.parent.id))).render()


def _section(title: str, content: Any) -> SectionComponent:
    return SectionComponent(title=title, contents=[content])


def _artifacts(entries: list[Any], otherwise: str) -> MetaflowCardComponent:
    return ArtifactsComponent(data=entries) if entries else TitleComponent(text=otherwise)


def _table(name: str, table: dict[str, Any]) -> SectionComponent:
    rows, columns = table["full_size"]
    contents: list[Any] = [TableComponent(headers=table["headers"], data=table["data"])]
    title = f"Artifact Name: {name}"
    if table["truncated"]:
        title += f" ({columns} columns and {rows} rows)"
        contents.append(MarkdownComponent(f"_Truncated - {rows - len(table['data'])} rows not shown_"))
    return SectionComponent(title=title, contents=contents)

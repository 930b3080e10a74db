"""`@trigger` and `@trigger_on_finish`: what starts the deployed flow; here `--trigger` says it."""

from __future__ import annotations

from metaflow._decorator_base import FlowDecorator
from metaflow.exception import MetaflowException
from metaflow.metaflow_current import current

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class TriggerDecorator(FlowDecorator):
    """Names the events that start the flow."""

    name = "trigger"
    defaults = {"event": None, "events": [], "options": {}}

    def flow_init(self, flow, graph, environment, flow_datastore, metadata, logger, echo, options) -> None:
        events = _one_or_many(self, "event", "events")
        names = [_name_of(event) for event in events]
        fixed = [name for name in names if isinstance(name, str)]
        if len(fixed) != len(set(fixed)):
            raise MetaflowException("@trigger names the same event twice.")
        self.triggers = [event if isinstance(event, dict) else {"name": event} for event in events]
        self.options = self.attributes["options"]


class TriggerOnFinishDecorator(FlowDecorator):
    """Names the flows whose end starts this one."""

    name = "trigger_on_finish"
    options = {
        "trigger": {
            "multiple": True,
            "default": None,
            "help": "A run, as Flow/run: as if its end had started this one.",
        }
    }
    defaults = {"flow": None, "flows": [], "options": {}}

    def flow_init(self, flow, graph, environment, flow_datastore, metadata, logger, echo, options) -> None:
        flows = _one_or_many(self, "flow", "flows")
        self.triggers = [_upstream(one) for one in flows if not callable(one)]
        self._options = dict(options)
        given = options["trigger"]
        if given:
            from metaflow import Run
            from metaflow.events import Trigger

            runs = [Run(_checked(pathspec), _namespace_check=False) for pathspec in given]
            for run in runs:
                if not run.successful:
                    raise MetaflowException(f"--trigger {run.pathspec}: this run has not come to a good end.")
            current._update_env({"trigger": Trigger.from_runs(runs)})

    def get_top_level_options(self) -> list:
        return list(self._options.items())


def _one_or_many(decorator: FlowDecorator, one: str, many: str) -> list[Any]:
    single, several = decorator.attributes[one], decorator.attributes[many]
    if single and several:
        raise MetaflowException(f"@{decorator.name} takes either {one} or {many}, not both.")
    found = [single] if single else [several] if callable(several) else several
    if not isinstance(found, list):
        raise MetaflowException(f"@{decorator.name} takes a list as {many}: @{decorator.name}({many}=['a', 'b']).")
    if not found:
        raise MetaflowException(f"@{decorator.name} has nothing to wait for: give {one} or {many}.")
    return found


def _name_of(event: Any) -> Any:
    """The name of an event; a function gives it when the flow is deployed, which is never here."""
    if isinstance(event, str) or callable(event):
        return event
    if not isinstance(event, dict):
        raise MetaflowException("@trigger: an event is a text, or a dictionary with its name and parameters.")
    if "name" not in event:
        raise MetaflowException("@trigger: an event has no 'name'.")
    parameters = event.get("parameters", {})
    if callable(parameters):
        return event["name"]
    if isinstance(parameters, dict):
        pairs = list(parameters.items())
    elif isinstance(parameters, (list, tuple)):
        pairs = [one if isinstance(one, tuple) and len(one) == 2 else (one, one) for one in parameters]
    else:
        pairs = [(parameters, None)]
    if not all(isinstance(key, str) and isinstance(value, str) for key, value in pairs):
        raise MetaflowException(f"@trigger: 'parameters' of the event {event['name']} maps texts to texts.")
    return event["name"]


def _upstream(flow: Any) -> dict[str, Any]:
    """A flow that is waited for, by its name or by that within a project."""
    if isinstance(flow, dict):
        if not isinstance(flow.get("name"), str) or "." in flow["name"]:
            raise MetaflowException("@trigger_on_finish: a flow needs a 'name' without points.")
        for key in ("project", "project_branch"):
            if not isinstance(flow.get(key, ""), str):
                raise MetaflowException(f"@trigger_on_finish: '{key}' of the flow {flow['name']} is a text.")
        known = {"project": flow.get("project"), "branch": flow.get("project_branch")}
        found = {"fq_name": flow["name"], "flow": flow["name"], **{key: value for key, value in known.items() if value}}
    elif isinstance(flow, str):
        parts = flow.split(".")
        if len(parts) == 2:
            raise MetaflowException(
                f"@trigger_on_finish: '{flow}' is neither the name of a flow nor project.branch.flow."
            )
        found = {"fq_name": flow, "flow": parts[-1]}
        if len(parts) > 2:
            found.update(project=parts[0], branch=".".join(parts[1:-1]))
    else:
        raise MetaflowException("@trigger_on_finish: a flow is a text, or a dictionary with its name.")
    if not found["flow"].replace("_", "a").isalnum() or not found["flow"].isascii():
        raise MetaflowException(f"@trigger_on_finish: '{found['flow']}' is no name of a flow.")
    return found


def _checked(pathspec: str) -> str:
    if len(pathspec.split("/")) != 2:
        raise MetaflowException(f"--trigger {pathspec}: a run is named as Flow/run.")
    return pathspec

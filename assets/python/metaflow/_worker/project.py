"""`@project`: the names by which the runs of one project are kept apart."""

from __future__ import annotations

import os

from ..decorators import flow_decorators
from ..exception import MetaflowException

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ..flowspec import FlowSpec


def describe_project(flow: type[FlowSpec], user: str | None) -> dict[str, Any] | None:
    """The values that `current` shows and the run's tags are made of; None without `@project`."""
    for decorator in flow_decorators(flow):
        if decorator.name == "project":
            return _names(flow.__name__, decorator.attributes, user or "unknown")
    return None


def _names(flow: str, attributes: dict[str, Any], user: str) -> dict[str, Any]:
    project = attributes["name"]
    if not project:
        raise MetaflowException("@project needs a name: @project(name='...').")
    if not all(char.isalnum() or char == "_" for char in project) or project != project.lower():
        raise MetaflowException(
            f"The project name '{project}' may have lower-case letters, digits and underscores only."
        )
    # What the user says for this run beats what is written in the file.
    given = os.environ.get("METAFLOW_PRODUCTION")
    production = given.lower() in ("1", "true", "yes", "on") if given is not None else bool(attributes["production"])
    branch = os.environ.get("METAFLOW_BRANCH") or attributes["branch"]
    if production:
        name = f"prod.{branch}" if branch else "prod"
    else:
        name = f"test.{branch}" if branch else f"user.{user}"
    return {
        "project_name": project,
        "branch_name": name,
        "is_user_branch": not production and not branch,
        "is_production": production,
        "project_flow_name": f"{project}.{name}.{flow}",
    }

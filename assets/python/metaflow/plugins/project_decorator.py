"""`@project`: the names by which the runs of one project are kept apart."""

from __future__ import annotations

import os

from metaflow._decorator_base import FlowDecorator
from metaflow.exception import MetaflowException
from metaflow.metaflow_current import current

_LONGEST = 128
_ALLOWED = frozenset("abcdefghijklmnopqrstuvwxyz0123456789_")


class ProjectDecorator(FlowDecorator):
    """Gives the flow a project and a branch."""

    name = "project"
    options = {
        "production": {
            "is_flag": True,
            "default": False,
            "show_default": True,
            "help": "Run on the production branch of the @project; with --branch, on one of that name.",
        },
        "branch": {
            "default": None,
            "show_default": False,
            "help": "The branch of the @project; without it, and without --production, that of the user.",
        },
    }
    defaults = {"name": None, "production": False, "branch": None}

    def flow_init(self, flow, graph, environment, flow_datastore, metadata, logger, echo, options) -> None:
        from metaflow.util import get_username

        self._options = dict(options)
        branch, production = (self._value(name, options) for name in ("branch", "production"))
        project = self.attributes["name"]
        full_name, branch_name = format_name(flow.name, project, production, branch, get_username())
        echo(f"Project: *{project}*, Branch: *{branch_name}*")
        current._update_env(
            {
                "project_name": project,
                "branch_name": branch_name,
                "is_user_branch": not production and branch is None,
                "is_production": production,
                "project_flow_name": full_name,
            }
        )
        metadata.add_sticky_tags(sys_tags=[f"project:{project}", f"project_branch:{branch_name}"])

    def _value(self, name: str, options: dict) -> object:
        """From the code or from the command line, which may not contradict each other."""
        written, given = self.attributes[name], options[name]
        if name not in self._user_defined_attributes:
            return given
        if given not in (self.defaults[name], written):
            raise MetaflowException(
                f"@project has {name}={written!r} in the code and {given!r} on the command line: give it in one place."
            )
        return written

    def get_top_level_options(self) -> list:
        return list(self._options.items())


def format_name(
    flow_name: str, project_name: str | None, deploy_prod: bool, given_branch: str | None, user_name: str | None
) -> tuple[str, str]:
    """The flow's name within the project, and that of the branch."""
    if not project_name:
        raise MetaflowException("@project needs a name: @project(name='...').")
    _check("project", project_name)
    if given_branch:
        _check("branch", given_branch)
        branch = f"{'prod' if deploy_prod else 'test'}.{given_branch}"
    elif deploy_prod:
        branch = "prod"
    else:
        branch = f"user.{os.environ.get('METAFLOW_OWNER', user_name)}"
    return f"{project_name}.{branch}.{flow_name}", branch


def _check(what: str, name: str) -> None:
    if not _ALLOWED.issuperset(name):
        raise MetaflowException(f"The {what} name '{name}' may have lower-case letters, digits and underscores only.")
    if len(name) > _LONGEST:
        raise MetaflowException(f"The {what} name '{name}' is longer than {_LONGEST} characters.")

"""`@secrets`: values from a store of secrets become variables of the task."""

from __future__ import annotations

import os

from metaflow._decorator_base import StepDecorator
from metaflow.exception import MetaflowException

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class SecretsDecorator(StepDecorator):
    """Sets variables whose values are not in the code."""

    name = "secrets"
    defaults = {"sources": [], "role": None, "allow_override": False}

    def task_pre_step(
        self,
        step_name,
        task_datastore,
        metadata,
        run_id,
        task_id,
        flow,
        graph,
        retry_count,
        max_user_code_retries,
        ubf_context,
        inputs,
    ) -> None:
        from metaflow.plugins.secrets.secrets_spec import SecretSpec, fetch

        role = self.attributes["role"]
        if role is None:
            from metaflow.metaflow_config import DEFAULT_SECRETS_ROLE as role
        variables: dict[str, str] = {}
        origin: dict[str, SecretSpec] = {}
        for source in self.attributes["sources"]:
            spec = SecretSpec.from_source(source, role)
            for name, value in fetch(spec).items():
                _check(spec, name, value)
                if name in origin:
                    raise MetaflowException(f"@secrets: the variable {name} comes from both {origin[name]} and {spec}.")
                origin[name] = spec
                variables[name] = value
        taken = sorted(name for name in variables if name in os.environ)
        if taken and not self.attributes["allow_override"]:
            raise MetaflowException(
                f"@secrets: {', '.join(taken)} is set in the environment already; allow_override=True replaces it."
            )
        os.environ.update(variables)


def _check(spec: object, name: Any, value: Any) -> None:
    if not isinstance(name, str) or not isinstance(value, str):
        raise MetaflowException(f"@secrets: names and values are texts, but {spec} has {name!r}: {type(value)}.")
    if not (name.isascii() and name.isidentifier()):
        raise MetaflowException(f"@secrets: '{name}' of {spec} is no name of a variable.")
    if name.startswith("METAFLOW_"):
        raise MetaflowException(f"@secrets: the variable {name} of {spec} is reserved for Metaflow.")

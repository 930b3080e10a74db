"""`@secrets`: values given in the decorator itself become variables of the task; stores of secrets are not reached."""

from __future__ import annotations

import os

from ..exception import MetaflowException

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def apply(attributes: dict[str, Any]) -> None:
    """Set the variables of one `@secrets`."""
    variables: dict[str, str] = {}
    for source in attributes["sources"]:
        for name, value in _variables_of(source).items():
            if name in variables:
                raise MetaflowException(f"@secrets: the variable {name} comes from two sources.")
            if name.startswith("METAFLOW_"):
                raise MetaflowException(f"@secrets: the variable {name} is reserved for Metaflow.")
            variables[name] = str(value)
    taken = sorted(name for name in variables if name in os.environ)
    if taken and not attributes["allow_override"]:
        raise MetaflowException(
            f"@secrets: {', '.join(taken)} is set in the environment already; say allow_override=True to replace it."
        )
    os.environ.update(variables)


def _variables_of(source: Any) -> dict[str, Any]:
    kind = source.get("type") if isinstance(source, dict) else None
    if kind != "inline":
        raise MetaflowException(
            f"@secrets: flowdev knows inline sources only, not {kind or source!r}; set the variables outside."
        )
    return (source.get("options") or {}).get("env_vars") or {}

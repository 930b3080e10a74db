"""The decorators and other parts that can be replaced and added to, as lists of classes under Metaflow's names.

The lists are made when somebody asks: a flow that uses one decorator imports one module.
"""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_SECRETS_PROVIDERS = {"inline": "secrets.inline_secrets_provider.InlineSecretsProvider"}


def __getattr__(name: str) -> Any:
    if name == "STEP_DECORATORS":
        value: Any = _classes("step_decorator", _builtin("STEP_DECORATORS"))
    elif name == "FLOW_DECORATORS":
        value = _classes("flow_decorator", _builtin("FLOW_DECORATORS"))
    elif name == "SECRETS_PROVIDERS":
        value = _classes("secrets_provider", _SECRETS_PROVIDERS)
    elif name == "CARDS":
        from .._cards.kinds import all_cards

        value = all_cards()
    elif name == "InternalTestUnboundedForeachInput":
        from .test_unbounded_foreach_decorator import InternalTestUnboundedForeachInput as value
    else:
        raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
    globals()[name] = value
    return value


def _builtin(table: str) -> dict[str, str]:
    from .. import _builtin_decorators

    return getattr(_builtin_decorators, table)


def _classes(category: str, builtin: dict[str, str]) -> list[type]:
    from .._builtin_decorators import paths

    classes = []
    for path in paths(category, builtin).values():
        module, _, attribute = path.rpartition(".")
        __import__(module)
        classes.append(getattr(sys.modules[module], attribute))
    return classes

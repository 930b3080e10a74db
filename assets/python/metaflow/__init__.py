"""The package that flows import. Names are loaded at their first use: a flow pays for what it mentions.

A name that Metaflow has and this package does not fails with a sentence that says what to do instead.
"""

from __future__ import annotations

import sys

if sys.version_info < (3, 9):  # noqa: UP036 (whatever fails first with an older one would not say why)
    raise ImportError(f"flowdev needs Python 3.9 or newer, and {sys.executable} is {sys.version.split()[0]}")

from . import _frames as _frames
from . import _refusal, _replacements

__version__ = "2.19.39+flowdev"

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .decorators import step as step
    from .flowspec import FlowSpec as FlowSpec
    from .includefile import IncludeFile as IncludeFile
    from .metaflow_current import current as current
    from .parameters import JSONType as JSONType
    from .parameters import JSONTypeClass as JSONTypeClass
    from .parameters import Parameter as Parameter

# Public name -> the module that has it.
_OFFERED = {
    **dict.fromkeys(("DataArtifact", "Flow", "Metaflow", "Run", "Step", "Task"), "client"),
    **dict.fromkeys(("default_metadata", "get_metadata", "metadata", "inspect_spin"), "client"),
    **dict.fromkeys(("default_namespace", "get_namespace", "namespace"), "client"),
    **dict.fromkeys(("Config", "ConfigValue", "config_expr"), "user_configs.config_parameters"),
    "EXT_PKG": "extension_support",
    "FlowMutator": "user_decorators.user_flow_decorator",
    **dict.fromkeys(("Deployer", "DeployedFlow", "NBDeployer"), "runner.deployer"),
    "FlowSpec": "flowspec",
    "IncludeFile": "includefile",
    "JSONType": "parameters",
    "JSONTypeClass": "parameters",
    "NBRunner": "runner.nbrun",
    "Parameter": "parameters",
    "Runner": "runner.metaflow_runner",
    "S3": "plugins.datatools",
    "current": "metaflow_current",
    "namespaced_event_name": "plugins.namespaced_events",
    "package_sources": "plugins.package_sources",
    "profile": "metaflow_profile",
    **dict.fromkeys(("parallel_map", "parallel_imap_unordered"), "multicore_utils"),
    "yaml_parser": "plugins.parsers",
    **dict.fromkeys(
        ("requirements_txt_parser", "pyproject_toml_parser", "conda_environment_yml_parser"), "plugins.pypi.parsers"
    ),
    "package_suffixes": "plugins.package_suffixes_mutator",
    "step": "decorators",
    **dict.fromkeys(
        ("StepMutator", "USER_SKIP_STEP", "UserStepDecorator", "user_step_decorator"),
        "user_decorators.user_step_decorator",
    ),
}


# Public names of Metaflow that are not here, and what helps instead.
_MISSING = {
    "R": "write the flow in Python",
}


def __getattr__(name: str) -> Any:
    if name == "__all__":
        return __dir__()
    # The package's own modules and the import system's look-ups come by here, and are to cost nothing.
    if name.startswith("_"):
        raise AttributeError(f"module 'metaflow' has no attribute '{name}'")
    module = _OFFERED.get(name)
    added = _submodule("extension_support").names_of("toplevel")
    if name in added:
        value = added[name]
    elif module is not None:
        value = getattr(_submodule(module), name)
    elif name in _submodules():
        # As if all of them were imported already, which they are in Metaflow.
        return _submodule(name)
    else:
        value = _submodule("_builtin_decorators").find(name)
        if value is None:
            raise _refusal.refuse(__name__, name, _MISSING.get(name), __dir__())
    globals()[name] = value
    return value


def _submodule(name: str) -> Any:
    __import__(f"{__name__}.{name}")
    return sys.modules[f"{__name__}.{name}"]


def _submodules() -> set[str]:
    """The names of our public modules."""
    if "__submodules__" not in globals():
        import os

        names = (name.partition(".")[0] for place in __path__ for name in os.listdir(place))
        globals()["__submodules__"] = {name for name in names if not name.startswith("_")}
    return globals()["__submodules__"]


def __dir__() -> list[str]:
    from ._builtin_decorators import flow_names, step_names

    added = _submodule("extension_support").names_of("toplevel")
    return sorted({*_OFFERED, *step_names(), *flow_names(), *added})


if _replacements.Finder not in sys.meta_path:
    sys.meta_path.insert(0, _replacements.Finder)
if _refusal.Finder not in sys.meta_path:
    sys.meta_path.append(_refusal.Finder)

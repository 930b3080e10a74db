"""The environment that hooks of decorators are handed: this Python, as it is."""

from __future__ import annotations

import os
import sys

from .exception import MetaflowException

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class InvalidEnvironmentException(MetaflowException):
    headline = "Incompatible environment"


class MetaflowEnvironment:
    """The local environment. Decorators ask it for the interpreter; nothing is built or fetched."""

    TYPE = "local"

    def __init__(self, flow: Any = None) -> None:
        self.flow = flow

    def executable(self, step_name: str, default: str | None = None) -> str:
        """The interpreter of a step."""
        return default or sys.executable

    def get_environment_info(self, include_ext_info: bool = False) -> dict[str, Any]:
        """What there is to know about this process, under Metaflow's names."""
        from platform import python_version, system

        from . import __version__

        return {
            "platform": system(),
            "username": os.environ.get("METAFLOW_USER") or os.environ.get("USER"),
            "production_token": os.environ.get("METAFLOW_PRODUCTION_TOKEN"),
            "runtime": os.environ.get("METAFLOW_RUNTIME_NAME", "dev"),
            "app": os.environ.get("APP"),
            "environment_type": self.TYPE,
            "use_r": False,
            "python_version": sys.version,
            "python_version_code": python_version(),
            "metaflow_version": __version__,
            "script": os.path.basename(os.path.abspath(sys.argv[0])),
        }

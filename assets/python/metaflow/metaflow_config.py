"""Configuration: environment, then the store's `config.json`, then the user's profile, then what is built in.

Values are read when they are asked for (`metaflow_config.NAME`), and kept; a flow that asks for none pays nothing.
"""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

DATASTORE_LOCAL_DIR = ".metaflow"
DATASTORE_SPIN_LOCAL_DIR = ".metaflow_spin"
LOCAL_CONFIG_FILE = "config.json"
MAX_ATTEMPTS = 6

# Name -> default, for all that this package, flows and extensions ask for.
_DEFAULTS: dict[str, Any] = {
    "DEFAULT_DATASTORE": "local",
    "DEFAULT_METADATA": "local",
    "DEFAULT_ENVIRONMENT": "local",
    "DEFAULT_EVENT_LOGGER": "nullSidecarLogger",
    "DEFAULT_MONITOR": "nullSidecarMonitor",
    "DEFAULT_PACKAGE_SUFFIXES": ".py,.R,.RDS",
    "DEFAULT_DECOSPECS": "",
    "DEFAULT_AWS_CLIENT_PROVIDER": "boto3",
    "DEFAULT_GCP_CLIENT_PROVIDER": "gcp-default",
    "DEFAULT_AZURE_CLIENT_PROVIDER": "azure-default",
    "DEFAULT_SECRETS_BACKEND_TYPE": None,
    "DEFAULT_SECRETS_ROLE": None,
    "DEFAULT_FROM_DEPLOYMENT_IMPL": "argo-workflows",
    "DEFAULT_RUNTIME_LIMIT": 432000,
    "DEFAULT_CONTAINER_IMAGE": None,
    "DEFAULT_CONTAINER_REGISTRY": None,
    "USER": None,
    "HOME": "~/.metaflowconfig",
    "TEMPDIR": ".",
    "DATASTORE_SYSROOT_LOCAL": None,
    "DATASTORE_SYSROOT_SPIN": None,
    "DATASTORE_SYSROOT_S3": None,
    "DATASTORE_SYSROOT_AZURE": None,
    "DATASTORE_SYSROOT_GS": None,
    "DATATOOLS_SUFFIX": "data",
    "DATATOOLS_S3ROOT": None,
    "DATATOOLS_CLIENT_PARAMS": {},
    "DATATOOLS_SESSION_VARS": {},
    "DATATOOLS_LOCALROOT": None,
    "S3_ENDPOINT_URL": None,
    "S3_VERIFY_CERTIFICATE": None,
    "S3_SERVER_SIDE_ENCRYPTION": None,
    "S3_RETRY_COUNT": 7,
    "S3_TRANSIENT_RETRY_COUNT": 20,
    "S3_WORKER_COUNT": 64,
    "S3_CLIENT_RETRY_CONFIG": {"max_attempts": 10, "mode": "adaptive"},
    "CARD_S3ROOT": None,
    "CARD_LOCALROOT": None,
    "CARD_SUFFIX": "mf.cards",
    "CARD_NO_WARNING": False,
    "RUNTIME_CARD_RENDER_INTERVAL": 60,
    "CLIENT_CACHE_PATH": "/tmp/metaflow_client",
    "CLIENT_CACHE_MAX_SIZE": 10000,
    "CLIENT_CACHE_MAX_FLOWDATASTORE_COUNT": 50,
    "INCLUDE_FOREACH_STACK": True,
    "MAXIMUM_FOREACH_VALUE_CHARS": 30,
    "FEAT_ALWAYS_UPLOAD_CODE_PACKAGE": False,
    "SPIN_PERSIST": False,
    "SPIN_ALLOWED_DECORATORS": [
        "conda",
        "pypi",
        "conda_base",
        "pypi_base",
        "environment",
        "project",
        "timeout",
        "conda_env_internal",
        "card",
    ],
    "SPIN_DISALLOWED_DECORATORS": ["parallel"],
    "SERVICE_URL": None,
    "SERVICE_INTERNAL_URL": None,
    "SERVICE_AUTH_KEY": None,
    "SERVICE_HEADERS": {},
    "SERVICE_RETRY_COUNT": 5,
    "UI_URL": None,
    "ESCAPE_HATCH_WARNING": True,
    "PROFILE_FROM_START": False,
    "CLICK_API_PROCESS_CONFIG": True,
    "OTEL_ENDPOINT": None,
    "ZIPKIN_ENDPOINT": None,
    "CONSOLE_TRACE_ENABLED": False,
    "KUBERNETES_NAMESPACE": "default",
    "KUBERNETES_SERVICE_ACCOUNT": None,
    "KUBERNETES_CONTAINER_IMAGE": None,
    "BATCH_JOB_QUEUE": None,
    "BATCH_CONTAINER_IMAGE": None,
    "CONDA_PACKAGE_S3ROOT": None,
    **{
        f"DEBUG_{part}": None
        for part in ("SUBCOMMAND", "SIDECAR", "S3CLIENT", "TRACING", "STUBGEN", "USERCONF", "CONDA", "PACKAGE")
    },
}

# What was asked for: variable -> (value, how it is written, whether it is the default).
_asked: dict[str, tuple[Any, Callable[[Any], str], bool]] = {}

_files: list[dict[str, Any]] | None = None


def from_conf(name: str, default: Any = None, validate_fn: Callable[[str, Any], None] | None = None) -> Any:
    """The value of `METAFLOW_<name>`, converted to the type of the default."""
    variable = f"METAFLOW_{name}"
    value = os.environ.get(variable)
    if value is None:
        value = next((file[variable] for file in _read_files() if variable in file), default)
    if validate_fn is not None and value is not None:
        validate_fn(variable, value)
    if default is not None:
        value = _like(variable, value, default)
    write: Callable[[Any], str] = str
    if isinstance(default, (list, dict)):
        import json

        write = json.dumps
    _asked[variable] = (value, write, value == default)
    return value


def _like(variable: str, value: Any, default: Any) -> Any:
    if type(value) is type(default):
        return value
    try:
        if isinstance(default, bool):
            return str(value).lower() not in ("0", "false", "")
        if isinstance(default, (list, dict)):
            import json

            value = json.loads(value)
            if type(value) is not type(default):
                raise ValueError(value)
            return value
        return type(default)(value)
    except (TypeError, ValueError):
        kind = "JSON of a " if isinstance(default, (list, dict)) else ""
        raise ValueError(f"{variable} must be {kind}{type(default).__name__}, not {value!r}") from None


def config_values(include: int = 0) -> Iterator[tuple[str, str]]:
    """The values that were asked for: those set to something else than the default (1: all, 2: also those without)."""
    for variable, (value, write, is_default) in list(_asked.items()):
        if (value is not None or include & 2) and (not is_default or include & 1):
            yield variable, write(value)


def get_validate_choice_fn(choices: Any) -> Callable[[str, Any], None]:
    """A `validate_fn` that accepts these values only."""

    def validate(name: str, value: Any) -> None:
        if value not in choices:
            from .exception import MetaflowException

            raise MetaflowException(f"{name} must be one of {', '.join(map(str, choices))}, not '{value}'.")

    return validate


def _read_files() -> list[dict[str, Any]]:
    """What the configuration files say, the strongest first."""
    global _files
    if _files is None:
        _files = [_read(_project_file()), _read(_profile_file())]
    return _files


def _profile_file() -> str:
    home = os.environ.get("METAFLOW_HOME", "~/.metaflowconfig")
    profile = os.environ.get("METAFLOW_PROFILE")
    path = os.path.expanduser(os.path.join(home, f"config_{profile}.json" if profile else "config.json"))
    if profile and not os.path.exists(path):
        from .exception import MetaflowException

        raise MetaflowException(f"There is no profile '{profile}' (METAFLOW_PROFILE) in '{home}'.")
    return path


def _project_file() -> str:
    """The file beside the store, which is in this directory or one above."""
    here = os.getcwd()
    while not os.path.isdir(os.path.join(here, DATASTORE_LOCAL_DIR)):
        above = os.path.dirname(here)
        if above == here:
            return ""
        here = above
    return os.path.join(here, DATASTORE_LOCAL_DIR, LOCAL_CONFIG_FILE)


def _read(path: str) -> dict[str, Any]:
    try:
        with open(path, "rb") as file:
            text = file.read()
    except OSError:
        return {}
    import json

    try:
        values = json.loads(text)
        if isinstance(values, dict):
            return values
        problem = "it is no JSON object"
    except ValueError as error:
        problem = str(error)
    from .exception import MetaflowException

    raise MetaflowException(f"The configuration file {path} cannot be read: {problem}.")


def __getattr__(name: str) -> Any:
    if not name.startswith("_"):
        from .extension_support import names_of

        added = names_of("config")
        if name in added:
            return added[name]
    if name not in _DEFAULTS:
        raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
    value = from_conf(name, _DEFAULTS[name])
    if name == "DATATOOLS_S3ROOT" and value is None:
        root = from_conf("DATASTORE_SYSROOT_S3")
        value = f"{root.rstrip('/')}/data" if root else None
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_DEFAULTS})

"""Where the values of configs come from: files, texts, environment variables, defaults, the run that is resumed.

A file and a text for one config exclude each other; options exclude the variable of their kind altogether.
"""

from __future__ import annotations

import io
import os
from collections.abc import Mapping

from .._worker.classes import SETTLED_CONFIGS
from ..exception import MetaflowException
from ..parameters import UsageError, context_for
from .config_parameters import Config, ConfigValue, set_resolved

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable

FILES_VARIABLE = "METAFLOW_FLOW_CONFIG"
VALUES_VARIABLE = "METAFLOW_FLOW_CONFIG_VALUE"


# The texts that the configs were parsed from, by name.
_texts: dict[str, str] = {}
# A longer text is no word of a command line.
_LONGEST = 100_000

# The files that values come from, absolute, and what was read there, None of what could not be: what was loaded is out
# of date once one of them changes.
files_read: dict[str, bytes | None] = {}


def configs_of(flow: type) -> list[tuple[str, Config]]:
    """Attribute names and configs, by attribute name; also when the attributes hold the values by now."""
    settled = vars(flow).get(SETTLED_CONFIGS, {})
    found = []
    for name in sorted({*dir(flow), *settled}):
        if name.startswith("_"):
            continue
        value = settled.get(name) or getattr(flow, name, None)
        if isinstance(value, Config):
            found.append((name, value))
    return found


def resolve_configs(
    flow: type, files: dict[str, str], values: dict[str, str], origin: Mapping[str, Any] | None
) -> None:
    configs = configs_of(flow)
    known = [config.name for _, config in configs]
    for index, name in enumerate(known):
        if name in known[:index]:
            raise MetaflowException(f"Two configs of the flow have the name '{name}'; give them different ones.")
    if origin is None and known:
        # On resume the values are the origin's, whatever the environment says now.
        given = {*files, *values}
        files = files or _from_variable(FILES_VARIABLE, given)
        values = values or _from_variable(VALUES_VARIABLE, given)
    _check_names(known, files, values)
    problems: list[str] = []
    found: dict[str, tuple[Any, bool]] = {}
    # Mutators meet them in this order.
    for attribute, config in reversed(configs):
        name = config.name
        try:
            if name not in files and name not in values and origin is not None and attribute in origin["objects"]:
                value = _from_origin(origin, attribute)
            else:
                text = _text(flow, config, files, values)
                value = None if text is None else _parse(config, text)
                if text is not None:
                    _texts[name] = text
                if text is None and config.kwargs["required"]:
                    problems.append(f"missing configuration for '{name}'")
        except UsageError as error:
            problems.append(error.message)
            continue
        found[name] = (value, config._plain)
    if problems:
        raise UsageError("Configs have no usable values: " + ", ".join(problems))
    set_resolved(found)


def frozen(files: list[tuple[str, str]], values: list[tuple[str, str]]) -> tuple[list, list]:
    """Files and texts that say what the configs are now: a run that has begun does not see what becomes of a file."""
    texts = {**dict(values), **{name: text for name, text in _texts.items() if len(text) <= _LONGEST}}
    return [(name, path) for name, path in files if name not in texts], list(texts.items())


def _check_names(known: list[str], files: dict[str, str], values: dict[str, str]) -> None:
    for name in (*files, *values):
        if name not in known:
            listed = ", ".join(f"'{other}'" for other in sorted(known)) or "none"
            raise UsageError(f"The flow has no config '{name}'; its configs: {listed}.")
    both = sorted(set(files) & set(values))
    if both:
        raise UsageError(
            "A config cannot have both a value and a file, as these have: "
            + ", ".join(f"'{name}'" for name in both)
        )


def _from_variable(variable: str, given: set[str]) -> dict[str, str]:
    """One JSON object from names to files, or to values; without those that are given in another way."""
    text = os.environ.get(variable)
    if not text:
        return {}
    import json

    try:
        found = json.loads(text)
    except ValueError as error:
        raise UsageError(f"The variable {variable} is not valid JSON: {error}") from error
    if not isinstance(found, dict):
        raise UsageError(f"The variable {variable} is expected to be a JSON object from names of configs to values.")
    texts = {name: value if isinstance(value, str) else json.dumps(value) for name, value in found.items()}
    return {name: text for name, text in texts.items() if name not in given}


def _from_origin(origin: Mapping[str, Any], attribute: str) -> Any:
    from .._worker.artifacts import load_blob
    from .._worker.damage import damage_of

    blobs, sha = origin["blobs"], origin["objects"][attribute][0]
    try:
        return load_blob(blobs, sha)
    except Exception as error:
        reason = damage_of(blobs, sha) or str(error)
        raise MetaflowException(f"The config *{attribute}* of the origin run cannot be read: {reason}") from error


def _text(flow: type, config: Config, files: dict[str, str], values: dict[str, str]) -> str | None:
    name = config.name
    if name in values:
        return values[name]
    if name in files:
        return _read(files[name], f"configuration file '{files[name]}' could not be read for '{name}'")
    default = config.kwargs["default"]
    if callable(default):
        from ..util import get_username

        default = default(context_for(flow.__name__, get_username())._replace(parameter_name=name, configs=None))
    if default is None:
        return None
    if config._default_is_file:
        return _read(default, f"default configuration file '{default}' could not be read for '{name}'")
    if isinstance(default, str):
        return default
    import json

    return json.dumps(default)


def _read(path: str, problem: str) -> str:
    try:
        files_read[os.path.abspath(path)] = None
        with open(path, "rb") as file:
            content = files_read[os.path.abspath(path)] = file.read()
        return io.TextIOWrapper(io.BytesIO(content), encoding="utf-8").read()
    except OSError as error:
        raise UsageError(f"{problem} ({error.strerror})") from error
    except ValueError as error:
        raise UsageError(f"{problem}: {error}") from error


def _parse(config: Config, text: str) -> Any:
    name = config.name
    if config.parser is not None:
        try:
            value = call_parser(config.parser, text)
        except Exception as error:
            raise UsageError(f"the parser of '{name}' failed: {type(error).__name__}: {error}") from error
    elif config._plain:
        return text
    else:
        import json

        try:
            value = json.loads(text)
        except ValueError as error:
            raise UsageError(f"configuration value for '{name}' is not valid JSON: {error}") from error
    if config._plain or value is None:
        return value
    if not isinstance(value, Mapping):
        raise UsageError(f"configuration value for '{name}' is expected to be a dictionary, not {type(value).__name__}")
    return ConfigValue(value).to_dict()


def call_parser(parser: str | Callable[[str], Any], text: Any) -> Any:
    """By function, or by its dotted name; a name that begins with a dot is one of this package."""
    if isinstance(parser, str):
        module, _, function = (f"metaflow{parser}" if parser.startswith(".") else parser).rpartition(".")
        from importlib import import_module

        try:
            found = getattr(import_module(module), function, None) if module else None
        except ImportError as error:
            raise ValueError(f"the module of the parser {parser} cannot be imported: {error}") from error
        if not callable(found):
            raise ValueError(f"there is no function {parser} that could be the parser")
        parser = found
    return parser(text)

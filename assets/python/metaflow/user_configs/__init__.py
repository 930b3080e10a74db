"""Configs: values that are known before the flow is, so that decorators can use them.

What a flow writes is in `config_parameters`, where the values come from in `config_options`.
"""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any


def in_use() -> bool:
    """Whether anything in this process can be a config: flows that have none do not pay for them."""
    return f"{__name__}.config_parameters" in sys.modules


def resolve(
    flow_cls: type,
    files: Mapping[str, str] | None = None,
    values: Mapping[str, str] | None = None,
    origin: Mapping[str, Any] | None = None,
) -> None:
    """Give the configs of the flow their values: from files and texts by name, else variables, else defaults.

    `origin` has the artifacts of the run that is resumed, as `{"blobs": directory, "objects": {name: [sha, ..]}}`.
    Raises `UsageError`, with a sentence for each config that has no value.
    """
    if not in_use():
        if files or values:
            from ..parameters import UsageError

            raise UsageError("Configs are given, but the flow has none.")
        return
    from .config_options import resolve_configs

    resolve_configs(flow_cls, dict(files or {}), dict(values or {}), origin)


def frozen(files: list[tuple[str, str]], values: list[tuple[str, str]]) -> tuple[list, list]:
    """Files and texts by name that give the configs the values that they have now, whatever happens to files."""
    if not in_use():
        return files, values
    from .config_options import frozen as freeze

    return freeze(files, values)


def parsed() -> dict[str, list[Any]]:
    """Value, and whether it is plain, of each config."""
    parameters = sys.modules.get(f"{__name__}.config_parameters")
    return parameters.parsed_configs() if parameters is not None else {}


def files_read() -> list[str]:
    """The files that configs come from, absolute."""
    options = sys.modules.get(f"{__name__}.config_options")
    return list(options.files_read) if options is not None else []


def digests_of_files() -> dict[str, str]:
    """The same, each with the SHA-1 of what was read there."""
    import hashlib

    options = sys.modules.get(f"{__name__}.config_options")
    read = options.files_read.items() if options is not None else ()
    return {path: hashlib.sha1(content).hexdigest() for path, content in read if content is not None}

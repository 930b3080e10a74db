"""`yaml_parser`, for `Config(parser=...)`."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def yaml_parser(content: str) -> Any:
    """The data of a YAML text, by PyYAML."""
    try:
        import yaml
    except ImportError as error:
        from metaflow.exception import MetaflowException

        raise MetaflowException("yaml_parser needs the package PyYAML: install it beside the flow.") from error
    return yaml.safe_load(content)

"""Small helpers that flows and extensions import from `metaflow.util`."""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any


def is_stringish(value: object) -> bool:
    """Whether the value is a text or bytes."""
    return isinstance(value, (str, bytes))


def to_unicode(value: object) -> str:
    """A text of anything; bytes are decoded as UTF-8."""
    return value.decode("utf-8") if isinstance(value, bytes) else str(value)


def to_bytes(value: object) -> bytes:
    """The UTF-8 bytes of anything's text; bytes stay."""
    return value if isinstance(value, bytes) else str(value).encode("utf-8")


def all_equal(items: Iterable[Any]) -> bool:
    """Whether all items are equal; so for none at all."""
    iterator = iter(items)
    for first in iterator:
        return all(item == first for item in iterator)
    return True


def get_username() -> str:
    """Who runs this, by the variables that Metaflow looks at; where they say nothing but root, the account."""
    for name in ("METAFLOW_USER", "SUDO_USER", "USERNAME", "USER"):
        value = os.environ.get(name)
        if name == "METAFLOW_USER" and not value:
            from .metaflow_config import from_conf

            value = from_conf("USER")
        if value and value != "root":
            return value
    import pwd

    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return os.environ.get("LOGNAME") or os.environ.get("USER") or f"uid{os.getuid()}"


def resolve_identity_as_tuple() -> tuple[str, str]:
    """The kind of identity, and its value."""
    token = os.environ.get("METAFLOW_PRODUCTION_TOKEN")
    if token:
        return "production", token
    return "user", get_username()


def resolve_identity() -> str:
    """`user:NAME`, or `production:TOKEN`: the namespace in which this process works."""
    return ":".join(resolve_identity_as_tuple())


def to_camelcase(text: str) -> str:
    """`a_b-c` as `aBC`."""
    words = text.replace("-", "_").split("_")
    return words[0] + "".join(word.capitalize() for word in words[1:])


def to_pod(value: object) -> Any:
    """Plain data of anything: what has no form in JSON becomes its text."""
    from .decorators import plain

    return plain(value)


def write_latest_run_id(obj: Any, run_id: str) -> None:
    """Remember a run as the latest one of its flow."""
    from ._roots import local_root

    directory = os.path.join(local_root(), obj.flow.name)
    os.makedirs(directory, exist_ok=True)
    with open(os.path.join(directory, "latest_run"), "w", encoding="utf-8") as file:
        file.write(str(run_id))


def get_latest_run_id(echo: Any, flow_name: str) -> str | None:
    """The run that was started last, as the store remembers it."""
    from ._roots import local_root

    try:
        with open(os.path.join(local_root(), flow_name, "latest_run"), encoding="utf-8") as file:
            return file.read()
    except OSError:
        return None

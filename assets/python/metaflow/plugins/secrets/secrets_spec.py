"""One source of `@secrets`: which store, which secret, and how it is fetched."""

from __future__ import annotations

from metaflow.exception import MetaflowException

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# Metaflow reads these; this machine has no client for them.
_REMOTE = ("aws-secrets-manager", "gcp-secret-manager", "az-key-vault")


class SecretSpec:
    """A source, taken apart."""

    def __init__(
        self, secrets_backend_type: str, secret_id: str, options: dict | None = None, role: str | None = None
    ) -> None:
        self.secrets_backend_type = secrets_backend_type
        self.secret_id = secret_id
        self.options = options or {}
        self.role = role

    @classmethod
    def from_source(cls, source: Any, role: str | None) -> SecretSpec:
        """From a text `store.secret`, or a dictionary with `type`, `id`, `options`, `role`."""
        if isinstance(source, str):
            store, dot, secret = source.partition(".")
            return cls(store, secret, role=role) if dot else cls(_default_store(), source, role=role)
        if not isinstance(source, dict):
            raise MetaflowException(f"@secrets: a source is a text or a dictionary, not {source!r}.")
        store = source["type"] if "type" in source else _default_store()
        options, own_role = source.get("options", {}), source.get("role")
        for name, value, kind in (("type", store, str), ("id", source.get("id"), str), ("options", options, dict)):
            if not isinstance(value, kind):
                raise MetaflowException(f"@secrets: '{name}' of a source is a {kind.__name__}, not {value!r}.")
        if own_role is not None and not isinstance(own_role, str):
            raise MetaflowException(f"@secrets: 'role' of a source is a str, not {own_role!r}.")
        return cls(store, source["id"], options, role if own_role is None else own_role)

    def __str__(self) -> str:
        return f"{self.secret_id} ({self.secrets_backend_type})"


def _default_store() -> str:
    from metaflow.metaflow_config import DEFAULT_SECRETS_BACKEND_TYPE as store

    if not store:
        raise MetaflowException(
            "@secrets: the source names no store of secrets; name one in METAFLOW_DEFAULT_SECRETS_BACKEND_TYPE."
        )
    return store


def fetch(spec: SecretSpec) -> dict[str, str]:
    """The variables of one source; what they are called is checked by the caller."""
    provider = _provider(spec.secrets_backend_type)
    try:
        return provider.get_secret_as_dict(spec.secret_id, options=spec.options, role=spec.role)
    except Exception as error:
        raise MetaflowException(f"@secrets: the secret '{spec.secret_id}' cannot be had: {error}") from error


def _provider(kind: str) -> Any:
    from metaflow.plugins import SECRETS_PROVIDERS

    for provider in SECRETS_PROVIDERS:
        if provider.TYPE == kind:
            return provider()
    if kind in _REMOTE:
        raise MetaflowException(
            f"@secrets: flowdev reads no secrets from {kind}; set the variables outside, or give an inline source."
        )
    known = ", ".join(sorted(provider.TYPE for provider in SECRETS_PROVIDERS))
    raise MetaflowException(f"@secrets: there is no store of secrets '{kind}'; these exist: {known}.")

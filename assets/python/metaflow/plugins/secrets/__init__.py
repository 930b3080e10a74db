"""Where `@secrets` gets its values: providers are found by their type."""

from __future__ import annotations

from abc import ABC, abstractmethod

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class SecretsProvider(ABC):
    """Base class of what reads secrets from one kind of store."""

    TYPE: str | None = None

    @abstractmethod
    def get_secret_as_dict(
        self, secret_id: str, options: dict[str, Any] | None = None, role: str | None = None
    ) -> dict[str, str]:
        """The variables of one secret."""


def get_secret(source: str | dict[str, Any], role: str | None = None) -> dict[str, str]:
    """The variables of one source as `@secrets` would set them, for use outside a step."""
    from .secrets_spec import SecretSpec, fetch

    return fetch(SecretSpec.from_source(source, role))

"""Secrets whose values are in the decorator itself: for tests."""

from __future__ import annotations

from metaflow.plugins.secrets import SecretsProvider

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class InlineSecretsProvider(SecretsProvider):
    """Gives back the option `env_vars`."""

    TYPE = "inline"

    def get_secret_as_dict(
        self, secret_id: str, options: dict[str, Any] | None = None, role: str | None = None
    ) -> dict[str, str]:
        return (options or {}).get("env_vars", {})

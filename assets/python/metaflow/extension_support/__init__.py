"""Extension packages."""

from __future__ import annotations


def present() -> bool:
    """Whether any extension package is installed."""
    return False

"""For components of users: a `render` that cannot fail."""

from ...._cards.base import render_safely

__all__ = ["render_safely"]

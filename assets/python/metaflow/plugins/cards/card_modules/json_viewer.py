"""The components that show JSON and YAML."""

from ...._cards.components import JSONViewer, YAMLViewer

__all__ = ["JSONViewer", "YAMLViewer"]

"""The version of Metaflow whose behaviour this is."""

from __future__ import annotations


def get_version(public: bool = False) -> str:
    """The version; without our own mark if it is to be public."""
    from . import __version__

    return __version__.partition("+")[0] if public else __version__

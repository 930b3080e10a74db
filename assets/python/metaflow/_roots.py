"""Where runs are stored, found as the engine finds it."""

from __future__ import annotations

import os

# The store that `--datastore-root` names for this process.
_chosen: str | None = None


def choose(root: str | None) -> None:
    """Take this directory for the store; None goes back to looking for it."""
    global _chosen
    _chosen = None if root is None else os.path.abspath(root)


def local_root() -> str:
    """The store of runs; the directory need not exist."""
    return _chosen or _find(".metaflow", "DATASTORE_SYSROOT_LOCAL")


def spin_root() -> str:
    """The store of spun tasks."""
    return _find(".metaflow_spin", "DATASTORE_SYSROOT_SPIN")


def nearest(name: str) -> str:
    """The directory of this name in the working directory or above it, the nearest; or the one that would be made."""
    here = start = os.path.realpath(os.getcwd())
    while not os.path.isdir(os.path.join(here, name)):
        above = os.path.dirname(here)
        if above == here:
            return os.path.join(start, name)
        here = above
    return os.path.join(here, name)


def _find(name: str, key: str) -> str:
    from .metaflow_config import from_conf

    sysroot = from_conf(key)
    return os.path.join(os.path.abspath(sysroot), name) if sysroot else nearest(name)

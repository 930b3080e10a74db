"""Compiled forms of this package's modules, written once per Python version.

Many environments forbid Python to write bytecode, which would make every start compile this package anew. Its directory
is a cache of flowdev's own, so that writing there is no harm.
"""

from __future__ import annotations

import os
import sys

_PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def ensure() -> None:
    """Have the package compiled by a process of its own, unless that was done before."""
    if sys.pycache_prefix is not None:
        # The user has chosen where bytecode goes.
        return
    marker = os.path.join(_PACKAGE, "__pycache__", f"complete.{sys.implementation.cache_tag}")
    if os.path.exists(marker) or not os.access(_PACKAGE, os.W_OK):
        return
    child = os.fork()
    if child:
        os.waitpid(child, 0)
        return
    # The grandchild belongs to nobody, and holds nothing that the engine waits on.
    if os.fork():
        os._exit(0)
    try:
        null = os.open(os.devnull, os.O_RDWR)
        for fd in (0, 1, 2):
            os.dup2(null, fd)
        os.closerange(3, 256)
        import compileall

        from . import bundle

        if compileall.compile_dir(_PACKAGE, quiet=2):
            # Of a directory that somebody works on, what is bundled today is not what is there tomorrow.
            if "FLOWDEV_ASSETS" not in os.environ:
                bundle.write(_PACKAGE, [name for name in sys.modules if name.partition(".")[0] == "metaflow"])
            with open(marker, "w"):
                pass
    finally:
        os._exit(0)

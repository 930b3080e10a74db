"""The frame of a foreach, under the name that it has in Metaflow's artifacts: `__main__.ForeachFrame`."""

from __future__ import annotations

import sys
from collections import namedtuple

# `step` is the step that is fanned out, `value` the item's text, cut to a few characters.
ForeachFrame = namedtuple("ForeachFrame", ("step", "var", "num_splits", "index", "value"), module="__main__")

# Without this no process could unpickle `_foreach_stack`.
_main = sys.modules.get("__main__")
if _main is not None and not hasattr(_main, "ForeachFrame"):
    _main.ForeachFrame = ForeachFrame

"""What flows do, one file a topic."""

import importlib
import os


def load() -> None:
    """Imports all topics; their behaviours register themselves."""
    for name in sorted(os.listdir(os.path.dirname(__file__))):
        if name.endswith(".py") and name != "__init__.py":
            importlib.import_module("behaviours." + name[:-3])

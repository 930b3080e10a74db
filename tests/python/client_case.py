"""A store for tests of the client, and the environment in which it is looked at."""

import os
import tempfile
import unittest
from unittest import mock

import driver as _driver  # noqa: F401 (the package under test is found by it)
from metaflow.client import metadata, namespace, selection
from store_writer import StoreWriter


class Case(unittest.TestCase):
    """A store, looked at by the user `me`."""

    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.directory = directory.name
        clean = {name: value for name, value in os.environ.items() if not name.startswith("METAFLOW_")}
        patch = mock.patch.dict(os.environ, {**clean, "METAFLOW_USER": "me"}, clear=True)
        patch.start()
        self.addCleanup(patch.stop)
        self.store = StoreWriter(self.directory)
        self.fill()
        metadata(self.directory)
        namespace("user:me")
        self.addCleanup(selection.default_namespace)
        self.addCleanup(setattr, selection, "_store", None)

    def fill(self):
        self.store.whole_run("F/1", {"x": [1, 2], "_private": 7}, tags=["good"])
        self.store.whole_run("F/2", {"x": [3]}, success=False)

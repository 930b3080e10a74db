"""The version of Metaflow whose behaviour this is."""

from .metaflow_version import get_version

metaflow_version = get_version()

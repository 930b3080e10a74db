"""Values of `metaflow.metaflow_config` that come from an extension."""

from metaflow.metaflow_config_funcs import from_conf

CONFORMANCE_VALUE = from_conf("CONFORMANCE_VALUE", 42)
METAFLOW_CONFORMANCE_PLAIN = 43

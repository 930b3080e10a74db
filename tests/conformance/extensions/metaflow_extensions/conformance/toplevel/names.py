"""Names that `metaflow` has because of an extension."""

__mf_extensions__ = "conformance"

toplevel_value = 42

__version__ = "1.2.3"

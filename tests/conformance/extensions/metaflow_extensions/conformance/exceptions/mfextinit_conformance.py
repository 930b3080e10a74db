"""An exception that `metaflow.exception` has because of an extension."""

from metaflow.exception import MetaflowException


class ConformanceException(MetaflowException):
    headline = "An exception of the conformance suite"

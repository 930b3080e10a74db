"""The names of the client in one place: pickled client objects name their classes as `metaflow.client.core.X`."""

from .base import Metadata as Metadata
from .base import MetaflowObject as MetaflowObject
from .code import MetaflowCode as MetaflowCode
from .data import DataArtifact as DataArtifact
from .data import MetaflowArtifacts as MetaflowArtifacts
from .data import MetaflowData as MetaflowData
from .flow import Flow as Flow
from .flow import Metaflow as Metaflow
from .run import Run as Run
from .selection import default_metadata as default_metadata
from .selection import default_namespace as default_namespace
from .selection import get_metadata as get_metadata
from .selection import get_namespace as get_namespace
from .selection import inspect_spin as inspect_spin
from .selection import metadata as metadata
from .selection import namespace as namespace
from .step import Step as Step
from .task import Task as Task

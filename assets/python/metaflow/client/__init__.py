"""Reading runs: flows, runs, steps, tasks and artifacts of a store on this machine, whichever engine made them."""

from .core import DataArtifact as DataArtifact
from .core import Flow as Flow
from .core import Metaflow as Metaflow
from .core import Run as Run
from .core import Step as Step
from .core import Task as Task
from .core import default_metadata as default_metadata
from .core import default_namespace as default_namespace
from .core import get_metadata as get_metadata
from .core import get_namespace as get_namespace
from .core import inspect_spin as inspect_spin
from .core import metadata as metadata
from .core import namespace as namespace

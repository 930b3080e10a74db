"""How configuration values are read, under the name of the module from which extension packages import it."""

from __future__ import annotations

from .metaflow_config import config_values as config_values
from .metaflow_config import from_conf as from_conf
from .metaflow_config import get_validate_choice_fn as get_validate_choice_fn

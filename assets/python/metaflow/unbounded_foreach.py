"""Foreachs over as many items as the running step says: what they are made over, and the names around them."""

from __future__ import annotations

CONTROL_TASK_TAG = "control_task"
UBF_CONTROL = "ubf_control"
UBF_TASK = "ubf_task"


class UnboundedForeachInput:
    """Base class of what such a foreach goes over.

    One task, the control task, follows the split. A decorator of its step has the items worked on, and names the tasks
    that did it in `_control_mapper_tasks`; the join gets those.
    """

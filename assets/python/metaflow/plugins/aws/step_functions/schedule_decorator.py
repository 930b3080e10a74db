"""`@schedule`."""

from __future__ import annotations

from metaflow.plugins._elsewhere import ElsewhereFlowDecorator


class ScheduleDecorator(ElsewhereFlowDecorator):
    """Says when a scheduler is to run the flow."""

    name = "schedule"
    defaults = {"cron": None, "weekly": False, "daily": True, "hourly": False, "timezone": None}
    # It asks for nothing that a run by hand would lack.
    IS_LOCAL = True

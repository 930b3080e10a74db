"""`@environment`."""

from __future__ import annotations

from metaflow._decorator_base import StepDecorator


class EnvironmentDecorator(StepDecorator):
    """Sets variables for the process of the step."""

    name = "environment"
    defaults = {"vars": {}}

    def runtime_step_cli(self, cli_args, retry_count, max_user_code_retries, ubf_context) -> None:
        cli_args.env.update((str(name), str(value)) for name, value in self.attributes["vars"].items())

"""A flow decorator with an option on the command line."""

from metaflow.decorators import FlowDecorator
from metaflow.metaflow_current import current


class ConformanceFlowDecorator(FlowDecorator):
    """Puts the option's value into `current`."""

    name = "conformance_flow_decorator"

    defaults = {"given": None}

    options = {"conformance-option": {"default": None, "show_default": False, "help": "An option of the suite."}}

    def flow_init(self, flow, graph, environment, flow_datastore, metadata, logger, echo, options):
        self._given = options
        current._update_env(
            {
                "conformance_option": options["conformance-option"],
                "conformance_given": self.attributes["given"],
            }
        )

    def get_top_level_options(self):
        # So that tasks get it, too.
        return list(self._given.items())

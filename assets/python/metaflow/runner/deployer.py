"""Names of Metaflow's deployers: flowdev deploys from its command line, which each of them says."""

from __future__ import annotations

from ..exception import MetaflowException

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn


class NotOfferedException(MetaflowException):
    headline = "Deploying from Python is not offered"


class Deployer:
    """Says which command deploys."""

    def __init__(self, flow_file: str = "FLOW.py", *args: object, **kwargs: object) -> None:
        _refuse(flow_file)


class NBDeployer:
    """Says which command deploys."""

    def __init__(self, flow: object = None, *args: object, **kwargs: object) -> None:
        _refuse("FLOW.py")


class DeployedFlow:
    """Says which command deploys."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        _refuse("FLOW.py")

    @classmethod
    def from_deployment(cls, *args: object, **kwargs: object) -> NoReturn:
        _refuse("FLOW.py")

    @classmethod
    def list_deployed_flows(cls, *args: object, **kwargs: object) -> NoReturn:
        _refuse("FLOW.py")

    @classmethod
    def get_triggered_run(cls, *args: object, **kwargs: object) -> NoReturn:
        _refuse("FLOW.py")


def _refuse(flow_file: str) -> NoReturn:
    raise NotOfferedException(
        f"Schedulers are to be served by the command `flowdev deploy {flow_file}`, which is not there yet; until then, "
        f"deploy with Metaflow's own package in an environment of its own."
    )

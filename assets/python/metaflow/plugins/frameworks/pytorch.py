"""`@pytorch_parallel`: the variables that torch.distributed reads, on every node of a `num_parallel` step."""

from __future__ import annotations

import os

from metaflow import current
from metaflow.plugins.parallel_decorator import ParallelDecorator

_FIRST_PORT = 51000
_PORTS = 10000


class PytorchParallelDecorator(ParallelDecorator):
    """Prepares the nodes for torch.distributed; does not import torch."""

    name = "pytorch_parallel"
    defaults = {"master_port": None}
    IS_PARALLEL = True

    def setup_distributed_env(self, flow) -> None:
        setup_torch_distributed(self.attributes["master_port"])


def setup_torch_distributed(master_port: int | None = None) -> None:
    """Set the variables by which the nodes find each other."""
    if not master_port:
        try:
            # All nodes have to come to the same port, and other runs to another one.
            master_port = _FIRST_PORT + abs(int(current.run_id)) % _PORTS
        except (TypeError, ValueError):
            master_port = _FIRST_PORT + 1
    nodes = str(current.parallel.num_nodes)
    os.environ.update(
        MASTER_PORT=str(master_port),
        MASTER_ADDR=current.parallel.main_ip,
        NODE_RANK=str(current.parallel.node_index),
        WORLD_SIZE=nodes,
        NUM_NODES=nodes,
        # For Lightning.
        PL_TORCH_DISTRIBUTED_BACKEND="gloo",
    )

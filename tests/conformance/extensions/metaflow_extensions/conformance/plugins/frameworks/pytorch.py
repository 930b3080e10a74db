"""Replaces Metaflow's module of this name, which is there as `_orig`."""

from metaflow.plugins.frameworks._orig.pytorch import PytorchParallelDecorator, setup_torch_distributed


class ConformancePytorchDecorator(PytorchParallelDecorator):
    name = "conformance_pytorch"


__all__ = ["ConformancePytorchDecorator", "PytorchParallelDecorator", "setup_torch_distributed"]

"""Random numbers in forked tasks: as if each task were a fresh process that has imported the flow.

Python re-seeds its own generator after a fork, numpy does not; and neither knows the further generators that a module
has made for itself without a seed. Whoever seeds a generator while the flow is imported
wants the same numbers in each task, and gets them.
"""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType
    from typing import Any

_GENERATORS = ("random", "numpy.random")


class SeedWatch:
    """Notices calls of `seed` in the two generators while the flow file is executed."""

    def __init__(self, earlier: SeedWatch | None = None) -> None:
        # What was seeded by modules that were imported before, in the process that this one was forked from.
        self.seeded: dict[str, bool] = dict(earlier.seeded) if earlier is not None else {}
        self._original: dict[str, Any] = {}
        self._restore: list[Callable[[], None]] = []
        # Generators that modules have made without a seed.
        self.unseeded: list[Any] = []
        self.states: dict[str, Any] = {}

    def __enter__(self) -> SeedWatch:
        for name in _GENERATORS:
            module = sys.modules.get(name)
            if module is not None:
                self._wrap(name, module)
        sys.meta_path.insert(0, self)
        return self

    def __exit__(self, *_exception: object) -> None:
        sys.meta_path.remove(self)
        for name, original in self._original.items():
            sys.modules[name].seed = original
        for restore in self._restore:
            restore()
        for name, seeded in self.seeded.items():
            if seeded and name == "random":
                self.states[name] = sys.modules[name].getstate()

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:
        """Part of the import system: lets the modules through, and wraps their `seed` once they are there."""
        if name not in _GENERATORS:
            return None
        from importlib.machinery import PathFinder

        spec = PathFinder.find_spec(name, path, target)
        if spec is None or spec.loader is None:
            return spec
        loader = spec.loader
        watch = self

        class Loader:
            def create_module(self, spec: Any) -> Any:
                return loader.create_module(spec)

            def exec_module(self, module: ModuleType) -> None:
                spec.loader = module.__loader__ = loader
                loader.exec_module(module)
                watch._wrap(name, module)

        spec.loader = Loader()
        return spec

    def _wrap(self, name: str, module: ModuleType) -> None:
        original = getattr(module, "seed", None)
        if original is None:
            return

        def seed(*args: Any, **kwargs: Any) -> Any:
            # Without a value it asks for new entropy.
            self.seeded[name] = any(value is not None for value in (*args, *kwargs.values()))
            return original(*args, **kwargs)

        self._original[name] = original
        module.seed = seed
        self._wrap_constructor(module)

    def _wrap_constructor(self, module: ModuleType) -> None:
        if module.__name__ == "random":
            kind = module.Random
            reseed = kind.seed

            def seed(generator: Any, value: Any = None, *rest: Any) -> None:
                self.unseeded[:] = [known for known in self.unseeded if known is not generator]
                if value is None and not rest:
                    self.unseeded.append(generator)
                return reseed(generator, value, *rest)

            kind.seed = seed
            self._restore.append(lambda: setattr(kind, "seed", reseed))
            return
        make = module.default_rng

        def default_rng(seed: Any = None) -> Any:
            generator = make(seed)
            if seed is None:
                self.unseeded.append(generator)
            return generator

        default_rng.__doc__ = make.__doc__
        module.default_rng = default_rng
        self._restore.append(lambda: setattr(module, "default_rng", make))

    def refresh(self) -> None:
        """In a new task: the state after a seeded import, else new entropy."""
        random = sys.modules.get("random")
        if random is not None and "random" in self.states:
            random.setstate(self.states["random"])
        numpy_random = sys.modules.get("numpy.random")
        if numpy_random is not None and not self.seeded.get("numpy.random"):
            numpy_random.seed(int.from_bytes(os.urandom(4), "little"))
        for generator in self.unseeded:
            if hasattr(generator, "bit_generator"):
                generator.bit_generator.state = type(generator.bit_generator)().state
            else:
                generator.seed()

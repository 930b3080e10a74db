"""What belongs to the code package of a flow: the user's files, this package, extensions, modules with decorators."""

from __future__ import annotations

import os
import sys

from ..exception import MetaflowException
from . import ContentType
from .walk import files_below, has_suffix

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType
    from typing import Any

CODE = ".mf_code"
META = ".mf_meta"
MARKER = ".mf_install"
# Names at the top of the user's directory that are not the user's own: it may be an unpacked package itself.
EXCLUDED = (CODE, META, "_escape_trampolines")

_OWN_SUFFIXES = (".py", ".html", ".css", ".js")


class NonUniqueFileNameToFilePathMappingException(MetaflowException):
    headline = "Non-unique file path for a file name included in code package"

    def __init__(self, name: str, paths: list[str]) -> None:
        super().__init__(
            f"Two files are to have the name {name} in the code package: {' and '.join(paths)}. "
            "What add_to_package of decorators answers needs one name for each file."
        )


class Contents:
    """The files of one package, each as `(path, name in the archive)`."""

    def __init__(self, flow: Any, suffixes: tuple[str, ...]) -> None:
        self.flow = flow
        self.suffixes = suffixes
        self.directory = os.path.dirname(os.path.abspath(sys.argv[0])) + os.sep
        self.modules = _modules_of_decorators()
        self._user: dict[str, str] = {}
        self._code: dict[str, str] = {}
        self._other: dict[str, str] = {}
        # Modules that decorators name besides, by name.
        self.more_modules: dict[str, ModuleType] = {}
        for addition in _additions(type(flow)):
            self._add(*addition)
        self.module_files = [
            pair for name, module in {**self.modules, **self.more_modules}.items() for pair in _files_of(name, module)
        ]

    def _add(self, path: Any, name: str, kind: ContentType = ContentType.CODE_CONTENT) -> None:
        if kind == ContentType.MODULE_CONTENT:
            self.more_modules[path.__name__] = path
            return
        kept = {
            ContentType.USER_CONTENT: self._user,
            ContentType.CODE_CONTENT: self._code,
            ContentType.OTHER_CONTENT: self._other,
        }[kind]
        real = os.path.realpath(path)
        if kept.setdefault(name, real) != real:
            raise NonUniqueFileNameToFilePathMappingException(name, [kept[name], real])

    def files(self) -> Iterator[tuple[str, str]]:
        """Files of the package that are there already, the user's own last."""
        yield from self._own_code()
        for name, path in self._code.items():
            yield path, os.path.join(CODE, name.lstrip("/"))
        yield from self.module_files
        for name, path in self._other.items():
            yield path, os.path.join(META, name.lstrip("/"))

    def user_files(self) -> Iterator[tuple[str, str]]:
        """The files beside the flow, and what decorators add to them."""
        seen = set()
        for path, name in files_below(self.directory, excluded=EXCLUDED):
            if has_suffix(os.path.basename(name), self.suffixes):
                seen.add(name)
                yield path, name
        for name, path in self._user.items():
            if name not in seen:
                yield path, name

    def generated(self) -> Iterator[tuple[bytes, str]]:
        """What is written for the package alone, with the names in the archive."""
        import json

        from .. import extension_support, user_configs
        from ..metaflow_environment import MetaflowEnvironment

        if extension_support.present():
            # Without it, Python would look for further extensions where the package is unpacked.
            yield b"", os.path.join(CODE, extension_support.EXT_PKG, "__init__.py")
        info = MetaflowEnvironment(self.flow).get_environment_info(include_ext_info=True)
        configs = user_configs.parsed()
        contents = {
            f"{META}/INFO": {name: value for name, value in info.items() if value not in (None, "")},
            f"{META}/CONFIG": {"user_configs": configs} if configs else {},
            f"{META}/DIST_INFO": _distributions([*self.modules, *self.more_modules]),
            MARKER: {"version": 1, "module_files": [name for _path, name in self.module_files]},
        }
        for name, content in contents.items():
            yield json.dumps(content).encode(), name

    def _own_code(self) -> Iterator[tuple[str, str]]:
        root = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
        for path, name in files_below(root, hidden=True):
            if name.endswith(_OWN_SUFFIXES):
                yield path, os.path.join(CODE, "metaflow", name)
        from .. import extension_support

        for path, name in extension_support.package_files():
            yield path, os.path.join(CODE, extension_support.EXT_PKG, name)


def _additions(flow: type) -> Iterator[tuple[Any, ...]]:
    """What the decorators and mutators of a flow add, each asked once."""
    from ..decorators import flow_decorators, flow_mutators, steps_of

    steps = steps_of(flow)
    sources = [*flow_decorators(flow)]
    sources += [decorator for step in steps for decorator in step.decorators]
    sources += flow_mutators(flow)
    sources += [mutator for step in steps for mutator in step.config_decorators]
    for source in {id(source): source for source in sources}.values():
        yield from source.add_to_package()


def _modules_of_decorators() -> dict[str, ModuleType]:
    """Modules that define users' decorators or ask to be included; of a package and its modules, the package."""
    from ..user_decorators.user_flow_decorator import FlowMutator
    from ..user_decorators.user_step_decorator import UserStepDecoratorBase

    defining = UserStepDecoratorBase.registry.modules | FlowMutator.registry.modules
    found: dict[str, ModuleType] = {}
    for name, module in sorted(sys.modules.items()):
        if name in ("__main__", "__mp_main__") or not hasattr(module, "__file__"):
            # The flow's own file is among the user's files.
            continue
        if name in defining or getattr(module, "METAFLOW_PACKAGE_POLICY", None) == "include":
            if not any(name.startswith(other + ".") for other in found):
                found[name] = module
    return found


def roots_of(module: ModuleType) -> list[str]:
    """The directories of a package, or the file of a module."""
    places = getattr(module, "__path__", None) or [module.__file__]
    return sorted({os.path.realpath(place) for place in places if place})


def _files_of(name: str, module: ModuleType) -> Iterator[tuple[str, str]]:
    base = os.path.join(CODE, *name.split("."))
    for root in roots_of(module):
        if not os.path.isdir(root):
            yield root, base + ".py"
            continue
        for path, inner in files_below(root, hidden=True):
            if not inner.endswith(".pyc"):
                yield path, os.path.join(base, inner)


def _distributions(modules: list[str]) -> dict[str, dict[str, str]]:
    """What is known of the installed distributions that the modules are from."""
    if not modules:
        return {}
    from importlib import metadata

    tops = {name.split(".")[0] for name in modules}
    found = {}
    for distribution in metadata.distributions():
        if tops & {file.parts[0].partition(".")[0] for file in distribution.files or ()}:
            found[distribution.metadata["Name"]] = {
                key: distribution.read_text(key) or "" for key in ("METADATA", "RECORD")
            }
    return found

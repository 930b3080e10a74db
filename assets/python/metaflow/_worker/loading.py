"""Executing a flow file as `__main__`, once per template, and saying what was found in it."""

from __future__ import annotations

import gc
import itertools
import os
import sys

from .. import _launch
from .._frames import ForeachFrame
from ..decorators import steps_of
from ..flowspec import FlowConstructed, FlowSpec
from . import ahead, place
from .data_files import DataFiles
from .describe import describe_flow
from .libraries import files_of
from .lifecycle import init_flow_decorators, init_step_decorators
from .project import Project, forget, imported_since, last_imported
from .randomness import SeedWatch
from .surroundings import Surroundings

TYPE_CHECKING = False
if TYPE_CHECKING:
    import ast
    from collections.abc import Iterable
    from types import CodeType
    from typing import Any

    from .data_files import State


class LoadFailed(Exception):
    """The flow file could not be executed, or has no flow; `error` is the protocol's Error."""

    def __init__(self, error: dict[str, Any]) -> None:
        super().__init__(error["message"])
        self.error = error


class Loaded:
    """A flow file that was executed in this process."""

    def __init__(self, file: str, flow: FlowSpec, seeds: SeedWatch, around: Surroundings, project: Project) -> None:
        self.file = file
        self.project = project
        self.flow = flow
        self.seeds = seeds
        self.around = around
        # Files of the project that it is made of.
        self.modules: list[str] = []
        # Those that it has read while it was loaded.
        self.data: dict[str, State] = {}
        # Modules that a forkserver could have imported ahead.
        self.imports: list[str] = []
        # Files of libraries that were imported with it.
        self.installed: dict[str, list[str]] = {}

    def describe(self) -> dict[str, Any]:
        try:
            return describe_flow(type(self.flow), self.file, self.around)
        except Exception as error:
            # A decorator says only now what it makes of its attributes.
            place.note(error, place.of_class(type(self.flow)))
            from .errors import describe_exception

            raise LoadFailed(describe_exception(error)) from error


class Ahead:
    """The modules of a project, imported before the flow file is executed in a process that is forked from this one."""

    def __init__(
        self, seeds: SeedWatch, modules: list[str], data: dict[str, State], installed: dict[str, list[str]]
    ) -> None:
        self.seeds = seeds
        # Their files.
        self.modules = modules
        # Those that they have read.
        self.data = data
        # Those of the libraries that they import.
        self.installed = installed


_ahead: Ahead | None = None


def import_ahead(message: dict[str, Any]) -> Ahead:
    """Do what the file named by an `import` message does first: the imports at its top, up to any other statement."""
    global _ahead
    file = message["file"]
    _enter(message)
    mark = last_imported()
    with DataFiles() as data, SeedWatch() as seeds:
        try:
            exec(_compile(file, imports_only=True), {"__name__": "__main__", "__file__": file})
        except BaseException as error:
            # Whatever it is, the flow meets it again when its file is executed, and tells the user then.
            sys.stderr.write(f"{type(error).__name__}: {error}\n")
    names, project = imported_since(mark), _project_of(message)
    modules = sorted(project.files_of(names))
    _ahead = Ahead(seeds, modules, data.of(project, file), files_of(names, project))
    return _ahead


def _enter(message: dict[str, Any]) -> None:
    """Make this process look as if Python had been started with the flow file."""
    for name in message.get("unset") or ():
        os.environ.pop(name, None)
    os.environ.update(message.get("env") or {})
    file = message["file"]
    os.chdir(message["cwd"])
    sys.argv = list(message.get("argv") or [file])
    directory = os.path.dirname(os.path.realpath(file))
    if _ahead is None or sys.path[0] != directory:
        sys.path.insert(0, directory)
    if _ahead is None:
        forget(message.get("own") or (), directory)


def _project_of(message: dict[str, Any]) -> Project:
    return Project(os.path.dirname(os.path.realpath(message["file"])), message["cwd"])


def load(message: dict[str, Any]) -> Loaded:
    """Execute the file named by a `load` message; raises `LoadFailed`."""
    file = message["file"]
    try:
        _enter(message)
        mark = last_imported()
        if _ahead is not None:
            # Python has seeded its generator anew in the fork.
            _ahead.seeds.refresh()
        with DataFiles() as data:
            with SeedWatch(_ahead and _ahead.seeds) as seeds:
                flow = _execute(file, message.get("flow"))
            try:
                around = _prepare(flow, message)
            except BaseException as error:
                place.note(error, place.of_class(type(flow)))
                raise
    except BaseException as error:
        # The user's module may raise anything, and `sys.exit` in it must not end the template.
        from .errors import describe_exception

        if isinstance(error, (SyntaxError, ValueError)) and error.__traceback__.tb_next is not None:
            # What `compile` refuses as a whole.
            place.note(error, (file, 1))
        raise LoadFailed(describe_exception(error)) from error
    if any(decorator.name == "card" for function in steps_of(type(flow)) for decorator in function.decorators):
        # Each task would import it otherwise.
        from .._cards import collector as _collector
        from .._cards import render as _render  # noqa: F401

        _collector.load_kinds(type(flow))
    gc.collect()
    from ..user_configs import files_read

    loaded = Loaded(file, flow, seeds, around, _project_of(message))
    names = imported_since(mark)
    loaded.modules = sorted({*loaded.project.files_of(names), *files_read(), *(_ahead.modules if _ahead else ())})
    loaded.data = {**data.of(loaded.project, file), **(_ahead.data if _ahead else {})}
    loaded.imports = ahead.worth_importing(names, loaded.project)
    loaded.installed = files_of(names, loaded.project)
    return loaded


def _compile(file: str, imports_only: bool = False) -> CodeType:
    with open(file, "rb") as source:
        text = source.read()
    if not imports_only:
        return compile(text, file, "exec", dont_inherit=True)
    import ast

    tree = ast.parse(text, file)
    tree.body = list(itertools.takewhile(_is_import, tree.body))
    return compile(tree, file, "exec", dont_inherit=True)


def _is_import(statement: ast.stmt) -> bool:
    import ast

    if isinstance(statement, ast.Expr):
        # A docstring.
        return isinstance(statement.value, ast.Constant)
    return isinstance(statement, (ast.Import, ast.ImportFrom))


def _execute(file: str, wanted: str | None) -> FlowSpec:
    # As `importlib.machinery` has it, which takes a millisecond of imports to say so.
    from _frozen_importlib_external import SourceFileLoader

    module = type(sys)("__main__")
    module.__file__ = file
    module.__builtins__ = __builtins__
    module.__loader__ = SourceFileLoader("__main__", file)
    module.__annotations__ = {}
    # Artifacts name this class by the module that is the flow's.
    module.ForeachFrame = ForeachFrame
    sys.modules["__main__"] = module
    _launch.found = found = []
    try:
        exec(_compile(file), module.__dict__)
    except FlowConstructed:
        # What follows `MyFlow()` in the file never runs under the command line either.
        pass
    for flow in found:
        if wanted in (None, type(flow).__name__):
            return flow
    return _choose(module, file, wanted)


def _choose(module: Any, file: str, wanted: str | None) -> FlowSpec:
    """The flow of a file that constructs none, or not the one that is asked for."""
    classes = [
        value
        for value in vars(module).values()
        if isinstance(value, type)
        and issubclass(value, FlowSpec)
        and value.__module__ == "__main__"
        and (wanted is None or value.__name__ == wanted)
    ]
    with_steps = [value for value in classes if steps_of(value)]
    if len(with_steps) != 1:
        what = f"no flow named '{wanted}'" if wanted else "no flow" if not with_steps else "more than one flow"
        raise LookupError(
            f"{os.path.basename(file)} defines {what}: a class derived from FlowSpec with steps is expected"
        )
    return with_steps[0](use_cli=False)


def _prepare(flow: FlowSpec, message: dict[str, Any]) -> Surroundings:
    """From the class as it is written to the flow that runs: configs, mutators, decorators of the command line."""
    from .. import user_configs, user_decorators

    kind = type(flow)
    around = Surroundings(flow)
    configs = message.get("configs") or {}
    user_configs.resolve(kind, configs.get("files"), configs.get("values"), message.get("origin"))
    user_decorators.pre_mutate(kind)
    init_flow_decorators(flow, around, message.get("options") or {})
    user_decorators.attach(kind, _specs(message.get("with") or ()))
    user_decorators.mutate(kind)
    init_step_decorators(flow, around)
    return around


def _specs(given: Iterable[str]) -> list[str]:
    """Those of the command line or of the variable that stands for it, then those that hold for all flows."""
    from ..extension_support import names_of

    specs = list(given) or os.environ.get("METAFLOW_DECOSPECS", "").split()
    default = os.environ.get("METAFLOW_DEFAULT_DECOSPECS") or names_of("config").get("DEFAULT_DECOSPECS", "")
    # Whoever wrote the command line may have looked at these already.
    return list(dict.fromkeys((*specs, *default.split())))

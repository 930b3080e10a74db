"""`package`: the code package, that is what another machine would need to run the flow."""

from __future__ import annotations

from . import terminal
from .kinds import INTEGER
from .options import Argument, Command, Option

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..packaging_sys.contents import Contents
    from .state import State


def _contents(state: State) -> Contents:
    from ..metaflow_config import DEFAULT_PACKAGE_SUFFIXES
    from ..packaging_sys.contents import Contents
    from ..packaging_sys.walk import suffixes_of

    # The option adds to those that the configuration names.
    given = [*suffixes_of(DEFAULT_PACKAGE_SUFFIXES), *suffixes_of(state.values["package_suffixes"])]
    return Contents(state.flow, tuple(dict.fromkeys(given)))


def _info(state: State) -> None:
    from .. import __version__, extension_support
    from ..packaging_sys import contents as parts
    from ..packaging_sys.archive import archive
    from ..user_decorators.user_flow_decorator import FlowMutator
    from ..user_decorators.user_step_decorator import UserStepDecoratorBase

    contents = _contents(state)
    count = sum(1 for which in (contents.files, contents.generated, contents.user_files) for _ in which())
    lines = [f"Package size: {_size(len(archive(contents)))}", f"Number of files: {count}", ""]
    lines += [f"Metaflow version: {__version__}", ""]
    installed = extension_support.extension_info()["installed"]
    if installed:
        lines.append("Metaflow extensions packaged:")
        lines += [f"  - {name} ({one['extension_name']}) @ {one['dist_version']}" for name, one in installed.items()]
        lines.append("")
    for title, modules in (
        ("Metaflow modules:", contents.modules),
        ("Non-Metaflow packaged modules:", contents.more_modules),
    ):
        if not modules:
            continue
        lines.append(title)
        for name, module in modules.items():
            lines.append(f"  - {name} @ {', '.join(parts.roots_of(module))}")
            for what, kind in (("step decorators", UserStepDecoratorBase), ("flow mutators", FlowMutator)):
                provided = kind.registry.defined_in(name)
                if provided:
                    lines.append(f"    - Provides {what}: {', '.join(provided)}")
        lines.append("")
    lines += [
        f"User code in flow {state.flow.name}:",
        f"  - Packaged from directory {contents.directory}",
        f"  - Filtered by suffixes: {', '.join(contents.suffixes)}",
        f"  - Excluded directories: {', '.join(parts.EXCLUDED)}",
    ]
    terminal.write("\n".join(lines), err=True, raw=True)


def _list(state: State, archive: bool) -> None:
    contents = _contents(state)
    state.echo("Files included in the code package (change with --package-suffixes):", colour="magenta")
    lines = [name if archive else path for path, name in contents.files()]
    lines += [name if archive else f"<generated: {name}>" for _data, name in contents.generated()]
    lines += [name if archive else path for path, name in contents.user_files()]
    terminal.write("\n".join(lines), err=True, raw=True)


def _save(state: State, path: str) -> None:
    from ..exception import CommandException
    from ..packaging_sys.archive import METADATA, archive

    packed = archive(_contents(state))
    try:
        with open(path, "wb") as file:
            file.write(packed)
    except OSError as problem:
        raise CommandException(f"The code package cannot be written to {path}: {problem.strerror}.") from problem
    state.echo(f"Code package saved in *{path}* with metadata: {METADATA}", colour="magenta")


def _size(count: float) -> str:
    for unit in ("B", "KB", "MB", "GB"):
        if count < 1024:
            return f"{count:.2f} {unit}"
        count /= 1024
    return f"{count:.2f} TB"


OPTIONS = [Option("--timeout", kind=INTEGER, default=60, help="Accepted; packing waits for nothing.")]

COMMANDS = {
    "info": Command(_info, "What is in the package, in short."),
    "list": Command(
        _list,
        "The files of the package.",
        [Option("--archive/--no-archive", default=False, show_default=True, help="Paths within the archive.")],
    ),
    "save": Command(_save, "Write the package to a file.", [], [Argument("path")]),
}

"""`NBRunner`: run a flow that is written in a notebook's cell."""

from __future__ import annotations

import ast
import os
import tempfile

from .metaflow_runner import ExecutingRun, ExecutingTask, Runner

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ..client import Run
    from ..flowspec import FlowSpec


class NBRunnerInitializationError(Exception):
    """This is no notebook."""


class NBRunner:
    """As `Runner`, for the flow that the last line of its own cell names."""

    def __init__(
        self,
        flow: type[FlowSpec],
        show_output: bool = True,
        profile: str | None = None,
        env: dict[str, str] | None = None,
        base_dir: str | None = None,
        file_read_timeout: int = 3600,
        **kwargs: Any,
    ) -> None:
        self.flow = flow
        self.cell = current_cell("NBRunner", NBRunnerInitializationError)
        self.base_dir = base_dir or os.getcwd()
        self.flow_file = write_flow(self.cell, flow.__name__, self.base_dir)
        try:
            self.runner = Runner(
                self.flow_file,
                show_output=show_output,
                profile=profile,
                # Otherwise the server takes the run's processes for its own.
                env={**(env or {}), "JPY_PARENT_PID": ""},
                cwd=self.base_dir,
                file_read_timeout=file_read_timeout,
                **kwargs,
            )
        except BaseException:
            os.remove(self.flow_file)
            raise

    def nbrun(self, **kwargs: Any) -> Run:
        """Run the flow to its end, clean up, and answer the run."""
        try:
            return self.runner.run(**kwargs).run
        finally:
            self.cleanup()

    def nbresume(self, **kwargs: Any) -> Run:
        """Resume a run to its end, clean up, and answer the new run."""
        try:
            return self.runner.resume(**kwargs).run
        finally:
            self.cleanup()

    def nbspin(self, pathspec: str, **kwargs: Any) -> Any:
        """Spin a step to its end, clean up, and answer the task."""
        try:
            return self.runner.spin(pathspec, **kwargs).task
        finally:
            self.cleanup()

    def run(self, **kwargs: Any) -> ExecutingRun:
        """As `Runner.run`."""
        return self.runner.run(**kwargs)

    def resume(self, **kwargs: Any) -> ExecutingRun:
        """As `Runner.resume`."""
        return self.runner.resume(**kwargs)

    def spin(self, pathspec: str, **kwargs: Any) -> ExecutingTask:
        """As `Runner.spin`."""
        return self.runner.spin(pathspec, **kwargs)

    async def async_run(self, **kwargs: Any) -> ExecutingRun:
        """As `Runner.async_run`."""
        return await self.runner.async_run(**kwargs)

    async def async_resume(self, **kwargs: Any) -> ExecutingRun:
        """As `Runner.async_resume`."""
        return await self.runner.async_resume(**kwargs)

    async def async_spin(self, pathspec: str, **kwargs: Any) -> ExecutingTask:
        """As `Runner.async_spin`."""
        return await self.runner.async_spin(pathspec, **kwargs)

    def cleanup(self) -> None:
        """Remove the flow's file, and what `Runner.cleanup` removes."""
        if os.path.exists(self.flow_file):
            os.remove(self.flow_file)
        self.runner.cleanup()


def current_cell(who: str, error: type[Exception]) -> str:
    """The text of the notebook's cell that is executed."""
    try:
        from IPython import get_ipython
    except ModuleNotFoundError:
        raise error(f"'{who}' works in notebooks, and needs IPython, which is not installed here.") from None
    shell = get_ipython()
    if shell is None:
        raise error(f"'{who}' works in notebooks only; use Runner or the command line for a flow in a file.")
    cells = shell.history_manager.input_hist_raw
    if not cells or not cells[-1]:
        raise ValueError("Couldn't find a cell.")
    return cells[-1]


def write_flow(cell: str, name: str, directory: str) -> str:
    """A flow file of the cell, up to the end of the flow's class; answers its path."""
    classes = [node for node in ast.parse(cell).body if isinstance(node, ast.ClassDef) and node.name == name]
    if not classes:
        raise ModuleNotFoundError(f"This cell does not define the flow {name}.")
    lines = cell.splitlines()[: classes[-1].end_lineno]
    lines += ["", "", 'if __name__ == "__main__":', f"    {name}()", ""]
    descriptor, path = tempfile.mkstemp(prefix=name, suffix=".py", dir=directory)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write("\n".join(lines))
    return path

"""`Runner`: run, resume and spin a flow from Python, and have the client's object of what came of it."""

from __future__ import annotations

import os
import sys

from ..client import Run, Task
from .attribute_file import attribute_pipe
from .command_line import CommandLine, environment
from .subprocess_manager import CommandManager, SubprocessManager

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from typing import Any


class ExecutingProcess:
    """A run, resume or spin that was started: the process, and what it prints."""

    def __init__(self, runner: Runner, command_obj: CommandManager) -> None:
        self.runner = runner
        self.command_obj = command_obj

    def __enter__(self) -> Any:
        return self

    def __exit__(self, *error: object) -> None:
        self.runner.cleanup()

    async def __aenter__(self) -> Any:
        return self

    async def __aexit__(self, *error: object) -> None:
        self.runner.cleanup()

    async def wait(self, timeout: float | None = None, stream: str | None = None) -> Any:
        """Wait for the end, printing `stdout` or `stderr` meanwhile if so wished; what takes longer than `timeout`
        seconds is ended."""
        await self.command_obj.wait(timeout, stream)
        return self

    @property
    def returncode(self) -> int | None:
        """The exit code of the process; None while it runs."""
        return self.command_obj.process.returncode

    @property
    def status(self) -> str:
        """`running`, `successful`, `failed`, or `timeout`."""
        if self.command_obj.timeout:
            return "timeout"
        if self.returncode is None:
            return "running"
        return "failed" if self.returncode else "successful"

    @property
    def stdout(self) -> str:
        """What was printed so far."""
        return self.command_obj.log("stdout")

    @property
    def stderr(self) -> str:
        """What was printed as errors so far."""
        return self.command_obj.log("stderr")

    async def stream_log(self, stream: str, position: int | None = None) -> AsyncIterator[tuple[int, str]]:
        """Lines of `stdout` or `stderr` as they come, each with the position from which another call goes on."""
        async for after, line in self.command_obj.stream_log(stream, position):
            yield after, line


class ExecutingRun(ExecutingProcess):
    """A run that was started, or resumed."""

    def __init__(self, runner: Runner, command_obj: CommandManager, run_obj: Run) -> None:
        super().__init__(runner, command_obj)
        self.run = run_obj


class ExecutingTask(ExecutingProcess):
    """A step that was spun."""

    def __init__(self, runner: Runner, command_obj: CommandManager, task_obj: Task) -> None:
        super().__init__(runner, command_obj)
        self.task = task_obj


class Runner:
    """Runs, resumes and spins the flow of a file; keyword arguments are the options before the command."""

    def __init__(
        self,
        flow_file: str,
        show_output: bool = True,
        profile: str | None = None,
        env: dict[str, str] | None = None,
        cwd: str | None = None,
        file_read_timeout: int = 3600,
        **kwargs: Any,
    ) -> None:
        self.flow_file = os.path.abspath(flow_file)
        self.show_output = show_output
        self.env_vars = environment(env, profile)
        self.cwd = cwd or os.getcwd()
        self.file_read_timeout = file_read_timeout
        self.top_level_kwargs = kwargs
        self.spm = SubprocessManager()
        self._command_line = CommandLine(self.flow_file)

    def __enter__(self) -> Runner:
        return self

    def __exit__(self, *error: object) -> None:
        self.cleanup()

    async def __aenter__(self) -> Runner:
        return self

    async def __aexit__(self, *error: object) -> None:
        self.cleanup()

    def run(self, **kwargs: Any) -> ExecutingRun:
        """Run the flow to its end; keyword arguments are the options of `run`, parameters among them."""
        return self._executing_run(*self._execute("run", [], kwargs))

    def resume(self, **kwargs: Any) -> ExecutingRun:
        """Resume a run to its end; keyword arguments are the options of `resume`, and `step_to_rerun`."""
        return self._executing_run(*self._execute("resume", [], kwargs))

    def spin(self, pathspec: str, **kwargs: Any) -> ExecutingTask:
        """Spin a step, or the task of a pathspec, to its end; keyword arguments are the options of `spin`."""
        return self._executing_task(*self._execute("spin", [pathspec], kwargs))

    async def async_run(self, **kwargs: Any) -> ExecutingRun:
        """As `run`, but answers as soon as the run is there."""
        return self._executing_run(*await self._async_execute("run", [], kwargs))

    async def async_resume(self, **kwargs: Any) -> ExecutingRun:
        """As `resume`, but answers as soon as the new run is there."""
        return self._executing_run(*await self._async_execute("resume", [], kwargs))

    async def async_spin(self, pathspec: str, **kwargs: Any) -> ExecutingTask:
        """As `spin`, but answers as soon as the task is there."""
        return self._executing_task(*await self._async_execute("spin", [pathspec], kwargs))

    def cleanup(self) -> None:
        """Remove temporary files, among them those that `stdout` and `stderr` are read from."""
        self.spm.cleanup()

    def _command(self, verb: str, arguments: list[str], pipe: str, given: dict[str, Any]) -> list[str]:
        words = self._command_line.words(
            verb, arguments, self.top_level_kwargs, {**given, "runner_attribute_file": pipe}, self.env_vars, self.cwd
        )
        return [sys.executable, *words]

    def _execute(
        self, verb: str, arguments: list[str], given: dict[str, Any]
    ) -> tuple[CommandManager, dict[str, Any]]:
        with attribute_pipe() as pipe:
            words = self._command(verb, arguments, pipe.path, given)
            command = self.spm.commands[self.spm.run_command(words, self.env_vars, self.cwd, self.show_output)]
            try:
                attributes = pipe.read(command, self.file_read_timeout)
                command.sync_wait()
            except BaseException:
                # Whoever interrupts us means the run as well.
                command.kill()
                raise
        return command, attributes

    async def _async_execute(
        self, verb: str, arguments: list[str], given: dict[str, Any]
    ) -> tuple[CommandManager, dict[str, Any]]:
        import asyncio

        with attribute_pipe() as pipe:
            words = self._command(verb, arguments, pipe.path, given)
            command = self.spm.commands[await self.spm.async_run_command(words, self.env_vars, self.cwd)]
            attributes = await asyncio.to_thread(pipe.read, command, self.file_read_timeout)
        return command, attributes

    def _executing_run(self, command: CommandManager, attributes: dict[str, Any]) -> ExecutingRun:
        path = f"{attributes['flow_name']}/{attributes['run_id']}"
        run = Run(path, _namespace_check=False, _current_metadata=attributes["metadata"])
        return ExecutingRun(self, command, run)

    def _executing_task(self, command: CommandManager, attributes: dict[str, Any]) -> ExecutingTask:
        path = "/".join(attributes[name] for name in ("flow_name", "run_id", "step_name", "task_id"))
        task = Task(path, _namespace_check=False, _current_metadata=attributes["metadata"])
        return ExecutingTask(self, command, task)

"""Processes that are started for somebody: their output in files, waiting for them, ending them.

`asyncio` is imported where it is used: `from metaflow import *` comes by here in flows that never use it.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import weakref

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from typing import Any

# Seconds between two looks for more output.
_PAUSE = 0.01


class LogReadTimeoutError(Exception):
    """No line came in the time that was given."""


class CommandManager:
    """One process."""

    def __init__(self, command: list[str], env: dict[str, str] | None = None, cwd: str | None = None) -> None:
        self.command = command
        self.env = env
        self.cwd = cwd or os.getcwd()
        self.process: Any = None
        # Whether `wait` gave up on the process.
        self.timeout = False
        self.log_files: dict[str, str] = {}
        self._readers: list[threading.Thread] = []
        self._clean: Any = None

    async def __aenter__(self) -> CommandManager:
        return self

    async def __aexit__(self, *error: object) -> None:
        self.cleanup()

    def run(self, show_output: bool = False) -> int:
        """Start the process, whose output is also shown if so wished; answers its id."""
        self._prepare()
        self.process = subprocess.Popen(
            self.command, cwd=self.cwd, env=self.env, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        for name in ("stdout", "stderr"):
            reader = threading.Thread(
                target=_copy, args=(getattr(self.process, name), self.log_files[name], show_output), daemon=True
            )
            reader.start()
            self._readers.append(reader)
        return self.process.pid

    async def async_run(self) -> int:
        """Start the process without waiting for anything; answers its id."""
        import asyncio

        self._prepare()
        with open(self.log_files["stdout"], "wb") as out, open(self.log_files["stderr"], "wb") as err:
            self.process = await asyncio.create_subprocess_exec(
                *self.command, cwd=self.cwd, env=self.env, stdout=out, stderr=err
            )
        return self.process.pid

    def _prepare(self) -> None:
        if self.process is not None:
            raise RuntimeError("This command was started already; make another CommandManager for it.")
        place = tempfile.mkdtemp()
        # Files of those who forget to clean up go when this object goes.
        self._clean = weakref.finalize(self, shutil.rmtree, place, ignore_errors=True)
        for name in ("stdout", "stderr"):
            self.log_files[name] = os.path.join(place, f"{name}.log")
            with open(self.log_files[name], "wb"):
                pass

    def _started(self) -> Any:
        if self.process is None:
            raise RuntimeError("No command was started yet.")
        return self.process

    @property
    def has_ended(self) -> bool:
        process = self._started()
        if isinstance(process, subprocess.Popen):
            return process.poll() is not None
        return process.returncode is not None

    def sync_wait(self) -> None:
        """Wait for the end of the process and of its output."""
        self._started().wait()
        self.sync_output()

    def sync_output(self) -> None:
        """Wait for the end of the output."""
        for reader in self._readers:
            reader.join()

    async def wait(self, timeout: float | None = None, stream: str | None = None) -> None:
        """Wait for the end, printing `stdout` or `stderr` meanwhile if so wished; a process that takes longer than
        `timeout` seconds is ended."""
        import asyncio

        process = self._started()
        if stream is not None:
            waiting: Any = self.emit_logs(stream)
        elif isinstance(process, subprocess.Popen):
            waiting = asyncio.to_thread(self.sync_wait)
        else:
            waiting = process.wait()
        try:
            await asyncio.wait_for(waiting, timeout)
        except asyncio.TimeoutError:
            self.timeout = True
            await asyncio.to_thread(self.kill)
            if not isinstance(process, subprocess.Popen):
                await process.wait()
            print(
                f"Timeout: The process (PID {process.pid}; command: '{' '.join(self.command)}') did not complete "
                f"within {timeout} seconds."
            )
            return
        if not isinstance(process, subprocess.Popen):
            await process.wait()

    async def stream_log(
        self, stream: str, position: int | None = None, timeout_per_line: float | None = None
    ) -> AsyncIterator[tuple[int, str]]:
        """Lines of `stdout` or `stderr` as they come, each with the position after it, to the end of the process."""
        import asyncio

        self._started()
        if stream not in self.log_files:
            raise ValueError(f"There is no log of '{stream}'; there are: {', '.join(self.log_files)}.")
        with open(self.log_files[stream], "rb") as file:
            file.seek(position or 0)
            waited = 0.0
            part = b""
            while True:
                # Asked before reading: what an ended process wrote is there by then.
                has_ended = self.has_ended and not any(reader.is_alive() for reader in self._readers)
                part += file.readline()
                if part.endswith(b"\n") or (part and has_ended):
                    yield file.tell(), part.decode(errors="replace").rstrip()
                    part, waited = b"", 0.0
                    continue
                if has_ended:
                    return
                if timeout_per_line is not None and waited >= timeout_per_line:
                    raise LogReadTimeoutError(f"No line of {stream} came within {timeout_per_line} seconds.")
                await asyncio.sleep(_PAUSE)
                waited += _PAUSE

    async def emit_logs(self, stream: str = "stdout", custom_logger: Callable[[str], Any] = print) -> None:
        """Print the lines as they come, or give them to another function."""
        async for _, line in self.stream_log(stream):
            custom_logger(line)

    def log(self, stream: str) -> str:
        """What was written so far."""
        with open(self.log_files[stream], encoding="utf-8", errors="replace", newline="") as file:
            return file.read()

    def kill(self, termination_timeout: float = 2) -> None:
        """End the process: it is asked to, and after `termination_timeout` seconds it has to."""
        process = self._started()
        for number in (signal.SIGTERM, signal.SIGKILL):
            if self.has_ended:
                return
            try:
                process.send_signal(number)
            except ProcessLookupError:
                return
            if self._ends_within(termination_timeout):
                return

    def _ends_within(self, seconds: float) -> bool:
        import time

        until = time.monotonic() + seconds
        while not (self.has_ended or _is_zombie(self.process.pid)):
            if time.monotonic() >= until:
                return False
            time.sleep(_PAUSE)
        return True

    def cleanup(self) -> None:
        """Remove the files of the output."""
        if self._clean is not None:
            self._clean()


class SubprocessManager:
    """The processes that one runner started."""

    def __init__(self) -> None:
        self.commands: dict[int, CommandManager] = {}

    async def __aenter__(self) -> SubprocessManager:
        return self

    async def __aexit__(self, *error: object) -> None:
        self.cleanup()

    def run_command(
        self, command: list[str], env: dict[str, str] | None = None, cwd: str | None = None, show_output: bool = False
    ) -> int:
        """Start a command; answers the id of its process."""
        manager = CommandManager(command, env, cwd)
        pid = manager.run(show_output)
        self.commands[pid] = manager
        return pid

    async def async_run_command(
        self, command: list[str], env: dict[str, str] | None = None, cwd: str | None = None
    ) -> int:
        """Start a command; answers the id of its process."""
        manager = CommandManager(command, env, cwd)
        pid = await manager.async_run()
        self.commands[pid] = manager
        return pid

    def get(self, pid: int) -> CommandManager | None:
        """The command of that process."""
        return self.commands.get(pid)

    def cleanup(self) -> None:
        """Remove the files of all outputs."""
        for command in self.commands.values():
            command.cleanup()


def _copy(pipe: Any, path: str, show: bool) -> None:
    with pipe, open(path, "ab", buffering=0) as file:
        for line in pipe:
            file.write(line)
            if show:
                # Looked up each time: test runners and notebooks replace it.
                sys.stdout.write(line.decode(errors="replace"))


def _is_zombie(pid: int) -> bool:
    """Whether the child has ended, though its owner, such as an event loop that waits for us, has not seen it."""
    if not hasattr(os, "waitid"):
        return False
    try:
        return os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None
    except ChildProcessError:
        return True

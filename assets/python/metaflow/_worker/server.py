"""The forkserver and the template: one loop that reads messages, forks children and reports their ends.

The same class plays both parts, and, where forking is not safe, all three in one process. What a task does is in
`task`, how the flow file is executed in `loading`.
"""

from __future__ import annotations

import _signal
import gc
import os
import select
import sys

# All that a task needs is imported before it is forked, and all that a template needs before a file is saved.
from . import ahead, descriptors, forking, libraries, loading, orphan, process, siblings, spare, task
from .wire import Channel

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any



def import_name(name: str) -> None:
    """A module, or what a module has under this name: `import a.b` and `from a import b` are both `a.b` here."""
    package, _, attribute = name.rpartition(".")
    if not package:
        __import__(name)
        return
    __import__(package)
    if not hasattr(sys.modules[package], attribute):
        __import__(name)


class Server:
    """Owns the control channel of this process and its children."""

    def __init__(self, control: int) -> None:
        self.channel = Channel(control)
        self.children: dict[int, str] = {}
        self.loaded: loading.Loaded | None = None
        self.has_told_places = False
        # Whether the child of its next task is forked ahead.
        self.keeps_spare = False
        self.spare: spare.Spare | None = None
        # Spares that were let go, until their end is seen.
        self.dismissed: set[int] = set()
        # What was open before anything of the flow was executed: no harm of its making.
        self.known: frozenset[str] | None = None
        self.wake_read, self.wake_write = os.pipe()
        for fd in (self.wake_read, self.wake_write):
            os.set_blocking(fd, False)
        # The handler itself does nothing: its being there makes the interpreter write to the wake-up descriptor.
        _signal.signal(_signal.SIGCHLD, lambda _number, _frame: None)
        _signal.set_wakeup_fd(self.wake_write, warn_on_full_buffer=False)

    def run(self) -> None:
        """Serve until the engine closes the channel."""
        poll = select.poll()
        poll.register(self.channel.fileno(), select.POLLIN)
        poll.register(self.wake_read, select.POLLIN)
        ahead.touch(lambda: bool(poll.poll(0)))
        try:
            while True:
                # With nothing to do the time is used; while tasks run, theirs is not taken.
                if not self.children and not poll.poll(0):
                    self.prepare_spare()
                for fd, _event in poll.poll():
                    if fd == self.wake_read:
                        self.reap()
                    elif not self.channel.fill():
                        return
                while True:
                    message = self.channel.take()
                    if message is None:
                        break
                    self.handle(message)
        except OSError:
            # The engine is gone; there is nobody to tell.
            return
        finally:
            if self.loaded is not None:
                process.end_tasks(self.children)
            else:
                # These see for themselves that the engine has gone, but for those that have become tasks.
                process.end_groups(self.children)
            process.flush()
            os._exit(0)

    def handle(self, message: dict[str, Any]) -> None:
        kind = message["t"]
        if kind in ("hot", "load", "preload", "import"):
            # Whoever ends from here on may have done so because of it.
            self.channel.send({"t": "taken"})
        if kind == "task":
            self.start_task(message)
        elif kind == "hot":
            self.warm(message)
        elif kind == "load":
            self.load(message)
        elif kind == "preload":
            self.preload(message)
        elif kind == "import":
            self.import_ahead(message)
        elif kind == "template":
            self.start_template(message)
        else:
            self.fail(message, ValueError(f"unknown message {kind!r}"))

    def fail(self, message: dict[str, Any], reason: BaseException) -> None:
        from .errors import describe_exception

        answer = {"t": "failed", "error": describe_exception(reason)}
        if "id" in message:
            answer["id"] = message["id"]
        self.channel.send(answer)

    def reap(self) -> None:
        try:
            while os.read(self.wake_read, 512):
                pass
        except BlockingIOError:
            pass
        if self.spare is not None and os.waitpid(self.spare.pid, os.WNOHANG)[0]:
            self.spare.dismiss()
            self.spare = None
        self.dismissed = {pid for pid in self.dismissed if not os.waitpid(pid, os.WNOHANG)[0]}
        # Only our own children: a module may have started processes of its own, whose status belongs to it.
        for pid, name in list(self.children.items()):
            done, status = os.waitpid(pid, os.WNOHANG)
            if done:
                del self.children[pid]
                self.channel.send({"t": "exited", "id": name, "status": process.exit_status(status)})

    def preload(self, message: dict[str, Any]) -> None:
        from .project import Project, imported_since, last_imported

        loaded, failed = [], {}
        around = message["project"]
        project = Project(around["directory"], around["cwd"])
        mark = last_imported()
        ahead.before_import()
        for name in message["modules"]:
            if project.provides(name):
                # Installed in place: it changes as the project does, and each version of the flow imports it itself.
                continue
            try:
                import_name(name)
                loaded.append(name)
            except BaseException as error:
                # Whatever it is, the flow meets it again when it imports the module itself, and tells the user then.
                failed[name] = f"{type(error).__name__}: {error}"
        ahead.after_import()
        libraries.imported()
        # What libraries open when they are imported, they know to share.
        self.known = forking.held()
        process.flush()
        self.channel.send(
            {
                "t": "preloaded",
                "loaded": loaded,
                "failed": failed,
                "obstacle": forking.obstacle(),
                "installed": self.installed(imported_since(mark)),
            }
        )

    def installed(self, names: list[str]) -> dict[str, list[str]]:
        """What an installation changes: places, told once, and the files of these modules."""
        found = libraries.files_of(names)
        if not self.has_told_places:
            self.has_told_places = True
            for directory, bases in libraries.by_directory(process.installation()).items():
                found.setdefault(directory, []).extend(bases)
        return found

    def import_ahead(self, message: dict[str, Any]) -> None:
        ahead.before_import()
        imported = loading.import_ahead(message)
        ahead.after_import()
        process.flush()
        self.channel.send(
            {
                "t": "imported",
                "modules": imported.modules,
                "data": imported.data,
                "installed": imported.installed,
                "obstacle": forking.obstacle(self.known),
            }
        )

    def load(self, message: dict[str, Any]) -> None:
        self.drop_spare()
        self.keeps_spare = bool(message.get("spare"))
        try:
            self.loaded = loading.load(message)
            description = self.loaded.describe()
        except loading.LoadFailed as failure:
            self.channel.send({"t": "failed", "error": failure.error})
            return
        finally:
            process.flush()
        self.channel.send(
            {
                "t": "loaded",
                "flow": description,
                "obstacle": forking.obstacle(self.known),
                "modules": self.loaded.modules,
                "data": self.loaded.data,
                "installed": self.loaded.installed,
                "imports": self.loaded.imports,
                "python": sys.version,
                "libraries": libraries.imported(),
            }
        )

    def warm(self, message: dict[str, Any]) -> None:
        from . import hot
        from .project import Project

        self.drop_spare()
        hot.drop(message["drop"])
        around = message["project"]
        project = Project(around["directory"], around["cwd"])
        self.channel.send({"t": "hot", **hot.hold(message["blobs"], message["shas"], project)})

    def start_template(self, message: dict[str, Any]) -> None:
        control, stdout, stderr = fds = self.channel.take_fds(message["fds"])
        pid = self.fork(message, fds)
        if pid != 0:
            return
        try:
            self.leave_parent()
            process.redirect(stdout, stderr)
            server = Server(control)
            server.known = forking.held()
            server.run()
        finally:
            os._exit(1)

    def prepare_spare(self) -> None:
        """Fork the child that will take the next task."""
        if not self.keeps_spare or self.loaded is None or self.spare is not None or forking.obstacle(self.known):
            return
        ours, theirs = spare.pair()
        try:
            pid = self.split()
        except OSError:
            # The task itself will be forked, or say why that is not possible.
            ours.close()
            theirs.close()
            return
        if pid:
            theirs.close()
            self.spare = spare.Spare(pid, ours)
            return
        ours.close()
        self.leave_parent()
        message = spare.wait(theirs)
        fds = theirs.take_fds(message["fds"])
        theirs.close()
        self.become_task(message, fds)

    def drop_spare(self) -> None:
        if self.spare is not None:
            self.spare.dismiss()
            self.dismissed.add(self.spare.pid)
            self.spare = None

    def start_task(self, message: dict[str, Any]) -> None:
        fds = self.channel.take_fds(message["fds"])
        siblings.expect(message["spec"])
        if not message.get("fork", True):
            self.channel.send({"t": "forked", "id": message["id"], "pid": os.getpid()})
        else:
            # Where one was forked, more may follow.
            self.keeps_spare = True
            if self.give_to_spare(message, fds) or self.fork(message, fds) != 0:
                return
        self.leave_parent()
        self.become_task(message, fds)

    def give_to_spare(self, message: dict[str, Any], fds: list[int]) -> bool:
        if self.spare is None:
            return False
        taker, self.spare = self.spare, None
        if not taker.give(self.channel.frame, fds):
            self.dismissed.add(taker.pid)
            return False
        self.adopt(message, fds, taker.pid)
        return True

    def become_task(self, message: dict[str, Any], fds: list[int]) -> None:
        """The rest of this process's life."""
        control, stdout, stderr = fds
        try:
            channel = Channel(control)
            # To an engine that has given it up nothing can be sent: it is left to another then.
            channel.send({"t": "taken"})
            if process.leads_group(os.getpid()):
                orphan.end_without_engine(control)
            process.become_task(stdout, stderr)
            descriptors.own_files()
            task.main(self.loaded, message["spec"], channel)
        except BaseException as error:
            # Not the user's error, whose ways out are all handled in `task`.
            sys.excepthook(type(error), error, error.__traceback__)
        finally:
            process.flush()
            os._exit(1)

    def fork(self, message: dict[str, Any], fds: list[int]) -> int:
        """0 in the child; the parent has told the engine about it and let go of its descriptors."""
        try:
            pid = self.split()
        except OSError as error:
            for fd in fds:
                os.close(fd)
            self.fail(message, error)
            return -1
        if pid:
            self.adopt(message, fds, pid)
        return pid

    def split(self) -> int:
        """`os.fork`, with what has to be done before it."""
        process.flush()
        # What is here now stays: a collection in the child must not touch, and so copy, the parent's pages.
        gc.freeze()
        return os.fork()

    def adopt(self, message: dict[str, Any], fds: list[int], pid: int) -> None:
        """The child has its descriptors; the engine learns who it is."""
        for fd in fds:
            os.close(fd)
        self.children[pid] = message["id"]
        self.channel.send({"t": "forked", "id": message["id"], "pid": pid})

    def leave_parent(self) -> None:
        """Let go of all that belongs to the server this process was forked from."""
        _signal.set_wakeup_fd(-1)
        _signal.signal(_signal.SIGCHLD, _signal.SIG_DFL)
        os.close(self.wake_read)
        os.close(self.wake_write)
        self.channel.close()
        self.drop_spare()
        self.children.clear()

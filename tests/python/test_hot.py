"""What is held in memory for later tasks, and by which process: the forkserver, or one that has imported the project."""

import os
import socket
import sys
import unittest

from driver import Link, Worker, node

FLOW = '''
    """A flow that imports a module of its project first."""
    import json
    import utils
    import os

    print("executed")

    from metaflow import FlowSpec, step


    class Local:
        pass


    class HotFlow(FlowSpec):
        @step
        def start(self):
            self.plain = {"a": [1]}
            self.own = utils.Own("original")
            self.local = Local()
            self.next(self.reads)

        @step
        def many(self):
            self.items = ["a", "b"]
            self.next(self.item, foreach="items")

        @step
        def item(self):
            self.frames = self._foreach_stack

        @step
        def reads(self):
            import decimal
            self.seen = (list(self.plain["a"]), self.own.word, utils.PID == os.getpid(), utils.NUMBER)
            self.plain["a"].append(2)
            self.own.word = "changed"
            self.next(self.end)

        @step
        def end(self):
            pass

    HotFlow()
'''

UTILS = """
    import os
    import random

    random.seed(7)
    NUMBER = random.random()
    PID = os.getpid()
    print("imported")

    class Own:
        def __init__(self, word):
            self.word = word
"""


class HotTest(unittest.TestCase):
    def setUp(self):
        self.worker = Worker(FLOW, files=[("utils.py", UTILS)])
        self.addCleanup(self.worker.close)
        self.addCleanup(self.worker.template.sock.close)
        parameters = self.worker.parameters()
        self.start = self.worker.step("start", parameters, node=node("reads"))
        self.shas = {name: entry[0] for name, entry in self.start.objects.items()}

    def fork(self, server, name):
        """A process forked from a server, and what it writes."""
        ours, theirs = socket.socketpair()
        read, write = os.pipe()
        self.addCleanup(os.close, read)
        server.send({"t": "template", "id": name, "fds": 3}, [theirs.fileno(), write, write])
        theirs.close()
        os.close(write)
        server.expect("forked")
        link = Link(ours)
        self.addCleanup(ours.close)
        return link, read

    def hold(self, server, *names, drop=()):
        root = self.worker.directory.name
        shas = [self.shas[name] for name in names]
        around = {"directory": root, "cwd": root}
        server.send({"t": "hot", "blobs": self.worker.blobs, "shas": shas, "drop": drop, "project": around})
        return server.expect("hot")

    def load(self, link, kind="load", answer="loaded"):
        root = self.worker.directory.name
        link.send({"t": kind, "file": self.worker.file, "cwd": root, "env": {}, "argv": ["flow.py", "run"]})
        return link.expect(answer)

    def test_each_process_holds_what_it_has_the_code_for(self):
        answer = self.hold(self.worker.server, "plain", "own", "local")
        self.assertEqual(list(answer["held"]), [self.shas["plain"]])
        self.assertEqual(set(answer["refused"]), {self.shas["own"], self.shas["local"]})
        project, said = self.fork(self.worker.server, "P")
        imported = self.load(project, "import", "imported")
        self.assertEqual([os.path.basename(path) for path in imported["modules"]], ["utils.py"])
        self.assertEqual(os.read(said, 100), b"imported\n")
        answer = self.hold(project, "own", "local")
        self.assertEqual(list(answer["held"]), [self.shas["own"]])
        self.assertIn("flow file", answer["refused"][self.shas["local"]])

        # What is there is not read again, in each of the templates.
        for name in ("plain", "own"):
            os.remove(os.path.join(self.worker.blobs, self.shas[name][:2], self.shas[name]))
        seen = []
        for name in ("T2", "T3"):
            template, said = self.fork(project, name)
            loaded = self.load(template)
            self.assertEqual(os.read(said, 100), b"executed\n")
            self.assertEqual([os.path.basename(path) for path in loaded["modules"]], ["utils.py"])
            self.worker.template = template
            task = self.worker.step("reads", self.start, node=node("end"))
            self.assertEqual(task.done["exit"], 0, task.stderr)
            # Before Python 3.10 nothing says which modules are those of Python itself.
            self.assertEqual("decimal" in task.done["imports"], sys.version_info >= (3, 10))
            seen.append(self.worker.value(task, "seen"))
        self.assertEqual(seen[0], ([1], "original", False, seen[0][3]))
        self.assertEqual(seen[0], seen[1])

    def test_what_is_dropped_is_read_again(self):
        self.hold(self.worker.server, "plain")
        answer = self.hold(self.worker.server, "plain", drop=[self.shas["plain"]])
        self.assertEqual(list(answer["held"]), [self.shas["plain"]])
        self.assertEqual(self.hold(self.worker.server, "plain")["held"], {})

    def test_the_place_in_a_foreach_needs_no_code_of_the_project(self):
        many = self.worker.step("many", self.start, node=node("item", foreach="items"))
        item = self.worker.step("item", many, split_index=1)
        self.shas["frames"] = item.objects["frames"][0]
        self.assertEqual(list(self.hold(self.worker.server, "frames")["held"]), [self.shas["frames"]])

    def test_a_damaged_artifact_is_refused_and_the_rest_held(self):
        path = os.path.join(self.worker.blobs, self.shas["plain"][:2], self.shas["plain"])
        os.remove(path)
        answer = self.hold(self.worker.template, "plain", "own")
        self.assertEqual(list(answer["held"]), [self.shas["own"]])
        self.assertIn("FileNotFoundError", answer["refused"][self.shas["plain"]])


if __name__ == "__main__":
    unittest.main()

"""Forkserver, template and task as processes: loading, hot artifacts, what a task inherits and what it does not."""

import json
import os
import socket
import subprocess
import sys
import tempfile
import unittest

from driver import ASSETS, Worker, WorkerGone, node
from metaflow._worker import spare, wire

GUARD = """
    if __name__ == "__main__":
        {name}()
"""

PLAIN = """
    import os, random, subprocess, sys
    from metaflow import FlowSpec, step

    class Thing:
        def __init__(self, n):
            self.n = n

    class PlainFlow(FlowSpec):
        @step
        def start(self):
            self.thing = Thing(4)
            self.numbers = [1, 2, 3]
            self.same = [1, 2, 3]
            self.next(self.end)

        @step
        def reads(self):
            self.numbers.append(4)
            self.lengths = (len(self.numbers), len(self.same))
            self.n = self.thing.n

        @step
        def surroundings(self):
            self.leader = os.getpid() == os.getsid(0)
            self.argv = sys.argv
            self.main = sys.modules["__main__"].__file__
            self.first_path = sys.path[0]
            self.stdin = sys.stdin.read()
            script = "import os; print(len(os.listdir('/proc/self/fd')))"
            self.fds = int(subprocess.check_output([sys.executable, "-c", script]))
            self.unbuffered = os.environ["PYTHONUNBUFFERED"]

        @step
        def draws(self):
            self.number = random.random()

        @step
        def opens(self):
            global log
            log = open("left-open.txt", "w")
            log.write("all of it")

        @step
        def end(self):
            pass
""" + GUARD.format(name="PlainFlow")


class TaskProcessTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.worker = Worker(PLAIN)
        cls.addClassCleanup(cls.worker.close)
        cls.parameters = cls.worker.parameters()
        cls.start = cls.worker.step("start", cls.parameters, node=node("end"))

    def values(self, step, *names):
        return self.worker.values(self.worker.step(step, self.start), *names)

    def test_classes_of_the_flow_belong_to_main(self):
        kind = self.start.objects["thing"][2]
        self.assertEqual(kind, "<class '__main__.Thing'>")
        with self.assertRaises(AttributeError):
            # It names `__main__`, which here is the test.
            self.worker.value(self.start, "thing")
        self.assertEqual(self.values("reads", "n"), {"n": 4})

    def test_a_task_finds_the_surroundings_of_a_fresh_process(self):
        values = self.values("surroundings", "leader", "argv", "main", "first_path", "stdin", "fds", "unbuffered")
        directory = os.path.realpath(self.worker.directory.name)
        self.assertEqual(
            values,
            {
                "leader": True,
                "argv": ["flow.py", "run"],
                "main": self.worker.file,
                "first_path": directory,
                "stdin": "",
                # The three standard ones, and the one that lists them.
                "fds": 4,
                "unbuffered": "x",
            },
        )

    def test_tasks_draw_different_numbers(self):
        self.assertNotEqual(self.values("draws", "number"), self.values("draws", "number"))

    def test_files_left_open_are_written(self):
        self.worker.step("opens", self.start)
        with open(os.path.join(self.worker.directory.name, "left-open.txt")) as file:
            self.assertEqual(file.read(), "all of it")

    def test_hot_artifacts_are_private_to_each_task_and_each_name(self):
        sha = self.start.objects["numbers"][0]
        self.assertEqual(self.start.objects["same"][0], sha)
        self.assertEqual(self.worker.hold(sha)["held"], {sha: self.start.objects["numbers"][3]})
        for _ in range(2):
            self.assertEqual(self.values("reads", "lengths"), {"lengths": (4, 3)})

    def test_hot_artifacts_are_not_read_again(self):
        task = self.worker.step("draws", self.start)
        sha = task.objects["number"][0]
        self.worker.hold(sha)
        os.remove(os.path.join(self.worker.blobs, sha[:2], sha))
        again = self.worker.step("end", task)
        self.assertEqual(again.done["exit"], 0)

    def test_missing_blob_is_a_failure_with_its_name(self):
        task = self.worker.step("start", self.parameters, node=node("end"))
        inputs = [self.worker.as_input(task)]
        inputs[0]["objects"] = {**task.objects, "numbers": ["0" * 40, "pickle-v4", "<class 'list'>", 5]}
        spec = self.worker.spec("reads", [])
        failed = self.worker.run({**spec, "inputs": inputs})
        self.assertIn("The artifact 'numbers' of", failed.done["error"]["message"])


class LoadTest(unittest.TestCase):
    def load(self, source, **more):
        with Worker(source, **more) as worker:
            return worker.loaded

    def test_syntax_error_has_its_place(self):
        answer = self.load("from metaflow import FlowSpec\nclass A(FlowSpec)\n    pass\n")
        error = answer["error"]
        self.assertEqual((answer["t"], error["type"]), ("failed", "builtins.SyntaxError"))
        self.assertEqual(error["syntax"]["line"], 2)

    def test_exception_of_the_module(self):
        error = self.load("def f():\n    return {}['k']\nf()\n")["error"]
        self.assertEqual((error["type"], error["message"]), ("builtins.KeyError", "'k'"))
        self.assertEqual([frame["function"] for frame in error["frames"]], ["<module>", "f"])

    def test_sys_exit_of_the_module_is_a_failure(self):
        self.assertEqual(self.load("import sys\nsys.exit(3)\n")["error"]["type"], "builtins.SystemExit")

    def test_file_without_flow(self):
        self.assertIn("defines no flow", self.load("x = 1\n")["error"]["message"])

    def test_unknown_name_says_what_is_offered(self):
        error = self.load("from metaflow import R\n")["error"]
        self.assertEqual(error["type"], "builtins.ImportError")
        self.assertIn("does not offer 'R'", error["message"])

    def test_flow_that_is_never_constructed(self):
        source = PLAIN.replace(GUARD.format(name="PlainFlow"), "")
        self.assertEqual(self.load(source)["flow"]["name"], "PlainFlow")

    def test_code_below_the_construction_does_not_run(self):
        self.assertEqual(self.load(PLAIN + "        raise RuntimeError\n")["t"], "loaded")

    def test_project_modules_are_listed(self):
        source = PLAIN.replace("import os,", "import helpers, json.tool, os,")
        with Worker(source, files=[("helpers.py", "import more\n"), ("more.py", "")]) as worker:
            directory = os.path.realpath(worker.directory.name)
            self.assertEqual(
                worker.loaded["modules"], [os.path.join(directory, name) for name in ("helpers.py", "more.py")]
            )

    def test_with_adds_decorators_to_steps_that_lack_them(self):
        source = PLAIN.replace("import FlowSpec", "import retry, FlowSpec").replace(
            "@step", "@retry(times=1)\n        @step", 1
        )
        steps = self.load(source, **{"with": ["retry:times=4", "resources:cpu=2,memory=100"]})["flow"]["steps"]
        self.assertEqual([step["retry"][0] for step in steps[:2]], [1, 4])
        self.assertEqual(
            steps[1]["decorators"],
            [
                {
                    "name": "retry",
                    "attributes": {"times": 4, "minutes_between_retries": "2"},
                    "statically_defined": False,
                    "inserted_by": None,
                },
                {
                    "name": "resources",
                    "attributes": {"cpu": 2, "gpu": "None", "disk": "None", "memory": 100, "shared_memory": "None"},
                    "statically_defined": False,
                    "inserted_by": None,
                },
            ],
        )

    def test_unknown_decorator_in_with(self):
        error = self.load(PLAIN, **{"with": ["rety"]})["error"]
        self.assertIn("no step decorator 'rety'", error["message"])

    def test_environment_of_the_load(self):
        source = PLAIN.replace(
            "class Thing:", "assert os.environ['A'] == '1' and 'HOME' not in os.environ\n\n    class Thing:"
        )
        self.assertEqual(self.load(source, env={"A": "1"}, unset=["HOME"])["t"], "loaded")

    def test_a_thread_stands_against_a_fork(self):
        source = PLAIN.replace(
            "class Thing:",
            "import threading, time\n    threading.Thread(target=time.sleep, args=(60,), daemon=True).start()\n\n    class Thing:",
        )
        self.assertRegex(self.load(source)["obstacle"], r"^the thread Thread-1.* was started$")
        self.assertIsNone(self.load(PLAIN)["obstacle"])

    @unittest.skipUnless(os.path.exists("/proc/self/maps"), "needs Linux")
    def test_what_all_forks_would_share_stands_against_a_fork(self):
        def obstacle(*lines):
            lines = "".join(f"    {line}\n" for line in lines)
            return self.load(PLAIN.replace("    class Thing:", f"{lines}\n    class Thing:"))["obstacle"]

        with socket.create_server(("127.0.0.1", 0)) as server:
            there = ("127.0.0.1", server.getsockname()[1])
            connected = obstacle("import socket", f"connection = socket.create_connection({there})")
        self.assertEqual(connected, "a connection was opened")
        shared = "memory or a lock that processes share was made"
        self.assertEqual(obstacle("import multiprocessing", "lock = multiprocessing.Lock()"), shared)
        self.assertEqual(obstacle("import mmap", "memory = mmap.mmap(-1, 4096)", "memory[0] = 1"), shared)
        private = "memory = mmap.mmap(-1, 4096, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)"
        self.assertIsNone(obstacle("import mmap", private, "memory[0] = 1"))
        pair = obstacle("import socket", "pair = socket.socketpair(type=socket.SOCK_DGRAM)")
        self.assertEqual(pair, "a pair of sockets was made")
        # One end alone is as good: that of a process which the module has started.
        self.assertEqual(obstacle("import os", "os.close(os.pipe()[1])"), "a pipe was made")
        unnamed = ("import os", "held = os.open('gone', os.O_CREAT | os.O_RDWR)", "os.unlink('gone')")
        self.assertEqual(obstacle(*unnamed), "a temporary file was opened")
        self.assertIsNone(obstacle(unnamed[0], unnamed[1].replace("RDWR", "RDONLY"), unnamed[2]))


class SeedTest(unittest.TestCase):
    def draw_twice(self, line):
        source = PLAIN.replace("class Thing:", line + "\n\n    class Thing:")
        with Worker(source) as worker:
            parameters = worker.parameters()
            return [worker.value(worker.step("draws", parameters), "number") for _ in range(2)]

    def test_seed_of_the_module_holds_in_each_task(self):
        first, second = self.draw_twice("random.seed(42)")
        self.assertEqual(first, second)
        script = "import random; random.seed(42); print(random.random())"
        self.assertEqual(first, float(subprocess.check_output([sys.executable, "-c", script])))

    def test_numbers_drawn_by_the_module_do_not_repeat(self):
        first, second = self.draw_twice("x = random.random()")
        self.assertNotEqual(first, second)
        first, second = self.draw_twice("random.seed()")
        self.assertNotEqual(first, second)


    def test_generators_without_a_seed_do_not_repeat(self):
        first, second = self.draw_twice("random.random = random.Random().random")
        self.assertNotEqual(first, second)
        first, second = self.draw_twice("random.random = random.Random(7).random")
        self.assertEqual(first, second)
        first, second = self.draw_twice("own = random.Random(); own.seed(7); random.random = own.random")
        self.assertEqual(first, second)


class SignalTest(unittest.TestCase):
    def test_a_handler_that_the_module_sets_is_there_in_the_task(self):
        source = PLAIN.replace(
            "class Thing:",
            "import os, signal\n"
            "    signal.signal(signal.SIGTERM, lambda *_: setattr(random, 'random', lambda: 0.5))\n\n    class Thing:",
        ).replace("self.number =", "os.kill(os.getpid(), signal.SIGTERM); self.number =")
        with Worker(source) as worker:
            task = worker.step("draws", worker.parameters())
            self.assertEqual(worker.value(task, "number"), 0.5)


class OpenFileTest(unittest.TestCase):
    def test_each_task_reads_a_file_of_the_module_from_where_the_module_left_it(self):
        source = PLAIN.replace(
            "class Thing:",
            "import os, tempfile\n"
            "    file = tempfile.TemporaryFile('w+'); file.write('a 0.25 0.75'); file.seek(0); os.read(file.fileno(), 2)\n"
            "    random.random = lambda: float(os.read(file.fileno(), 4))\n\n    class Thing:",
        )
        with Worker(source) as worker:
            parameters = worker.parameters()
            numbers = [worker.value(worker.step("draws", parameters), "number") for _ in range(2)]
            self.assertEqual(numbers, [0.25, 0.25])


class InPlaceTest(unittest.TestCase):
    def test_one_process_can_do_it_all(self):
        with Worker(PLAIN, fork=False) as worker:
            self.assertEqual(worker.flow["name"], "PlainFlow")
            task = worker.parameters()
            self.assertEqual(task.pid, worker.process.pid)
            self.assertEqual((task.status, task.done["ok"]), (0, True))
            self.assertEqual(worker.value(task, "name"), "PlainFlow")


class SpareTest(unittest.TestCase):
    """The child forked ahead, without the fork."""

    def test_a_spare_takes_a_frame_with_its_descriptors(self):
        ours, theirs = spare.pair()
        self.addCleanup(theirs.close)
        read, write = os.pipe()
        self.addCleanup(os.close, read)
        frame = wire.frame_of({"t": "task", "text": "x" * 100_000})
        self.assertTrue(spare.Spare(0, ours).give(frame, [write]))
        os.close(write)
        self.assertEqual(spare.wait(theirs)["text"], "x" * 100_000)
        (taken,) = theirs.take_fds(1)
        os.write(taken, b"through")
        os.close(taken)
        self.assertEqual(os.read(read, 100), b"through")

    def test_a_spare_that_is_gone_takes_nothing(self):
        ours, theirs = spare.pair()
        theirs.close()
        self.assertFalse(spare.Spare(0, ours).give(wire.frame_of({"t": "task"}), []))

    def test_many_tasks_run_once_each(self):
        with Worker(PLAIN) as worker:
            parameters = worker.parameters()
            for _ in range(20):
                kinds = [message["t"] for message in worker.step("draws", parameters).messages]
                self.assertEqual(kinds, ["begin", "done"])


class ForkserverTest(unittest.TestCase):
    def test_preload_reports_each_module(self):
        with Worker(PLAIN) as worker:
            answer = worker.preload(["json", "no_such_module"])
            self.assertEqual(answer["loaded"], ["json"])
            self.assertIn("No module named 'no_such_module'", answer["failed"]["no_such_module"])
            self.assertIsNone(answer["obstacle"])

    def test_names_in_modules_are_preloaded(self):
        with Worker(PLAIN) as worker:
            names = ["json.tool", "json.dumps", "wsgiref.headers", "json.nothing"]
            answer = worker.preload(names)
            self.assertEqual(answer["loaded"], names[:3])
            self.assertEqual(list(answer["failed"]), ["json.nothing"])

    def test_the_files_of_libraries_are_told_and_modules_of_the_project_not_imported(self):
        with tempfile.TemporaryDirectory() as top:
            for path in ("site-packages/far/__init__.py", "site-packages/far/part.py", "project/near.py"):
                os.makedirs(os.path.join(top, os.path.dirname(path)), exist_ok=True)
                with open(os.path.join(top, path), "w") as file:
                    file.write("from . import part" if path.endswith("__init__.py") else "")
            places = [os.path.join(top, name) for name in ("site-packages", "project")]
            with Worker(PLAIN, more={"PYTHONPATH": os.pathsep.join([ASSETS, *places])}) as worker:
                answer = worker.preload(["far", "near", "json"], cwd=places[1])
                self.assertEqual(answer["loaded"], ["far", "json"])
                far = answer["installed"][os.path.join(places[0], "far")]
                self.assertEqual(sorted(far), ["__init__.py", "part.py"])
                self.assertIn("site-packages", answer["installed"][top])
                self.assertNotIn(os.path.dirname(json.__file__), answer["installed"])

    def test_template_ends_with_its_channel_and_is_reported(self):
        with Worker(PLAIN) as worker:
            worker.template.sock.shutdown(1)
            self.assertEqual(worker.server.expect("exited"), {"t": "exited", "id": "T1", "status": 0})
            with self.assertRaises(WorkerGone):
                worker.template.receive()

    def test_unknown_message_is_answered(self):
        with Worker(PLAIN) as worker:
            worker.server.send({"t": "dance", "id": "9"})
            answer = worker.server.expect("failed")
            self.assertEqual((answer["id"], answer["error"]["message"]), ("9", "unknown message 'dance'"))


if __name__ == "__main__":
    unittest.main()

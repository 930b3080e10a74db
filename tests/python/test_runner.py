"""`Runner`, with a small program in the engine's place: what it accepts, what it starts, what it hands back."""

import asyncio
import json
import os
import stat
import sys
import tempfile
import textwrap
import types
import unittest
from pathlib import Path
from unittest import mock

from driver import ASSETS
from metaflow import DeployedFlow, Deployer, NBDeployer, Runner
from metaflow.exception import MetaflowException
from metaflow.runner.attribute_file import attribute_pipe
from metaflow.runner.nbrun import NBRunner, NBRunnerInitializationError
from metaflow.runner.subprocess_manager import CommandManager, LogReadTimeoutError
from store_writer import StoreWriter

# Says which run it is, prints its arguments, and ends as it is told.
ENGINE = """#!{python}
import json, os, sys, time
options = dict(word.partition("=")[::2] for word in sys.argv if word.startswith("--"))
if os.environ.get("MUTE"):
    print("engine: no run", file=sys.stderr)
    sys.exit(int(os.environ["MUTE"]))
attributes = {{"run_id": "1", "flow_name": "F", "metadata": "local@{store}", "step_name": "end", "task_id": "1"}}
with open(options["--runner-attribute-file"], "w") as file:
    json.dump(attributes, file)
print(json.dumps([sys.argv[1:], os.getcwd(), os.environ.get("EXTRA"), os.environ.get("METAFLOW_PROFILE")]))
print("engine: an error é", file=sys.stderr, flush=True)
if os.environ.get("HANG"):
    print("engine: hangs", flush=True)
    time.sleep(600)
sys.exit(int(os.environ.get("CODE", "0")))
"""

FLOW = """
    from metaflow import FlowSpec, IncludeFile, JSONType, Parameter, project, step

    @project(name="p")
    class F(FlowSpec):
        alpha = Parameter("alpha", default=1)
        rate = Parameter("learning-rate", default=0.5)
        words = Parameter("words", multiple=True)
        flag = Parameter("flag", type=bool, default=False)
        data = Parameter("data", type=JSONType, default="{}")
        file = IncludeFile("file")

        @step
        def start(self):
            self.next(self.end)

        @step
        def end(self):
            pass

    if __name__ == "__main__":
        F()
"""


class Case(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.directory = Path(directory.name).resolve()
        StoreWriter(self.directory).whole_run("F/1", {"x": 1})
        engine = self.directory / "engine"
        engine.write_text(ENGINE.format(python=sys.executable, store=self.directory))
        engine.chmod(engine.stat().st_mode | stat.S_IXUSR)
        clean = {name: value for name, value in os.environ.items() if not name.startswith(("METAFLOW_", "FLOWDEV_"))}
        patch = mock.patch.dict(os.environ, {**clean, "METAFLOW_USER": "me", "FLOWDEV_BIN": str(engine)}, clear=True)
        patch.start()
        self.addCleanup(patch.stop)

    def flow(self, text=FLOW, name="flow.py"):
        path = self.directory / name
        path.write_text(textwrap.dedent(text))
        return str(path)

    def runner(self, text=FLOW, **options):
        return Runner(self.flow(text), **{"show_output": False, "cwd": str(self.directory), **options})

    def started(self, executing):
        """The command line that the engine got: words before and after the flow's file."""
        return json.loads(executing.stdout.splitlines()[0])[0]


class Starting(Case):
    def test_a_run(self):
        with self.runner(pylint=False) as runner, runner.run(alpha=3, words=["a", "b"], tags=["t"]) as running:
            self.assertEqual((repr(running.run), running.run.data.x), ("Run('F/1')", 1))
            self.assertEqual((running.status, running.returncode), ("successful", 0))
            words = self.started(running)
            self.assertEqual(words[:2], ["run", str(self.directory / "flow.py")])
            for word in ("--tag=t", "--parameter=alpha=3", "--parameter=words=a", "--parameter=words=b"):
                self.assertIn(word, words)
            self.assertTrue(running.stderr.endswith("engine: an error é\n"), running.stderr)

    def test_every_kind_of_parameter(self):
        running = self.runner(branch="b", decospecs=["retry"]).run(
            learning_rate=1, flag=True, data={"a": [1]}, file="flow.py", max_workers=2, decospecs=["retry:times=2"]
        )
        words = self.started(running)
        for word in (
            "--parameter=learning-rate=1",
            "--parameter=flag=True",
            '--parameter=data={"a": [1]}',
            "--parameter=file=flow.py",
            "--max-workers=2",
            "--flow-option=branch=b",
            "--with=retry:times=2",
        ):
            self.assertIn(word, words)

    def test_resume_and_spin(self):
        runner = self.runner()
        resumed = runner.resume(step_to_rerun="end", origin_run_id="1")
        self.assertIn("end", self.started(resumed))
        self.assertIn("--origin-run-id=1", self.started(resumed))
        self.assertEqual(resumed.run.id, "1")
        spun = runner.spin("end", persist=True, alpha=2)
        self.assertEqual(repr(spun.task), "Task('F/1/end/1')")
        self.assertEqual(spun.task["x"].data, 1)
        for word in ("end", "--persist", "--parameter=alpha=2"):
            self.assertIn(word, self.started(spun))

    def test_directory_environment_and_profile(self):
        other = self.directory / "other"
        other.mkdir()
        home = self.directory / "home"
        home.mkdir()
        (home / "config_p.json").write_text("{}")
        env = {"EXTRA": "given", "METAFLOW_HOME": str(home)}
        running = self.runner(cwd=str(other), env=env, profile="p").run()
        self.assertEqual(json.loads(running.stdout.splitlines()[0])[1:], [str(other), "given", "p"])

    def test_output_is_shown(self):
        import contextlib
        import io

        shown = io.StringIO()
        with contextlib.redirect_stdout(shown):
            running = self.runner(show_output=True).run()
        self.assertIn("engine: an error é", shown.getvalue())
        self.assertIn(running.stdout, shown.getvalue())

    def test_a_run_that_fails(self):
        running = self.runner(env={"CODE": "1"}).run()
        self.assertEqual((running.status, running.returncode, running.run.id), ("failed", 1, "1"))

    def test_a_run_that_does_not_come_to_be(self):
        for code in ("0", "2"):
            with self.assertRaises(RuntimeError) as caught:
                self.runner(env={"MUTE": code}).run()
            self.assertIn("engine: no run", str(caught.exception))

    def test_a_run_that_does_not_say_where_it_is(self):
        command = CommandManager([sys.executable, "-c", "import time; time.sleep(600)"], cwd=str(self.directory))
        command.run()
        with attribute_pipe() as pipe, self.assertRaises(RuntimeError) as caught:
            pipe.read(command, 0)
        self.assertIn("within 0 seconds", str(caught.exception))
        command.kill()
        command.sync_wait()
        self.assertEqual(command.process.returncode, -15)

    def test_temporary_files_go(self):
        runner = self.runner()
        running = runner.run()
        path = running.command_obj.log_files["stdout"]
        self.assertTrue(os.path.exists(path))
        runner.cleanup()
        self.assertFalse(os.path.exists(path))


class Refusing(Case):
    def test_options_that_there_are_not(self):
        runner = self.runner()
        for start in (
            lambda: runner.run(beta=1),
            lambda: runner.resume(persist=True),
            lambda: runner.spin("end", tags=["a"]),
            lambda: self.runner(nothing=1).run(),
        ):
            with self.assertRaises(ValueError):
                start()

    def test_values_of_another_type(self):
        runner = self.runner()
        for bad in (
            {"alpha": "3"},
            {"learning_rate": "x"},
            {"words": "a"},
            {"words": [1]},
            {"flag": "yes"},
            {"file": 3},
            {"tags": "a"},
            {"max_workers": "3"},
            {"run_id_file": 3},
        ):
            with self.assertRaises(TypeError, msg=str(bad)):
                runner.run(**bad)
        for bad in ({"pylint": "no"}, {"metadata": "elsewhere"}, {"decospecs": "retry"}):
            with self.assertRaises(TypeError, msg=str(bad)):
                self.runner(**bad).run()
        with self.assertRaises(TypeError):
            runner.resume(step_to_rerun=3)

    def test_a_required_parameter(self):
        text = FLOW.replace('Parameter("alpha", default=1)', 'Parameter("alpha", required=True)')
        with self.assertRaises(ValueError) as caught:
            self.runner(text).run()
        self.assertIn("alpha", str(caught.exception))
        self.assertEqual(self.runner(text).run(alpha="x").status, "successful")
        self.assertEqual(self.runner(text, env={"METAFLOW_RUN_ALPHA": "x"}).run().status, "successful")
        self.assertEqual(self.runner(text).resume(origin_run_id="1").status, "successful")

    def test_files_that_have_no_flow(self):
        with self.assertRaises(FileNotFoundError):
            Runner(str(self.directory / "nothing.py"))
        with self.assertRaises(ZeroDivisionError):
            self.runner("1 / 0")
        with self.assertRaises(MetaflowException):
            self.runner("x = 1")
        two = "from metaflow import FlowSpec\nclass A(FlowSpec): pass\nclass B(FlowSpec): pass"
        with self.assertRaises(MetaflowException):
            self.runner(two)

    def test_flows_that_are_derived_or_made_at_once(self):
        derived = FLOW.replace("class F(FlowSpec)", "class Base(FlowSpec):\n        pass\n\n    class F(Base)")
        self.assertEqual(self.runner(derived).run(alpha=1).status, "successful")
        at_once = FLOW.replace('    if __name__ == "__main__":\n        F()', "    F()")
        self.assertEqual(self.runner(at_once).run(alpha=1).status, "successful")

    def test_deploying(self):
        for kind in (Deployer, NBDeployer, DeployedFlow):
            with self.assertRaises(MetaflowException) as caught:
                kind("flow.py")
            self.assertIn("`flowdev deploy", str(caught.exception))


class WithConfigs(Case):
    TEXT = """
        from metaflow import Config, FlowMutator, FlowSpec, Parameter, step

        class Added(FlowMutator):
            def pre_mutate(self, mutable_flow):
                for name in dict(mutable_flow.configs)["cfg"].names:
                    mutable_flow.add_parameter(name, Parameter(name, default=1))

        @Added
        class F(FlowSpec):
            cfg = Config("cfg", default_value='{"names": ["one"]}')

            @step
            def start(self):
                self.next(self.end)

            @step
            def end(self):
                pass

        if __name__ == "__main__":
            F()
    """

    def test_parameters_that_a_mutator_adds(self):
        runner = self.runner(self.TEXT)
        self.assertIn("--parameter=one=3", self.started(runner.run(one=3)))
        with self.assertRaises(ValueError):
            runner.run(two=3)
        with self.assertRaises(TypeError):
            runner.run(one="x")

    def test_configs_that_are_given(self):
        given = self.runner(self.TEXT, config_value=[("cfg", {"names": ["two"]})])
        words = self.started(given.run(two=5))
        self.assertIn("--parameter=two=5", words)
        (self.directory / "cfg.json").write_text('{"names": ["three"]}')
        read = self.runner(self.TEXT, config=[("cfg", "cfg.json")])
        self.assertIn("--parameter=three=5", self.started(read.run(three=5)))

    def test_configs_that_cannot_be(self):
        for bad in ({"config": [("cfg", "nothing.json")]}, {"config_value": [("other", {})]}):
            with self.assertRaises(ValueError):
                self.runner(self.TEXT, **bad).run()
        with self.assertRaises(TypeError):
            self.runner(self.TEXT, config_value={"cfg": {}}).run()


class Asynchronous(Case):
    def test_a_run(self):
        async def story():
            async with self.runner() as runner:
                running = await runner.async_run(alpha=2)
                self.assertEqual(running.run.id, "1")
                self.assertIs(await running.wait(), running)
                self.assertEqual(running.status, "successful")
                lines = [line async for _, line in running.stream_log("stderr")]
                self.assertEqual(lines[-1], "engine: an error é")
                spun = await runner.async_spin("end")
                resumed = await runner.async_resume()
                await asyncio.gather(spun.wait(), resumed.wait())
                return spun.task.id, resumed.run.id, resumed.returncode

        self.assertEqual(asyncio.run(story()), ("1", "1", 0))

    def test_a_run_that_takes_too_long(self):
        async def story():
            runner = self.runner(env={"HANG": "1"})
            async with await runner.async_run() as running:
                lines = running.stream_log("stdout")
                position = [position async for position, line in _until(lines, "engine: hangs")][-1]
                self.assertEqual((running.status, running.returncode), ("running", None))
                with self.assertRaises(LogReadTimeoutError):
                    async for _ in running.command_obj.stream_log("stdout", position, timeout_per_line=0):
                        self.fail("there is no more")
                with mock.patch("builtins.print"):
                    await running.wait(timeout=0.01)
                return running.status, running.returncode

        self.assertEqual(asyncio.run(story()), ("timeout", -15))

    def test_a_run_that_does_not_come_to_be(self):
        async def story():
            await self.runner(env={"MUTE": "3"}).async_run()

        with self.assertRaises(RuntimeError) as caught:
            asyncio.run(story())
        self.assertIn("engine: no run", str(caught.exception))

    def test_a_stream_that_is_none(self):
        async def story():
            running = await self.runner().async_run()
            await running.wait()
            async for _ in running.stream_log("stdin"):
                self.fail("there is no such stream")

        with self.assertRaises(ValueError):
            asyncio.run(story())


async def _until(lines, last):
    """Positions and lines, up to a certain line."""
    async for position, line in lines:
        yield position, line
        if line == last:
            return


class Notebooks(Case):
    def notebook(self, cell):
        history = types.SimpleNamespace(input_hist_raw=["x = 1", cell])
        shell = types.SimpleNamespace(history_manager=history)
        module = types.ModuleType("IPython")
        module.get_ipython = lambda: shell if cell is not None else None
        return mock.patch.dict(sys.modules, IPython=module)

    def cell(self):
        return textwrap.dedent(FLOW.split("    if __name__")[0]) + "\nNBRunner(F).nbrun()\n"

    def test_a_flow_in_a_cell(self):
        flow = type("F", (), {})
        with self.notebook(self.cell()):
            runner = NBRunner(flow, show_output=False, base_dir=str(self.directory))
            text = Path(runner.flow_file).read_text()
            self.assertTrue(text.endswith('if __name__ == "__main__":\n    F()\n'))
            self.assertNotIn("NBRunner", text)
            self.assertEqual(runner.nbrun(alpha=2).id, "1")
            self.assertFalse(os.path.exists(runner.flow_file))
            again = NBRunner(flow, show_output=False, base_dir=str(self.directory))
            self.assertEqual(again.run().status, "successful")
            again.cleanup()
        self.assertEqual(list(self.directory.glob("F*.py")), [])

    def test_what_is_no_notebook(self):
        with mock.patch.dict(sys.modules, IPython=None), self.assertRaises(NBRunnerInitializationError) as caught:
            NBRunner(object)
        self.assertIn("IPython", str(caught.exception))
        with self.notebook(None), self.assertRaises(NBRunnerInitializationError):
            NBRunner(object)
        with self.notebook(""), self.assertRaises(ValueError):
            NBRunner(object)
        with self.notebook("x = 1"), self.assertRaises(ModuleNotFoundError):
            NBRunner(type("F", (), {}))


class Package(unittest.TestCase):
    def test_the_processes_find_this_package(self):
        from metaflow.runner.command_line import environment

        with mock.patch.dict(os.environ, PYTHONPATH="/elsewhere"):
            self.assertEqual(environment(None, None)["PYTHONPATH"], f"{ASSETS}{os.pathsep}/elsewhere")


if __name__ == "__main__":
    unittest.main()

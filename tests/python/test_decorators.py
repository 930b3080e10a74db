"""The decorators: how they are written, what they refuse, and what they ask of the engine."""

import os
import subprocess
import sys
import unittest

from driver import ASSETS, Worker

HEAD = "from metaflow import *\nfrom metaflow import FlowSpec, step, current, project, exit_hook, retry, catch, timeout\n"

STEPS = """
    {decorators}
    @step
    def start(self):
        self.next({next})

    @step
    def end(self):
        pass
"""


def source(decorators="", flow="", before="", after="self.end"):
    return f"{HEAD}{before}\n{flow}\nclass AFlow(FlowSpec):{STEPS.format(decorators=decorators, next=after)}"


def loaded(text, **load):
    with Worker(text, **load) as worker:
        return worker.loaded


def python(code):
    environ = {**os.environ, "PYTHONPATH": ASSETS}
    result = subprocess.run([sys.executable, "-c", code], env=environ, capture_output=True, text=True, check=False)
    return result.stdout.strip() or result.stderr.strip().splitlines()[-1]


class RefusalTest(unittest.TestCase):
    def refused(self, sentence, text, **load):
        answer = loaded(text, **load)
        self.assertEqual(answer["t"], "failed", answer)
        self.assertIn(sentence, answer["error"]["message"])

    def test_of_steps(self):
        for sentence, decorators in (
            ("maximum number of retries is 4", "@retry(times=5)"),
            ("@timeout needs a duration", "@timeout"),
            ("@retry twice", "@retry\n    @retry"),
            ("no attribute 'time'", "@retry(time=3)"),
            ("keyword arguments only", "@retry(3)"),
            ("belongs above a flow", "@project(name='a')"),
        ):
            with self.subTest(decorators):
                self.refused(sentence, source(decorators))

    def test_catch_where_steps_decide(self):
        self.refused("decides on a foreach", source("@catch", after="self.end, foreach='items'"))

    def test_of_flows(self):
        for sentence, flow in (
            ("@project needs a name", "@project"),
            ("may have lower-case letters", "@project(name='A')"),
            ("longer than 128", f"@project(name='{'a' * 129}')"),
            ("@project twice", "@project(name='a')\n@project(name='b')"),
            ("nothing to wait for", "@trigger"),
            ("either event or events", "@trigger(event='a', events=['b'])"),
            ("same event twice", "@trigger(events=['a', 'a'])"),
            ("neither the name of a flow", "@trigger_on_finish(flow='a.b')"),
            ("calls nothing", "@exit_hook"),
        ):
            with self.subTest(flow):
                before = "from metaflow import trigger, trigger_on_finish\n"
                self.refused(sentence, source(flow=flow, before=before))

    def test_options_that_contradict_the_code(self):
        self.refused("give it in one place", source(flow="@project(name='a', branch='b')"), options={"branch": "c"})


class ProjectTest(unittest.TestCase):
    def tags(self, flow, **load):
        answer = loaded(source(flow=flow), **load)
        self.assertEqual(answer["t"], "loaded", answer)
        return answer["flow"]["sys_tags"]

    def test_branches(self):
        for flow, load, branch in (
            ("@project(name='a')", {}, "user.me"),
            ("@project(name='a')", {"options": {"branch": "b"}}, "test.b"),
            ("@project(name='a')", {"options": {"production": "true"}}, "prod"),
            ("@project(name='a')", {"options": {"branch": "b", "production": "true"}}, "prod.b"),
            ("@project(name='a')", {"env": {"METAFLOW_BRANCH": "v"}}, "test.v"),
            ("@project(name='a')", {"env": {"METAFLOW_BRANCH": "v"}, "options": {"branch": "b"}}, "test.b"),
            ("@project(name='a', production=True)", {"options": {"production": "false"}}, "prod"),
        ):
            with self.subTest(flow=flow, load=load):
                self.assertEqual(self.tags(flow, **load), ["project:a", f"project_branch:{branch}"])


class DescriptionTest(unittest.TestCase):
    def test_decorators_of_variables_stand_in_for_the_command_line(self):
        env = {"METAFLOW_DECOSPECS": "retry:times=1", "METAFLOW_DEFAULT_DECOSPECS": "timeout:seconds=9"}
        for given, times in (([], 1), (["retry:times=2"], 2)):
            with self.subTest(given):
                steps = loaded(source(), env=env, **{"with": given})["flow"]["steps"]
                self.assertEqual([deco["name"] for deco in steps[0]["decorators"]], ["retry", "timeout"])
                self.assertEqual(steps[0]["retry"], [times, 0])

    def test_what_has_no_effect_here_is_said_once(self):
        flow = loaded(source("@kubernetes", "@schedule(daily=True)", "from metaflow import kubernetes, schedule\n"))["flow"]
        self.assertEqual(len(flow["notices"]), 1)
        self.assertIn("@kubernetes: without effect here", flow["notices"][0])

    def test_work_after_the_run(self):
        self.assertFalse(loaded(source())["flow"]["after_run"])
        self.assertTrue(loaded(source(flow="@exit_hook(on_error=['f'])"))["flow"]["after_run"])


class AfterRunTest(unittest.TestCase):
    def test_functions_that_the_flow_names(self):
        before = "def good():\n    print('good')\ndef bad(run):\n    print('bad', run)\ndef broken():\n    raise ValueError\n"
        with Worker(source(flow="@exit_hook(on_success=[good, broken], on_error=[bad])", before=before)) as worker:
            ok, failed = (
                worker.run(worker.spec("_after_run", [], kind="after_run", ended={"ok": ok, "error": "why"}))
                for ok in (True, False)
            )
        self.assertEqual(ok.stdout.splitlines()[0], "good")
        self.assertIn("[exit_hook] Hook 'broken' failed", ok.stdout)
        # There is no such run in any store.
        self.assertTrue(failed.stdout.rstrip().endswith("bad None"), failed.stdout)


class SpecificationTest(unittest.TestCase):
    def test_there_and_back(self):
        code = (
            "from metaflow.plugins.retry_decorator import RetryDecorator as R\n"
            "from metaflow.plugins.environment_decorator import EnvironmentDecorator as E\n"
            "print(R.parse_decorator_spec('times=3').make_decorator_spec())\n"
            "print(E.parse_decorator_spec(E({'vars': {'a': 1, 'b': 'x, y'}}).make_decorator_spec()[12:]).attributes)\n"
            "print(R({'times': 2}, statically_defined=True))"
        )
        expected = [
            "retry:times=3,minutes_between_retries=2",
            "{'vars': {'a': 1, 'b': 'x, y'}}",
            "retry<static times=2 minutes_between_retries=2>",
        ]
        self.assertEqual(python(code).splitlines(), expected)


class ParserTest(unittest.TestCase):
    def test_requirements(self):
        text = "# c\\nrequests[b,a] >=2, <3 # x\\nnumpy==1.2\\nf @ git+https://x/y@main\\npython==3.9\\n-e file:.\\n"
        self.assertEqual(
            python(f"from metaflow import requirements_txt_parser as parse; print(parse('{text}'))"),
            "{'packages': {'requests[a,b]': '<3,>=2', 'numpy': '1.2', 'f@git+https://x/y@main': ''}, 'python': '3.9'}",
        )

    def test_requirements_that_are_none(self):
        for text in ("???", "a>>1", "a; os_name == 'x'"):
            with self.subTest(text):
                said = python(f'from metaflow import requirements_txt_parser as parse; parse("{text}")')
                self.assertTrue(said.startswith("metaflow.plugins.pypi.parsers.ParserValueError: "), said)


class MulticoreTest(unittest.TestCase):
    def test_results_in_order(self):
        code = "from metaflow import parallel_map; n = 2; print(parallel_map(lambda x: x * n, range(5), max_parallel=2))"
        self.assertEqual(python(code), "[0, 2, 4, 6, 8]")

    def test_a_failing_function(self):
        code = "from metaflow import parallel_map; parallel_map(lambda x: 1 // x, [1, 0])"
        self.assertEqual(python(code), "metaflow.multicore_utils.MulticoreException: Child failed")


if __name__ == "__main__":
    unittest.main()

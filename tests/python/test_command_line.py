"""The command line of `python flow.py ...`: what it accepts, and what it makes of it."""

import contextlib
import io
import json
import os
import subprocess
import sys
import tempfile
import unittest
from unittest import mock

from driver import ASSETS, PYCACHE
from metaflow._cli.errors import UsageError
from metaflow._cli.help import page
from metaflow._cli.kinds import INTEGER, PAIRS, Choice, kind_of
from metaflow._cli.options import Argument, Command, Context, Group, Option

FLOW = """
import os
from metaflow import FlowSpec, JSONType, Parameter, retry, step

os.environ.update(SET_WHILE_LOADED)

class LineFlow(FlowSpec):
    "A flow."
    alpha = Parameter("alpha", default=3, help="the rate")
    name_p = Parameter("name-p", default="x")
    flag = Parameter("flag", default=True)
    must = Parameter("must", required=True, type=float)
    many = Parameter("many", multiple=True, type=int)
    js = Parameter("js", type=JSONType, default="{}")

    @retry
    @step
    def start(self):
        "Begins."
        self.items = [1, 2]
        self.next(self.body, foreach="items")

    @step
    def body(self):
        self.next(self.join)

    @step
    def join(self, inputs):
        self.next(self.end)

    @step
    def end(self):
        pass

if __name__ == "__main__":
    LineFlow()
"""


class Answer:
    def __init__(self, done):
        self.code = done.returncode
        self.out = done.stdout
        self.err = done.stderr
        self.line = done.stdout.split("\0")[:-1]


class FlowFile:
    """A flow file in a directory of its own, with a binary that prints its arguments."""

    def __init__(self, directory, source=FLOW, **loaded):
        self.path = os.path.join(directory, "flow.py")
        self.binary = os.path.join(directory, "flowdev")
        with open(self.path, "w") as file:
            file.write(source.replace("SET_WHILE_LOADED", repr(loaded)))
        with open(self.binary, "w") as file:
            file.write("#!/bin/sh\nprintf '%s\\0' \"$@\"\n")
        os.chmod(self.binary, 0o755)

    def __call__(self, *words, **environ):
        inherited = {key: value for key, value in os.environ.items() if not key.startswith(("METAFLOW_", "FLOWDEV_"))}
        done = subprocess.run(
            [sys.executable, self.path, *words],
            cwd=os.path.dirname(self.path),
            env={
                **inherited,
                "PYTHONPATH": ASSETS,
                "PYTHONPYCACHEPREFIX": PYCACHE,
                "METAFLOW_USER": "tester",
                "METAFLOW_HOME": os.path.dirname(self.path),
                "FLOWDEV_BIN": self.binary,
                **environ,
            },
            capture_output=True,
            text=True,
        )
        return Answer(done)


class FlowFileTest(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.directory = directory.name
        self.flow = FlowFile(directory.name)


class RunTest(FlowFileTest):
    def options(self, *words, **environ):
        """What the binary is told, without what it is always told."""
        answer = self.flow("--quiet", *words, **environ)
        self.assertEqual((answer.code, answer.err), (0, ""))
        self.assertEqual(answer.line[1], self.flow.path)
        usual = ["--console", "metaflow", "--class", "LineFlow", "--quiet", "--max-workers=16", "--max-num-splits=100"]
        return [answer.line[0], *(word for word in answer.line[2:] if word not in [*usual, "--max-log-size=10"])]

    def test_options_of_the_program_and_of_the_command_become_one_line(self):
        self.assertEqual(
            self.options("--with", "catch", "run", "--must=2", "--with", "retry:times=1", "--tag", "a", "--tag=b c"),
            ["run", "--with=retry:times=1", "--with=catch", "--tag=a", "--tag=b c", "--parameter=must=2"],
        )

    def test_options_that_mean_nothing_here_are_accepted(self):
        given = ["--metadata=local", "--datastore=local", "--environment=local", "--event-logger=nullSidecarLogger"]
        self.assertEqual(self.options(*given, "--no-pylint", "run", "--must", "1"), ["run", "--parameter=must=1"])

    def test_parameters_go_on_as_they_were_given(self):
        words = ["--must", "1e3", "--many", "1", "--many=2", "--flag", "no", "--js", '{"a": 1}', "--name-p", "--"]
        self.assertEqual(
            self.options("run", *words),
            [
                "run",
                "--parameter=flag=no",
                '--parameter=js={"a": 1}',
                "--parameter=many=1",
                "--parameter=many=2",
                "--parameter=must=1e3",
                "--parameter=name-p=--",
            ],
        )

    def test_parameters_and_options_come_from_variables(self):
        environ = {"METAFLOW_RUN_MUST": "4", "METAFLOW_RUN_NAME_P": "n", "METAFLOW_RUN_TAGS": "a b"}
        environ["METAFLOW_DECOSPECS"] = "retry catch"
        environ["METAFLOW_RUN_MANY"] = "1 2"
        self.assertEqual(
            self.options("run", **environ),
            [
                "run",
                *("--with=retry", "--with=catch", "--tag=a", "--tag=b"),
                *("--parameter=many=1", "--parameter=many=2", "--parameter=must=4", "--parameter=name-p=n"),
            ],
        )

    def test_variables_are_read_after_the_file_was_loaded(self):
        self.flow = FlowFile(self.directory, METAFLOW_RUN_MUST="7", METAFLOW_QUIET="1")
        answer = self.flow("run")
        self.assertEqual(answer.err, "")
        self.assertIn("--parameter=must=7", answer.line)

    def test_a_parameter_is_judged(self):
        for words, problem in [
            (["--must", "1", "--alpha", "x"], "Error: Invalid value for '--alpha': x is not a valid integer"),
            (["--must", "1", "--flag", "on"], "Error: Invalid value for '--flag': on is not a valid boolean"),
            (["--must", "y"], "Error: Invalid value for '--must': y is not a valid floating point value"),
            ([], "Error: Missing option '--must'."),
            (["--must", "1", "more"], "Error: Got unexpected extra argument (more)"),
        ]:
            with self.subTest(words=words):
                answer = self.flow("--quiet", "run", *words)
                self.assertEqual((answer.code, answer.out), (2, ""))
                self.assertEqual(
                    answer.err,
                    f"Usage: flow.py run [OPTIONS]\nTry 'flow.py run --help' for help.\n\n{problem}\n",
                )
        answer = self.flow("--quiet", "run", "--must", "1", "--js", "{")
        self.assertEqual(answer.code, 2)
        self.assertIn("Error: Invalid value for '--js': ", answer.err)

    def test_a_file_that_is_to_be_included_is_there(self):
        source = FLOW.replace("import FlowSpec", "import FlowSpec, IncludeFile").replace(
            "    @retry\n", '    text = IncludeFile("text")\n\n    @retry\n'
        )
        self.flow = FlowFile(self.directory, source)
        answer = self.flow("--quiet", "run", "--must=1", "--text", "flow.py")
        self.assertEqual((answer.code, answer.line[-1]), (0, "--parameter=text=flow.py"))
        answer = self.flow("--quiet", "run", "--must=1", "--text", "nowhere")
        self.assertEqual(answer.code, 2)
        self.assertIn("Error: Invalid value for '--text': IncludeFile: could not open file 'nowhere'", answer.err)

    def test_the_banner_and_the_lines_of_the_check(self):
        answer = self.flow("run", "--must", "1")
        lines = answer.err.splitlines()
        self.assertRegex(lines[0], r"^Metaflow \S+ executing LineFlow for user:tester$")
        self.assertEqual(lines[1:4], ["Validating your flow...", "    The graph looks good!", "Running pylint..."])
        answer = self.flow("--no-pylint", "run", "--must", "1")
        self.assertEqual(answer.err.splitlines()[1:], ["Validating your flow...", "    The graph looks good!"])

    def test_what_is_wrong_with_the_graph_ends_a_run(self):
        finding = {
            "severity": "error",
            "file": "flow.py",
            "line": 7,
            "message": "body leads nowhere",
            "hint": "lead on",
        }
        with open(self.flow.binary, "w") as file:
            file.write(f"#!/bin/sh\nprintf '%s\\n' '{json.dumps(finding)}'\nexit 1\n")
        for command in ("run", "resume", "check"):
            words = ["--must", "1"] if command == "run" else []
            answer = self.flow(command, *words)
            self.assertEqual(answer.code, 1)
            self.assertEqual(
                answer.err.splitlines()[1:],
                [
                    "Validating your flow...",
                    "    Validity checker found an issue in file flow.py on line 7:",
                    "    body leads nowhere",
                    "    lead on",
                    "",
                ],
            )

    def test_resume(self):
        self.assertEqual(self.options("resume"), ["resume"])
        self.assertEqual(
            self.options("resume", "body", "--origin-run-id", "7", "--tag", "t", "--run-id-file", "f"),
            ["resume", "body", "--tag=t", "--run-id-file=f", "--origin-run-id=7"],
        )
        self.assertEqual(self.options("resume", "--alpha", "4"), ["resume", "--parameter=alpha=4"])
        answer = self.flow("--quiet", "resume", "nowhere")
        self.assertEqual((answer.code, answer.err.splitlines()[0]), (1, "    Invalid command:"))
        self.assertEqual(self.flow("--quiet", "resume", "--run-id", "12").code, 1)

    def test_spin(self):
        self.assertEqual(self.options("spin", "body"), ["spin", "body", "--no-persist"])
        self.assertEqual(
            self.options("spin", "LineFlow/1/body/2", "--persist", "--skip-decorators", "--artifacts-module", "m.py"),
            ["spin", "1/body/2", "--skip-decorators", "--persist", "--artifacts-module=m.py"],
        )
        self.assertEqual(self.options("spin", "1/body"), ["spin", "1/body", "--no-persist"])
        for wrong in ("nowhere", "Other/1/body/2", "1//2"):
            with self.subTest(pathspec=wrong):
                self.assertEqual(self.flow("--quiet", "spin", wrong).code, 1)

    def test_a_missing_binary(self):
        # Seen from here, there is no build beside the package.
        package = os.path.join(self.directory, "package")
        os.mkdir(package)
        os.symlink(os.path.join(ASSETS, "metaflow"), os.path.join(package, "metaflow"))
        answer = self.flow("--quiet", "run", "--must=1", FLOWDEV_BIN="", PATH="/nowhere", PYTHONPATH=package)
        self.assertEqual(answer.code, 1)
        self.assertEqual(answer.err.splitlines()[0], "    The flowdev binary is missing:")

    def test_what_is_not_offered(self):
        for words in (["argo-workflows", "create"], ["--datastore=s3", "run", "--must=1"], ["init"]):
            with self.subTest(words=words):
                answer = self.flow("--quiet", *words)
                self.assertEqual((answer.code, answer.err.splitlines()[0]), (1, "    Invalid command:"))


class ShowTest(FlowFileTest):
    def test_show(self):
        answer = self.flow("show")
        self.assertEqual(answer.code, 0)
        lines = answer.out.splitlines()
        self.assertEqual(lines[:4], ["@retry", "Step start", "    Begins.", "    => body"])
        self.assertEqual(lines[-2:], ["Step end", "    ?"])

    def test_output_raw_as_json(self):
        answer = self.flow("output-raw", "--json")
        printed = json.loads(answer.out)
        self.assertEqual(printed["graph_structure"], ["start", [["body"]], "join", "end"])
        start = printed["graph"]["start"]
        self.assertEqual((start["type"], start["foreach_artifact"]), ("split-foreach", "items"))
        self.assertEqual(start["matching_join"], "join")

    def test_output_dot(self):
        lines = self.flow("output-dot").out.splitlines()
        self.assertEqual((lines[0], lines[-1]), ("digraph LineFlow {", "}"))
        self.assertIn("join -> end;", lines)

    def test_help_of_every_command(self):
        for words in ([], ["run"], ["resume"], ["spin"], ["check"], ["show"], ["dump"], ["logs"], ["logs", "show"]):
            with self.subTest(words=words):
                answer = self.flow("--quiet", *words, "--help")
                self.assertEqual(answer.code, 0)
                self.assertTrue(answer.out.startswith(" ".join(["Usage: flow.py", *words, "[OPTIONS]"])), answer.out)
        self.assertIn("--alpha INTEGER", self.flow("run", "--help").out)

    def test_no_such_command(self):
        answer = self.flow("--quiet", "nosuch")
        self.assertEqual(answer.code, 2)
        self.assertEqual(answer.err.splitlines()[-1], "Error: No such command 'nosuch'.")


class ParserTest(unittest.TestCase):
    OPTIONS = [
        Option("--name"),
        Option("--many", multiple=True, kind=INTEGER),
        Option("--pair", nargs=2, multiple=True, kind=PAIRS),
        Option("--on/--no-on", default=False),
        Option("--flag", flag=True),
        Option("--word", kind=Choice(("a", "b")), default="a"),
    ]

    def values(self, *words, arguments=(), **environ):
        command = Command(None, "", self.OPTIONS, list(arguments))
        with mock.patch.dict(os.environ, environ):
            return command.values(Context(command, "p", "METAFLOW_X"), list(words))

    def refused(self, *words, **options):
        with self.assertRaises(UsageError) as caught:
            self.values(*words, **options)
        return caught.exception.message

    def test_ways_to_write_an_option(self):
        values = self.values("--name=a=b", "--many", "1", "--many=2", "--on", "--flag", "--pair", "k", "--v")
        self.assertEqual(values["name"], "a=b")
        self.assertEqual(values["many"], (1, 2))
        self.assertEqual(values["pair"], (("k", "--v"),))
        self.assertEqual((values["on"], values["flag"], values["word"]), (True, True, "a"))
        self.assertEqual(self.values("--on", "--no-on")["on"], False)
        self.assertEqual(self.values("--name=")["name"], "")

    def test_arguments(self):
        one, rest = Argument("one"), Argument("rest", many=True, required=False)
        values = self.values("a", "--name", "n", "b", "--", "--c", arguments=[one, rest])
        self.assertEqual((values["one"], values["rest"], values["name"]), ("a", ("b", "--c"), "n"))
        self.assertEqual(self.refused(arguments=[one]), "Missing argument 'ONE'.")
        self.assertEqual(self.refused("a", "b", "c"), "Got unexpected extra arguments (a b c)")

    def test_variables(self):
        values = self.values(METAFLOW_X_NAME="n", METAFLOW_X_MANY="1 2", METAFLOW_X_ON="yes", METAFLOW_X_WORD="b")
        self.assertEqual((values["name"], values["many"], values["on"], values["word"]), ("n", (1, 2), True, "b"))
        values = self.values("--name", "given", METAFLOW_X_NAME="n", METAFLOW_X_PAIR='{"k": {"a": 1}, "l": "t"}')
        self.assertEqual((values["name"], values["pair"]), ("given", (("k", '{"a": 1}'), ("l", "t"))))
        self.assertIn("Invalid value for '--pair'", self.refused(METAFLOW_X_PAIR="{"))

    def test_mistakes(self):
        self.assertEqual(self.refused("--nam", "x"), "no such option: --nam  Did you mean --name?")
        self.assertEqual(self.refused("-x"), "no such option: -x")
        self.assertEqual(self.refused("--name"), "--name option requires an argument")
        self.assertEqual(self.refused("--pair", "a"), "--pair option requires 2 arguments")
        self.assertEqual(self.refused("--flag=1"), "--flag option does not take a value")
        self.assertEqual(
            self.refused("--many", "1", "--many", "z"), "Invalid value for '--many': z is not a valid integer"
        )
        self.assertIn("invalid choice: c", self.refused("--word", "c"))

    def test_a_group_with_a_default(self):
        seen = []
        show = Command(lambda state, **values: seen.append(values), "Show.", [Option("--name")], [Argument("path")])
        other = Command(lambda state: seen.append("other"), "Other.")
        group = Group("", {"show": show, "other": other}, default="show")
        context = Context(group, "p g", "X")
        for words in (["a/b"], ["--name", "n", "a/b"], ["show", "a/b"], ["other"]):
            group.run(context, words, None)
        self.assertEqual(
            seen,
            [
                {"name": None, "path": "a/b"},
                {"name": "n", "path": "a/b"},
                {"name": None, "path": "a/b"},
                "other",
            ],
        )
        with self.assertRaises(UsageError):
            group.run(context, [], None)

    def test_help_is_answered_before_values_are_judged(self):
        from metaflow._cli.errors import Exit

        with contextlib.redirect_stdout(io.StringIO()) as printed, self.assertRaises(Exit):
            self.values("--many", "z", "--help")
        self.assertIn("--many INTEGER", printed.getvalue())
        self.assertIn("--word [a|b]", page(Context(Command(None, "", self.OPTIONS), "p", "X")))

    def test_kinds_of_types_that_flows_bring_along(self):
        class Doubled:
            name = "doubled"

            def convert(self, value, param, ctx):
                return value * 2

        self.assertEqual(kind_of(Doubled()).convert("a"), "aa")
        self.assertEqual(kind_of(None, 1.5).convert("2"), 2.0)
        self.assertEqual(kind_of(complex).convert("1j"), 1j)


if __name__ == "__main__":
    unittest.main()

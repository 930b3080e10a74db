"""Configs: where their values come from, what expressions of them mean, what steps and readers find."""

import json
import os
import pickle
import sys
import unittest

from driver import Worker
from metaflow.user_configs.config_parameters import ConfigValue

CONFIGURED = """
    import os
    from metaflow import FlowSpec, step, Parameter, Config, config_expr, environment, resources, schedule, current

    def pairs(text):
        return dict(line.split("=") for line in text.splitlines())

    def computed(context):
        return {"flow": context.flow_name, "name": context.parameter_name}

    def from_context(context):
        return context.configs.main.n + 1

    def shout(text):
        return text.upper()

    @schedule(cron=config_expr("shout(main.cron)"))
    class ConfiguredFlow(FlowSpec):
        main = Config("main", default="main.json")
        lines = Config("the-lines", default_value="a=1", parser=pairs)
        function = Config("function", default_value=computed)
        raw = Config("raw", plain=True, default_value='"x"')
        missing = Config("missing")
        number = Parameter("number", default=main.n)
        chosen = Parameter("chosen", default=from_context, type=int)
        unpacked = Parameter("unpacked", **main.parameter)

        @resources(cpu=main.n, memory=config_expr("str(main['n'] * 100)"))
        @environment(**main.env)
        @step
        def start(self):
            self.found = (self.main.n, self.main["list"][0].k, self.lines.a, self.raw, self.missing)
            self.parameters = (self.number, self.chosen, self.unpacked)
            self.variable = os.environ["FROM_CONFIG"]
            self.kept = self.main
            self.names = current.parameter_names
            try:
                self.main = 1
            except AttributeError as error:
                print(error)
            self.next(self.end)

        @step
        def end(self):
            pass

    if __name__ == "__main__":
        ConfiguredFlow()
"""

MAIN = {
    "n": 2,
    "cron": "c",
    "list": [{"k": "v"}],
    "env": {"vars": {"FROM_CONFIG": "yes"}},
    "parameter": {"default": 7, "help": "seven"},
}


def worker(source=CONFIGURED, main=MAIN, **load):
    return Worker(source, files=[("main.json", json.dumps(main))], **load)


class ConfigTest(unittest.TestCase):
    def test_values_reach_decorators_parameters_and_steps(self):
        with worker() as flow:
            described = {step["name"]: step["decorators"] for step in flow.flow["steps"]}
            attributes = {one["name"]: one["attributes"] for one in described["start"]}
            self.assertEqual(attributes["environment"], {"vars": {"FROM_CONFIG": "yes"}})
            self.assertEqual((attributes["resources"]["cpu"], attributes["resources"]["memory"]), (2, "200"))
            self.assertEqual(flow.flow["decorators"][0]["attributes"]["cron"], "C")
            parameters = flow.parameters()
            start = flow.step("start", parameters)
            self.assertEqual(start.done["exit"], 0, start.stderr)
            self.assertEqual(flow.value(start, "found"), (2, "v", "1", '"x"', None))
            self.assertEqual(flow.value(start, "parameters"), (2, 3, 7))
            self.assertEqual(flow.value(start, "variable"), "yes")
            self.assertIn("not modifiable", start.stdout)
            # Readers need nothing of ours for the configs themselves; what a step kept is what it had.
            self.assertIs(type(flow.value(parameters, "main")), dict)
            self.assertEqual(flow.value(parameters, "main"), MAIN)
            self.assertEqual(flow.value(parameters, "function"), {"flow": "ConfiguredFlow", "name": "function"})
            self.assertIs(type(flow.value(start, "kept")), ConfigValue)
            names = ["chosen", "function", "lines", "main", "missing", "number", "raw", "unpacked"]
            self.assertEqual(sorted(flow.value(start, "names")), names)
            kinds = {one["attr"]: one["kind"] for one in flow.flow["parameters"]}
            self.assertEqual((kinds["main"], kinds["number"]), ("Config", "Parameter"))

    def test_files_that_are_read_are_sources(self):
        with worker() as flow:
            self.assertIn(os.path.join(os.path.dirname(flow.file), "main.json"), flow.loaded["modules"])

    def test_given_texts_and_variables(self):
        main = json.dumps({**MAIN, "n": 10})
        variables = {"METAFLOW_FLOW_CONFIG_VALUE": json.dumps({"raw": "by variable", "function": {"a": 1}})}
        with worker(configs={"files": {}, "values": {"main": main}}, env=variables) as flow:
            # The variable is that of the same option, which was given: it does not count at all.
            self.assertEqual(flow.value(flow.parameters(), "raw"), '"x"')
            self.assertEqual(flow.value(flow.parameters(), "number"), 10)
        with worker(env=variables) as flow:
            parameters = flow.parameters()
            self.assertEqual(flow.value(parameters, "raw"), "by variable")
            self.assertEqual(flow.value(parameters, "function"), {"a": 1})

    def test_resume_keeps_the_values_of_the_origin(self):
        with worker() as first:
            before = first.parameters()
            origin = {"blobs": first.blobs, "objects": before.objects}
            with worker(main={**MAIN, "n": 99}, origin=origin) as second:
                self.assertEqual(second.value(second.parameters(), "number"), 2)

    def failure(self, source=CONFIGURED, **load):
        with worker(source, **load) as flow:
            self.assertEqual(flow.loaded["t"], "failed")
            return flow.loaded["error"]

    def test_what_does_not_fit_is_a_sentence(self):
        values = {
            "{": "'main' is not valid JSON",
            "[1]": "expected to be a dictionary, not list",
        }
        for text, sentence in values.items():
            error = self.failure(configs={"files": {}, "values": {"main": text}})
            self.assertEqual(error["type"], "metaflow.parameters.UsageError")
            self.assertIn(sentence, error["message"])
        cases = [
            ({"files": {"main": "nowhere.json"}, "values": {}}, "configuration file 'nowhere.json' could not be read for 'main'"),
            ({"files": {"main": "main.json"}, "values": {"main": "{}"}}, "both a value and a file"),
            ({"files": {}, "values": {"other": "{}"}}, "no config 'other'"),
            ({"files": {}, "values": {"the-lines": "nothing"}}, "the parser of 'the-lines' failed: ValueError"),
        ]
        for configs, sentence in cases:
            self.assertIn(sentence, self.failure(configs=configs)["message"])
        variable = {"METAFLOW_FLOW_CONFIG": "{"}
        self.assertIn("METAFLOW_FLOW_CONFIG is not valid JSON", self.failure(env=variable)["message"])

    def test_expressions_without_a_value(self):
        for wrong, sentence in (("main.nothing", "there is no nothing"), ("config_expr('other.x')", "'other' is not defined")):
            error = self.failure(CONFIGURED.replace("default=main.n", f"default={wrong}"))
            self.assertEqual(error["headline"], "Flow failed")
            self.assertIn(sentence, error["message"])

    def test_required_config(self):
        error = self.failure(CONFIGURED.replace('Config("missing")', 'Config("missing", required=True)'))
        self.assertIn("missing configuration for 'missing'", error["message"])

    def test_mutators_find_values_in_place_of_configs(self):
        source = CONFIGURED.replace(
            "    @schedule",
            """
    from metaflow import FlowMutator
    class Look(FlowMutator):
        def pre_mutate(self, mutable_flow):
            print(dict(mutable_flow.configs)["main"].n, mutable_flow.main["n"], mutable_flow.raw)
            mutable_flow.add_parameter("more", Parameter("more", default=mutable_flow.main.n))

    @Look
    @schedule""",
        )
        with worker(source) as flow:
            parameters = flow.parameters()
            start = flow.step("start", parameters)
            self.assertEqual(flow.value(start, "found"), (2, "v", "1", '"x"', None))
            self.assertEqual(flow.value(parameters, "more"), 2)
            self.assertNotIn("main", [one["name"] for one in flow.flow["constants"]])


class ConfigValueTest(unittest.TestCase):
    def setUp(self):
        self.value = ConfigValue({"a": {"b": [1, {"c": 2}]}, "items": 3})

    def test_items_and_attributes(self):
        value = self.value
        self.assertEqual((value.a.b[1].c, value["a"]["b"][1]["c"]), (2, 2))
        self.assertEqual(value, {"a": {"b": [1, {"c": 2}]}, "items": 3})
        self.assertEqual({**value.a}, {"b": [1, {"c": 2}]})
        self.assertEqual(json.loads(json.dumps(value)), value.to_dict())
        self.assertIs(type(value.to_dict()["a"]["b"][1]), dict)
        self.assertTrue("a" in value and "z" not in value and value.get("z", 1) == 1)
        with self.assertRaises(AttributeError):
            _ = value.z
        with self.assertRaises(KeyError):
            value["z"]

    def test_nothing_changes_it(self):
        def assign(value):
            value["x"] = 1

        changes = [
            assign,
            lambda value: setattr(value, "x", 1),
            lambda value: value.a.update(b=1),
            lambda value: value.pop("a"),
            lambda value: value.popitem(),
            lambda value: value.setdefault("x", 1),
            lambda value: value.clear(),
            lambda value: value.__delitem__("a"),
            lambda value: delattr(value, "a"),
            lambda value: value.__ior__({"x": 1}),
        ]
        for change in changes:
            with self.assertRaises(TypeError):
                change(self.value)
        self.assertEqual(sorted(self.value), ["a", "items"])

    def test_pickle(self):
        again = pickle.loads(pickle.dumps(self.value, 4))
        self.assertIs(type(again), ConfigValue)
        self.assertEqual(again.a.b[1].c, 2)


class ParserTest(unittest.TestCase):
    def test_requirements(self):
        from metaflow.plugins.pypi.parsers import ParserValueError, requirements_txt_parser

        text = "a==1.0\n# no\nb>=2, <3  # note\nc[x]\npython==3.9\nd @ https://e/f.whl\n"
        packages = {"a": "1.0", "b": "<3,>=2", "c[x]": "", "d@https://e/f.whl": ""}
        self.assertEqual(requirements_txt_parser(text), {"packages": packages, "python": "3.9"})
        for wrong in ("a b", "a; python_version < '3'", "python==3\npython==4"):
            with self.assertRaises(ParserValueError):
                requirements_txt_parser(wrong)

    @unittest.skipIf(sys.version_info < (3, 11), "tomllib came with Python 3.11")
    def test_pyproject(self):
        from metaflow.plugins.pypi.parsers import pyproject_toml_parser

        text = '[project]\nrequires-python = ">=3.9"\ndependencies = ["a>=1", "b"]\n'
        self.assertEqual(pyproject_toml_parser(text), {"packages": {"a": ">=1", "b": ""}, "python": ">=3.9"})

    def test_conda_environment(self):
        from metaflow.plugins.pypi.parsers import ParserValueError, conda_environment_yml_parser

        text = "name: n\ndependencies:\n  - python=3.9\n  - a=1\n  - b>=2\nprefix: p\n  - c\n"
        self.assertEqual(conda_environment_yml_parser(text), {"packages": {"a": "1", "b": ">=2"}, "python": "3.9"})
        with self.assertRaises(ParserValueError):
            conda_environment_yml_parser("dependencies:\n  - pip:\n    - x\n")


@unittest.skipUnless(os.environ.get("FLOWDEV_SEED_EXAMPLES"), "FLOWDEV_SEED_EXAMPLES names no directory of examples")
@unittest.skipIf(sys.version_info < (3, 11), "tomllib came with Python 3.11")
class PublishedExampleTest(unittest.TestCase):
    def test_configurable_flow(self):
        directory = os.environ["FLOWDEV_SEED_EXAMPLES"]
        texts = {}
        for name in ("configurable_flow.py", "myconfig.toml"):
            with open(os.path.join(directory, name)) as file:
                texts[name] = file.read()
        with Worker(texts["configurable_flow.py"], files=[("myconfig.toml", texts["myconfig.toml"])]) as flow:
            start = flow.step("start", flow.parameters())
            self.assertEqual(start.done["exit"], 0, start.stderr)
            self.assertIn("'learning_rate': 0.5", start.stdout)
            cpu = [one["attributes"]["cpu"] for one in flow.flow["steps"][0]["decorators"] if one["name"] == "resources"]
            self.assertEqual(cpu, [1])
            self.assertEqual(flow.flow["decorators"][0]["attributes"]["cron"], "0 * * * *")


if __name__ == "__main__":
    unittest.main()

"""Configs: where values come from, parsers, expressions, what steps and decorators see."""

from behaviour import Behaviour, at
from views import same, true


class BasicConfig(Behaviour):
    """Default values, files, variables and options; use as parameter defaults and in decorators."""

    QUICK = ("single-linear-step", "simple-foreach")
    FILES = {"silly.txt": "baz:awesome", "config2.json": '{"default_param": 123}', "given.json": '{"a": {"b": [1, {"c": 2}]}}'}
    TOP = ("--config", "given", "given.json", "--config-value", "valued", '{"v": 9}')
    HEADER = """
    import os
    from metaflow import environment


    def silly_parser(text):
        key, value = text.split(":", 1)
        return {key: value}


    os.environ["FROM_FILE"] = "set while importing"
    default_config = {"value": {"a": {"b": "41", "lolo": "yes"}, "other": [1, 2]}}


    def config_func(ctx):
        return {"val": 123}
    """
    FIELDS = """
    silly_config = Config("silly_config", default="silly.txt", parser=silly_parser)
    cfg = Config("cfg", default_value=default_config)
    given = Config("given")
    valued = Config("valued", default_value={"v": 1})
    config_env = Config("config_env", default_value={"vars": {"FROM_CONFIG": "env-value"}})
    absent = Config("absent")
    config2 = Config("config2", default="config2.json")

    param = Parameter("param", default=config2.default_param)
    param2 = Parameter("param2", default=config_expr("cfg.value.a.b + '1'"))
    """

    @at("singleton", decorators=["environment(vars={'TSTVAL': config_expr('cfg.value.a.b'), 'OTHER': silly_config.baz})"])
    def step_one(self):
        import os

        expect_equal("41", os.environ["TSTVAL"])
        expect_equal("awesome", os.environ["OTHER"])
        self.tst = os.environ["TSTVAL"]
        expect_equal("41", self.cfg.value.a.b)
        expect_equal("41", self.cfg["value"]["a"]["b"])
        expect_equal([1, 2], list(self.cfg.value.other))
        expect_equal(2, self.given.a.b[1].c)
        expect_equal(9, self.valued.v)
        expect_equal(None, self.absent)
        expect_equal(123, self.param)
        expect_equal("411", self.param2)
        expect_equal("awesome", self.silly_config.baz)
        expect_raises(lambda: self.cfg.nope, AttributeError)
        expect_raises(lambda: self.cfg["nope"], KeyError)
        expect_raises(lambda: setattr(self.cfg, "value", 1), TypeError)
        expect_raises(lambda: self.cfg.__setitem__("value", 1), TypeError, AttributeError)
        expect_raises(lambda: setattr(self, "cfg", 1), AttributeError)
        expect_equal(["value"], list(self.cfg))
        expect_equal({"a": 1, "v": 9}, {"a": 1, **self.valued})
        expect_equal({"value": {"a": {"b": "41", "lolo": "yes"}, "other": [1, 2]}}, self.cfg.to_dict())
        self.kept = self.cfg.value.a

    @at("all", needed=False, decorators=["environment(**config_env)"])
    def step_all(self):
        import os

        expect_equal("env-value", os.environ["FROM_CONFIG"])
        expect_equal("41", self.cfg.value.a.b)

    @staticmethod
    def check(graph, flow, look):
        for step in graph.ran:
            look.expect(step.name, "cfg", {"value": {"a": {"b": "41", "lolo": "yes"}, "other": [1, 2]}})
            look.expect(step.name, "silly_config", {"baz": "awesome"})
            look.expect(step.name, "given", {"a": {"b": [1, {"c": 2}]}})
            look.expect(step.name, "valued", {"v": 9})
            look.expect(step.name, "absent", None)
            look.expect(step.name, "param", 123)
            look.expect(step.name, "param2", "411")
            if "singleton" in step.marks:
                look.expect(step.name, "tst", "41")
                look.expect(step.name, "kept", {"b": "41", "lolo": "yes"})


class ConfigParser(Behaviour):
    """Parsers: a function, a dotted name; `plain` gives what the parser gives."""

    QUICK = ("single-linear-step",)
    FILES = {
        "key.txt": "a=1\nb=2\n",
        "list.txt": "x y z",
        "my_parsers.py": "def pairs(text):\n    return dict(line.split('=') for line in text.split())\n",
        "req.txt": "a==1.0\nb>=2\n# c\n",
    }
    HEADER = """
    from metaflow import requirements_txt_parser
    """
    FIELDS = """
    pairs = Config("pairs", default="key.txt", parser="my_parsers.pairs")
    words = Config("words", default="list.txt", parser=lambda text: text.split(), plain=True)
    raw = Config("raw", default="list.txt", plain=True)
    req = Config("req", default="req.txt", parser=requirements_txt_parser)
    """

    @at("all")
    def step_all(self):
        expect_equal("2", self.pairs.b)
        expect_equal(["x", "y", "z"], self.words)
        expect_equal(list, type(self.words))
        expect_equal("x y z", self.raw)
        expect_equal({"packages": {"a": "1.0", "b": ">=2"}}, {"packages": self.req.packages.to_dict()})

    @staticmethod
    def check(graph, flow, look):
        for step in graph.ran:
            look.expect(step.name, "pairs", {"a": "1", "b": "2"})
            look.expect(step.name, "words", ["x", "y", "z"])
            look.expect(step.name, "raw", "x y z")


class ConfigsByVariable(Behaviour):
    """METAFLOW_FLOW_CONFIG and METAFLOW_FLOW_CONFIG_VALUE."""

    GRAPHS = ("single-linear-step",)
    FILES = {"one.json": '{"n": 1}'}
    ENV = {"METAFLOW_FLOW_CONFIG": '{"one": "one.json"}', "METAFLOW_FLOW_CONFIG_VALUE": '{"two": {"n": 2}}'}
    FIELDS = """
    one = Config("one", required=True)
    two = Config("two", default_value='{"n": 0}')
    """

    @at("all")
    def step_all(self):
        expect_equal((1, 2), (self.one.n, self.two.n))

    @staticmethod
    def check(graph, flow, look):
        look.expect("end", "one", {"n": 1})
        look.expect("end", "two", {"n": 2})


class ConfigFunctions(Behaviour):
    """Functions as default values, parameters that read configs, variables set while the file is imported."""

    QUICK = ("single-linear-step", "single-and-branch")
    FILES = {"silly.txt": "baz:awesome"}
    HEADER = """
    import json
    import os
    from metaflow import environment

    os.environ["METAFLOW_FLOW_CONFIG_VALUE"] = json.dumps(
        {"config2": {"default_param": 123}, "config_env": {"vars": {"VAR1": "value1", "VAR2": "value2"}}}
    )
    os.environ["METAFLOW_FLOW_CONFIG"] = json.dumps({"silly": "silly.txt"})


    def silly_parser(text):
        key, value = text.split(":")
        return {key: value}


    def param_default(ctx):
        return ctx.configs.config2.default_param + 1


    def config_func(ctx):
        return {"val": 123, "flow": ctx.flow_name, "user": ctx.user_name}


    def config_text(ctx):
        return '{"from": "text"}'
    """
    FIELDS = """
    silly = Config("silly", required=True, parser=silly_parser)
    config2 = Config("config2")
    config3 = Config("config3", default_value=config_func)
    config4 = Config("config4", default_value=config_text)
    config_env = Config("config_env")
    from_config = Parameter("from_config", default=config_expr("config2").default_param, type=int)
    from_func = Parameter("from_func", default=param_default, type=int)
    """

    @at("all", decorators=["environment(**config_env)"])
    def step_all(self):
        import os

        expect_equal(("value1", "value2"), (os.environ["VAR1"], os.environ["VAR2"]))
        expect_equal("awesome", self.silly.baz)
        expect_equal((123, 124), (self.from_config, self.from_func))
        expect_equal(123, self.config3.val)
        expect_equal("ConfigFunctionsFlow", self.config3.flow)
        expect_equal("tester", self.config3.user)
        expect_equal("text", self.config4["from"])

    @staticmethod
    def check(graph, flow, look):
        for step in graph.ran:
            look.expect(step.name, "from_func", 124)
            look.expect(step.name, "silly", {"baz": "awesome"})
            look.expect(step.name, "config4", {"from": "text"})


class ConfigInFlowDecorator(Behaviour):
    """Configs in decorators of the class, in names of projects, and in `--with`."""

    QUICK = ("single-linear-step",)
    GRAPHS = ("single-linear-step", "simple_switch")
    HEADER = """
    from metaflow import retry, timeout
    """
    FLOW_DECORATORS = ("@project(name=config_expr('project_config.name'))",)
    FIELDS = """
    project_config = Config("project_config", default_value={"name": "by_config"})
    steps_config = Config("steps_config", default_value={"times": 1, "minutes": 5})
    """

    @at("=a", decorators=["retry(times=steps_config.times)", "timeout(minutes=config_expr('steps_config.minutes * 2'))"])
    def step_a(self):
        from metaflow import current

        if current.retry_count < 1:
            raise RetryMe
        self.attempt = current.retry_count

    @at("all")
    def step_all(self):
        from metaflow import current

        expect_equal("by_config", current.project_name)

    @staticmethod
    def check(graph, flow, look):
        look.expect("a", "attempt", 1)
        true("project:by_config" in look.system_tags(), f"{look.system_tags()}")
        if look.run:
            info = look.run["a"].task["_graph_info"].data["steps"]["a"]["decorators"]
            found = {each["name"]: each["attributes"] for each in info}
            same(1, int(found["retry"]["times"]), "retry in the graph")
            same(10, int(found["timeout"]["minutes"]), "timeout in the graph")


class ConfigOfResume(Behaviour):
    """A resumed run has the configs of its origin, whatever the files say by then."""

    GRAPHS = ("single-linear-step", "simple-foreach")
    QUICK = ("single-linear-step",)
    RESUME = True
    FILES = {"c.json": '{"n": 1}'}
    HEADER = """
    from metaflow import environment
    """
    FIELDS = """
    c = Config("c", default="c.json")
    p = Parameter("p", default=config_expr("c.n + 1"))
    """

    @at("first", decorators=["environment(vars={'SEEN': c.n})"])
    def step_first(self):
        with open("c.json", "w") as file:
            file.write('{"n": 100}')

    @at("last", decorators=["environment(vars={'SEEN': c.n})"])
    def step_last(self):
        import os

        if not is_resumed():
            raise ResumeHere
        self.seen = (self.c.n, self.p, os.environ["SEEN"])

    @staticmethod
    def check(graph, flow, look):
        look.expect("end", "seen", (1, 2, "1"))


class ConfigErrors(Behaviour):
    """What is wrong with configs ends with a sentence."""

    GRAPHS = ("single-linear-step",)
    FILES = {"bad.json": "{no json", "list.json": "[1]"}
    FIELDS = """
    c = Config("c", default_value={})
    """

    @staticmethod
    def check(graph, flow, look):
        if look.run:
            return
        for arguments in (
            ["--config", "c", "no-such-file.json"],
            ["--config", "c", "bad.json"],
            ["--config", "unknown", "list.json"],
            ["--config", "c", "bad.json", "--config-value", "c", "{}"],
        ):
            done = look.command(*arguments, "run", check=False)
            same(2, done.returncode, f"exit code of {arguments}: {done.stderr}")

"""Parameters and files: defaults, variables, options, and that tasks can not change them."""

from behaviour import Behaviour, at
from views import same, true


class BasicParameters(Behaviour):
    """Defaults, METAFLOW_RUN_<NAME> variables, types, separators and JSON."""

    QUICK = ("single-linear-step", "simple-foreach", "single-and-branch", "custom-terminals")
    FIELDS = """
    no_default_param = Parameter("no_default_param", default=None)
    bool_param = Parameter("bool_param", default=True)
    bool_true_param = Parameter("bool_true_param", default=True)
    int_param = Parameter("int_param", default=123)
    float_param = Parameter("float-param", default=1.5, help="with a dash")
    str_param = Parameter("str_param", default="foobar")
    unicode_param = Parameter("unicode_param", default="刺身")
    list_param = Parameter("list_param", separator=",", default="a,b,c")
    json_param = Parameter("json_param", default='{"a": [1, null]}', type=JSONType)
    json_object = Parameter("json_object", default={"b": 2}, type=JSONType)
    none_param = Parameter("none_param", type=int)
    typed_param = Parameter("typed_param", type=float, default=3)
    """

    @at("all")
    def step_all(self):
        expect_equal("test_str", self.no_default_param)
        expect_equal(False, self.bool_param)
        expect_equal(True, self.bool_true_param)
        expect_equal(123, self.int_param)
        expect_equal(1.5, self.float_param)
        expect_equal("foobar", self.str_param)
        expect_equal("刺身", self.unicode_param)
        expect_equal(["a", "b", "c"], self.list_param)
        expect_equal({"a": [1, None]}, self.json_param)
        expect_equal({"b": 2}, self.json_object)
        expect_equal(None, self.none_param)
        expect_equal((3.0, float), (self.typed_param, type(self.typed_param)))
        for name in ("int_param", "no_default_param", "json_param", "list_param"):
            expect_raises(lambda: setattr(self, name, 5), AttributeError)

    @staticmethod
    def check(graph, flow, look):
        values = {
            "no_default_param": "test_str", "bool_param": False, "bool_true_param": True, "int_param": 123, "float_param": 1.5,
            "str_param": "foobar", "unicode_param": "刺身", "list_param": ["a", "b", "c"], "json_param": {"a": [1, None]},
            "json_object": {"b": 2}, "none_param": None, "typed_param": 3.0,
        }  # fmt: skip
        for step in graph.ran:
            for name, value in values.items():
                look.expect(step.name, name, value)


class ParametersOnTheCommandLine(Behaviour):
    """Options win over variables and defaults."""

    GRAPHS = ("single-linear-step",)
    ENV = {"METAFLOW_RUN_ALPHA": "5", "METAFLOW_RUN_BETA": "6", "METAFLOW_RUN_WITH_DASH": "by variable"}
    RUN = ("--beta", "7", "--flag", "no", "--names", "x,y", "--data", '{"z": 1}', "--many", "p", "--many", "q")
    FIELDS = """
    alpha = Parameter("alpha", default=1)
    beta = Parameter("beta", default=1)
    flag = Parameter("flag", default=True)
    names = Parameter("names", separator=",", default="a")
    data = Parameter("data", type=JSONType)
    dash = Parameter("with-dash", default="nothing")
    many = Parameter("many", multiple=True, type=str)
    required = Parameter("bool_param", required=True)
    """

    @at("all")
    def step_all(self):
        expect_equal((5, 7, False), (self.alpha, self.beta, self.flag))
        expect_equal(["x", "y"], self.names)
        expect_equal({"z": 1}, self.data)
        expect_equal("by variable", self.dash)
        expect_equal(("p", "q"), tuple(self.many))
        expect_equal("False", self.required)

    @staticmethod
    def check(graph, flow, look):
        look.expect("end", "beta", 7)
        look.expect("end", "names", ["x", "y"])
        look.expect("end", "dash", "by variable")
        look.expect("end", "many", ("p", "q"))


class DynamicParameters(Behaviour):
    """A function as default is called once for the run, with its context."""

    QUICK = ("single-linear-step", "simple-foreach")
    HEADER = """
    import os

    os.environ["METAFLOW_RUN_NONDEFAULT"] = "from the environment"


    def str_func(ctx):
        import os
        from metaflow.metaflow_current import current

        expect_equal(current.project_name, "dynamic_parameters_project")
        expect_equal(ctx.parameter_name, "str_param")
        expect_equal(ctx.flow_name, "DynamicParametersFlow")
        expect_equal(ctx.user_name, "tester")
        if os.path.exists("str_func.only_once"):
            raise Exception("the function of a default was called more than once")
        with open("str_func.only_once", "w") as file:
            file.write("once")
        return "does this work?"


    def json_func(ctx):
        import json

        return json.dumps([1, 2])
    """
    FLOW_DECORATORS = ("@project(name='dynamic_parameters_project')",)
    FIELDS = """
    str_param = Parameter("str_param", default=str_func)
    json_param = Parameter("json_param", default=json_func, type=JSONType)
    nondefault = Parameter("nondefault", default=lambda ctx: "not used")
    """

    @at("singleton")
    def step_one(self):
        expect_equal("does this work?", self.str_param)
        expect_equal("from the environment", self.nondefault)
        expect_equal([1, 2], self.json_param)

    @at("all", needed=False)
    def step_all(self):
        expect_equal("does this work?", self.str_param)

    @staticmethod
    def check(graph, flow, look):
        for step in graph.ran:
            look.expect(step.name, "str_param", "does this work?")
            look.expect(step.name, "nondefault", "from the environment")
            look.expect(step.name, "json_param", [1, 2])


class ParameterNames(Behaviour):
    """current.parameter_names are the names of the attributes."""

    QUICK = ("single-and-branch",)
    FIELDS = """
    a_param = Parameter("a-param", default=1)
    another = Parameter("another", default=2)
    """

    @at("all")
    def step_all(self):
        from metaflow import current

        expect_equal(["a_param", "another"], sorted(current.parameter_names))

    @staticmethod
    def check(graph, flow, look):
        look.expect(graph.last.name, "another", 2)


class BasicInclude(Behaviour):
    """IncludeFile: text, encodings, bytes, optional, from a variable."""

    QUICK = ("single-linear-step", "simple-foreach")
    FILES = {
        "myfile.txt": "Regular Text File",
        "utf16.txt": "UTF Text File 年".encode("utf-16"),
        "bytes.bin": b"\x00\x01\xffbytes",
        "by_variable.txt": "by variable",
        "latin.txt": "é".encode("latin-1"),
    }
    ENV = {"METAFLOW_RUN_BY_VARIABLE": "by_variable.txt"}
    HEADER = """
    from metaflow.includefile import IncludedFile
    from metaflow.util import is_stringish
    """
    FIELDS = """
    myfile_txt = IncludeFile("myfile_txt", default="./myfile.txt")
    myfile_utf16 = IncludeFile("myfile_utf16", encoding="utf-16", default="./utf16.txt")
    myfile_binary = IncludeFile("myfile_binary", is_text=False, default="./bytes.bin")
    by_variable = IncludeFile("by_variable")
    missing_optional = IncludeFile("missing_optional", required=False)
    latin = IncludeFile("latin", default="latin.txt", encoding="latin-1", help="another one")
    """

    @at("all")
    def step_all(self):
        expect_equal("Regular Text File", self.myfile_txt)
        expect_equal("UTF Text File 年", self.myfile_utf16)
        expect_equal(b"\x00\x01\xffbytes", self.myfile_binary)
        expect_equal("by variable", self.by_variable)
        expect_equal(None, self.missing_optional)
        expect_equal("é", self.latin)
        expect(is_stringish(self.myfile_txt) and is_stringish(self.myfile_utf16))
        expect(not isinstance(self.myfile_binary, str))
        for name in ("myfile_txt", "missing_optional"):
            expect_raises(lambda: setattr(self, name, 5), AttributeError)

    @staticmethod
    def check(graph, flow, look):
        values = {
            "myfile_txt": "Regular Text File", "myfile_utf16": "UTF Text File 年", "myfile_binary": b"\x00\x01\xffbytes",
            "by_variable": "by variable", "missing_optional": None, "latin": "é",
        }  # fmt: skip
        from metaflow.includefile import IncludedFile

        for step in graph.ran:
            for name, value in values.items():
                for got in look.values(step.name, name):
                    if isinstance(got, IncludedFile):
                        got = got.decode(name)
                    same(value, got, name)


class IncludeDefaultByFunction(Behaviour):
    """The path of an IncludeFile may come from a function, and its text go through a parser."""

    GRAPHS = ("single-linear-step",)
    FILES = {"data.json": '{"k": [1, 2]}'}
    HEADER = """
    import json


    def where(ctx):
        return "data.json"
    """
    FIELDS = """
    data = IncludeFile("data", default=where)
    parsed = IncludeFile("parsed", default="data.json", parser=json.loads)
    """

    @at("all")
    def step_all(self):
        expect_equal('{"k": [1, 2]}', self.data)
        expect_equal({"k": [1, 2]}, self.parsed)

    @staticmethod
    def check(graph, flow, look):
        if look.run:
            same('{"k": [1, 2]}', look.run["end"].task["data"].data, "by the client")


class ParametersOfBases(Behaviour):
    """Parameters, constants and steps of base classes and mix-ins."""

    GRAPHS = ("single-linear-step",)
    HEADER = """
    class Mixin:
        from_mixin = "constant of the mix-in"

        def helper(self):
            return self.base_param * 2


    class Base(FlowSpec):
        base_param = Parameter("base_param", default=4)


    FlowSpec = type("Both", (Mixin, Base), {})
    """

    @at("all")
    def step_all(self):
        self.doubled = self.helper()

    @staticmethod
    def check(graph, flow, look):
        look.expect("end", "doubled", 8)
        look.expect("end", "base_param", 4)
        look.expect("end", "from_mixin", "constant of the mix-in")


class RequiredParameterMissing(Behaviour):
    """A required parameter that nothing gives."""

    GRAPHS = ("single-linear-step",)
    RUN = ("--also-missing", "1")
    FIELDS = """
    also = Parameter("also-missing", default=1)
    """

    @staticmethod
    def check(graph, flow, look):
        for arguments in (["--no-such-option", "1"], ["--also-missing", "text"], ["--also-missing"]):
            done = look.command("run", *arguments, check=False)
            same(2, done.returncode, f"exit code of {arguments}")
            true("Traceback" not in done.stderr + done.stdout, done.stderr)
            true("also-missing" in done.stderr or "no-such-option" in done.stderr, done.stderr)

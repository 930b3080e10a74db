"""Parameters, files, configs."""

from differential import Case

_FLOW = """
from metaflow import Config, FlowSpec, IncludeFile, JSONType, Parameter, config_expr, environment, project, step


@project(name="differ")
class GivenFlow(FlowSpec):
    cfg = Config("cfg", default_value={"a": {"b": 1}, "l": [1, {"c": 2}]})
    given = Config("given", default="given.json")
    raw = Config("raw", default="given.json", plain=True)
    number = Parameter("number", default=config_expr("cfg.a.b + 1"))
    text = Parameter("text-with-dash", default="t")
    flag = Parameter("flag", default=False)
    data = Parameter("data", type=JSONType, default='{"k": null}')
    words = Parameter("words", separator=",", default="a,b")
    nothing = Parameter("nothing", type=float)
    called = Parameter("called", default=lambda context: context.flow_name + context.parameter_name)
    file = IncludeFile("file", default="given.json")
    binary = IncludeFile("binary", default="given.json", is_text=False)
    none = IncludeFile("none", required=False)

    @environment(vars={"B": cfg.a.b})
    @step
    def start(self):
        self.seen = (self.number, self.text, self.flag, self.data, self.words, self.nothing, self.called)
        self.copy = self.cfg.a
        self.file_text = self.file
        self.next(self.end)

    @step
    def end(self):
        if not hasattr(self, "seen"):
            raise ValueError


if __name__ == "__main__":
    GivenFlow()
"""

_KINDS = """
import os

from metaflow import Config, ConfigValue, FlowSpec, IncludeFile, JSONType, Parameter, config_expr, environment, project
from metaflow import resources, step, timeout


def lines(text):
    return {"lines": text.split()}


def raised(function):
    try:
        return function()
    except Exception as error:
        return type(error).__name__


class KindsFlow(FlowSpec):
    parsed = Config("parsed", default="lines.txt", parser=lines, help="lines", required=True)
    by_name = Config("by-name", default="lines.txt", parser="parsing.words")
    plain = Config("plain", default="lines.txt", plain=True)
    plain_parsed = Config("plain-parsed", default="lines.txt", plain=True, parser=lambda text: text.split())
    text = Config("text", default_value='{"word": "text"}')
    made = Config("made", default_value=lambda context: {"flow": context.flow_name, "name": context.parameter_name})
    deep = Config("deep", default_value={"a": [{"b": 1}, (2, 3)], "numbers": {"cpu": 2}, "n": None, "keys": {"seconds": 50}})
    absent = Config("absent")
    constant = ("a", 1)

    number = Parameter("number", default=3, help="how many", required=False, show_default=False)
    real = Parameter("real", type=float, required=True)
    truth = Parameter("truth", type=bool, default=True)
    several = Parameter("several", multiple=True, type=int, default=(1, 2))
    parts = Parameter("parts", separator=";", default="x;y")
    anything = Parameter("anything", type=JSONType, default=config_expr("deep.numbers.cpu"))
    later = Parameter("later", default=lambda context: context.user_name or "nobody")
    of_config = Parameter("of-config", default=deep.numbers.cpu)
    file = IncludeFile("file", default="lines.txt", encoding="latin-1", help="a file", required=False)
    raw = IncludeFile("raw", default="lines.txt", is_text=False)
    parsed_file = IncludeFile("parsed-file", default="lines.txt", parser=lines)
    by_function = IncludeFile("by-function", default=lambda context: "lines.txt")
    no_file = IncludeFile("no-file")

    @resources(**deep.numbers)
    @timeout(**config_expr("deep['keys']"))
    @environment(vars={"LINES": config_expr("str(len(parsed.lines))"), "TEXT": text["word"]})
    @step
    def start(self):
        deep = self.deep
        self.mapping = [
            isinstance(deep, ConfigValue), isinstance(deep, dict), len(deep), sorted(deep), list(deep.keys())[:1],
            deep.get("nothing", 5), deep["numbers"]["cpu"], deep.numbers.cpu, deep.to_dict(), dict(deep.numbers.items()),
            list(deep.numbers.values()), deep.a[0].b, type(deep.a).__name__, type(deep.a[1]).__name__, deep == deep.to_dict(),
            raised(lambda: deep.nothing), raised(lambda: deep["nothing"]), raised(lambda: setattr(deep, "x", 1)),
            raised(lambda: deep.__setitem__("x", 1)), raised(lambda: deep.pop("a")), raised(lambda: deep.update(x=1)),
            raised(lambda: deep.clear()), raised(lambda: deep.setdefault("x", 1)), raised(lambda: deep.popitem()),
            type(raised(lambda: deep.copy())).__name__, raised(lambda: dict.fromkeys(deep, 1)),
        ]
        self.values = [
            self.parsed, self.by_name, self.plain, self.plain_parsed, self.text, self.made, self.absent, self.number, self.real,
            self.truth, self.several, self.parts, self.anything, self.of_config, self.file, self.raw, self.parsed_file,
            self.by_function, self.no_file, self.constant,
        ]
        self.kept = self.deep.numbers
        self.variables = (os.environ["LINES"], os.environ["TEXT"])
        self.assigned = [raised(lambda name=name: setattr(self, name, 1)) for name in ("deep", "number", "file", "constant")]
        self.next(self.end)

    @step
    def end(self):
        self.again = [self.kept, self.parsed.lines, self.file]


if __name__ == "__main__":
    KindsFlow()
"""

_FILES = {
    "lines.txt": "b\u00e4r two\nthree\n".encode("latin-1").replace(b"\xe4", b"a"),
    "parsing.py": "def words(text):\n    return {'words': text.split(), 'count': len(text.split())}\n",
}

CASES = (
    Case("defaults", "GivenFlow", _FLOW, files={"given.json": '{"g": 1}'}),
    Case(
        "given",
        "GivenFlow",
        _FLOW,
        files={"given.json": '{"g": 1}'},
        top=("--config-value", "cfg", '{"a": {"b": 7}}', "--branch", "topic"),
        commands=(("run", "--text-with-dash", "x y", "--flag", "yes", "--words", "q", "--nothing", "1e3"),),
    ),
    Case("resumed", "GivenFlow", _FLOW, files={"given.json": '{"g": 1}'}, commands=(("run",), ("resume", "end"))),
    Case("kinds", "KindsFlow", _KINDS, files=_FILES, commands=(("run", "--real", "1"),)),
    Case(
        "kinds-by-variables",
        "KindsFlow",
        _KINDS,
        files=_FILES | {"other.txt": "four"},
        top=("--config", "by-name", "other.txt", "--config-value", "absent", '{"x": 1}'),
        commands=(("run", "--several", "7", "--several", "8", "--no-file", "other.txt", "--anything", "[1]"),),
        environment={
            "METAFLOW_RUN_REAL": "2.5",
            "METAFLOW_RUN_TRUTH": "no",
            "METAFLOW_RUN_PARTS": "q;r",
            "METAFLOW_RUN_OF_CONFIG": "11",
            "METAFLOW_RUN_FILE": "other.txt",
        },
    ),
)

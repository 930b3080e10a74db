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
)

"""What programs import beside flows: card components as data, tags, parsers, helpers."""

from differential import Case

_FLOW = """
from metaflow import FlowSpec, USER_SKIP_STEP, parallel_map, profile, step, user_step_decorator


@user_step_decorator
def passes_over(step_name, flow, inputs=None, attributes=None):
    yield USER_SKIP_STEP


class HelpedFlow(FlowSpec):
    @step
    def start(self):
        times = {}
        with profile("squares", stats_dict=times):
            self.squares = parallel_map(lambda number: number**2, [1, 2, 3], max_parallel=2)
        self.timed = sorted(times)
        self.next(self.middle)

    @passes_over
    @step
    def middle(self):
        self.passed = False
        self.next(self.end)

    @step
    def end(self):
        self.reached = not hasattr(self, "passed")


if __name__ == "__main__":
    HelpedFlow()
"""

_PROGRAM = """
import json
import re

import metaflow
from metaflow import (
    EXT_PKG, Flow, JSONType, JSONTypeClass, NBRunner, default_metadata, namespace, namespaced_event_name, parallel_imap_unordered,
    conda_environment_yml_parser, package_sources, pyproject_toml_parser, requirements_txt_parser,
)
from metaflow.cards import (
    BlankCard, DefaultCard, ErrorCard, EventsTimeline, JSONViewer, Markdown, MetaflowCardComponent, PageComponent, PythonCode,
    Table, ValueBox, YAMLViewer,
)


def say(what, value):
    text = json.dumps(value, default=repr, sort_keys=True)
    text = re.sub(r"_[0-9a-f]{6}\\\\b", "_ID", text)
    print(what, re.sub(r"20\\\\d\\\\d-[-0-9T:. +]+|1\\\\d{9}\\\\.\\\\d+", "TIME", text))


def raised(function, *args, **kwargs):
    try:
        return function(*args, **kwargs)
    except Exception as error:
        return type(error).__name__


say("names", [EXT_PKG, type(JSONType) is JSONTypeClass, JSONType.name, NBRunner.__name__, isinstance(package_sources, type)])
say("mapped", sorted(parallel_imap_unordered(str, [1, 2, 3])))
say("requirements", requirements_txt_parser("# pins\\\\nnumpy==1.26\\\\npandas>=2,<3\\\\nrequests[security]\\\\n"))
say("conda", raised(conda_environment_yml_parser, "dependencies:\\\\n  - python=3.11\\\\n  - numpy=1.26\\\\n"))
project = '[project]\\\\nname = "x"\\\\nrequires-python = ">=3.10"\\\\ndependencies = ["numpy==1.26", "pandas>=2"]\\\\n'
say("project", raised(pyproject_toml_parser, project))
say("wrong", [raised(requirements_txt_parser, "-r other.txt"), raised(pyproject_toml_parser, "nothing = [")])
say("event", callable(namespaced_event_name("event")))
say("types", [BlankCard.type, DefaultCard.type, ErrorCard.type, PageComponent.type, issubclass(Markdown, MetaflowCardComponent)])
timeline = EventsTimeline(title="Events", max_events=3)
timeline.update({"what": "begun", "n": 1}, style_theme="success")
timeline.update({"what": "ended"}, payloads={"text": Markdown("done"), "value": ValueBox("v", 3)})
rendered = timeline.render()
say("timeline", [sorted(rendered), rendered["title"], [sorted(event) for event in rendered["events"]], sorted(rendered["stats"])])
say("payloads", [sorted(event.get("payloads", {})) for event in rendered["events"]])
viewer = JSONViewer({"a": [1, {"b": None}]}, collapsible=False, title="J")
viewer.update({"a": 2})
say("json", viewer.render())
say("yaml", YAMLViewer({"a": [1, 2]}, show_copy_button=False).render()["type"])
say("code", PythonCode(code_string="x = 1").render())
say("table", Table([[1, "a", None, object], [Markdown("m"), 2.5, {"k": (1,)}, {1}]], headers=["a", "b", "c", "d"]).render())

run = next(iter(Flow("HelpedFlow")))
run.add_tag("one")
run.add_tags(["two", "three"])
say("added", sorted(run.user_tags))
run.remove_tag("one")
run.remove_tags(["two", "none"])
say("removed", sorted(run.user_tags))
run.replace_tag("three", "four")
run.replace_tags(["four"], ["five", "six"])
say("replaced", [sorted(run.user_tags), sorted(Flow("HelpedFlow")[run.id].user_tags)])
for wrong in ("", "x" * 501, 3, ["a"]):
    say("refused", raised(run.add_tag, wrong))
say("too many", raised(run.add_tags, [f"tag{number}" for number in range(100)]))
say("system", [raised(run.remove_tag, sorted(run.system_tags)[0]), raised(run.add_tag, "runtime:dev")])
say("metadata", default_metadata().split("@")[0])
"""

CASES = (Case("helpers", "HelpedFlow", _FLOW, program=_PROGRAM.replace("\\\\", "\\")),)

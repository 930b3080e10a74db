"""Cards: the JSON of each component, and the messages about the cards of a task."""

import types
import unittest

from driver import Worker
from metaflow._cards.base import render
from metaflow._cards.frames import rows_of
from metaflow._worker import wire
from metaflow.cards import (
    Artifact,
    Error,
    EventsTimeline,
    Image,
    JSONViewer,
    Markdown,
    MetaflowCardComponent,
    ProgressBar,
    PythonCode,
    Table,
    ValueBox,
    VegaChart,
)

PNG = b"\x89PNG\r\n\x1a\n rest"


def rendered(component):
    """The JSON of a component without its id, which is random."""
    value = render(component)
    identity = value.pop("id", None)
    if identity is not None and not identity.startswith(type(component).__name__.lower() + "_"):
        raise AssertionError(identity)
    return value


class ComponentTest(unittest.TestCase):
    def test_markdown(self):
        self.assertEqual(rendered(Markdown("# Head")), {"type": "markdown", "source": "# Head"})
        self.assertEqual(rendered(Markdown("  text\n  more")), {"type": "markdown", "source": "\ntext\nmore"})

    def test_table_with_components_and_odd_cells(self):
        table = rendered(Table([["a", 1, None, {1, 2}, Markdown("# m")]], headers=list("vwxyz")))
        cell = table["data"][0].pop()
        self.assertEqual((cell["type"], cell["source"]), ("markdown", "# m"))
        self.assertEqual(
            table, {"type": "table", "columns": list("vwxyz"), "data": [["a", 1, None, "<object>"]], "vertical": False}
        )
        self.assertEqual(rendered(Table())["data"], [[]])

    def test_table_of_something_else(self):
        self.assertEqual(rendered(Table.from_dataframe(3))["columns"], ["Object type int not supported"])

    def test_artifact(self):
        entry = rendered(Artifact({"a": 2}, name="x"))["data"][0]
        self.assertEqual(
            entry,
            {
                "type": "dict",
                "data": "{'a': 2}",
                "large_object": False,
                "supported_type": False,
                "only_repr": True,
                "name": "x",
            },
        )
        self.assertTrue(rendered(Artifact(list(range(1000))))["data"][0]["data"].endswith("...]"))

    def test_image(self):
        self.assertEqual(
            rendered(Image(PNG, label="l")),
            {"type": "image", "src": "data:image/png;base64, iVBORw0KGgogcmVzdA==", "label": "l"},
        )
        self.assertEqual(rendered(Image(b"text"))["type"], "log")
        self.assertEqual(rendered(Image("data:image/gif;base64, x"))["src"], "data:image/gif;base64, x")

    def test_image_from_a_figure(self):
        class Figure:
            def savefig(self, buffer, format):
                buffer.write(PNG)

        self.assertTrue(rendered(Image.from_matplotlib(Figure()))["src"].startswith("data:image/png"))
        axes = types.SimpleNamespace(get_figure=Figure)
        self.assertTrue(rendered(Image.from_matplotlib(axes))["src"].startswith("data:image/png"))
        self.assertIn("The image could not be made", rendered(Image.from_matplotlib(3))["data"])

    def test_charts_fill_their_place(self):
        spec = {"mark": "bar"}
        chart = VegaChart(spec)
        self.assertEqual(
            rendered(chart),
            {"type": "vegaChart", "spec": {"mark": "bar", "width": "container"}, "options": {"actions": False}},
        )
        cell = rendered(Table([[VegaChart(spec)]]))["data"][0][0]
        self.assertEqual(cell["spec"], {"mark": "bar", "autosize": "fit-x"})
        self.assertEqual(spec, {"mark": "bar"})

    def test_progress_and_values(self):
        bar = ProgressBar(max=10, label="l", unit="%")
        bar.update(3, metadata="m")
        self.assertEqual(
            rendered(bar), {"type": "progressBar", "max": 10, "value": 3, "label": "l", "unit": "%", "details": "m"}
        )
        box = ValueBox(title="t", value=3, theme="success")
        with self.assertRaises(ValueError):
            box.update(value=4, title=" ")
        self.assertEqual(rendered(box), {"type": "valueBox", "value": 3, "title": "t", "theme": "success"})
        for wrong in ({"value": None}, {"value": 1e16}, {"value": "x" * 101}, {"value": 1, "theme": "two words"}):
            with self.assertRaises(ValueError):
                ValueBox(**wrong)

    def test_errors_and_code(self):
        self.assertEqual(rendered(Error(ValueError("v"), "title")), {"type": "log", "data": "title\n\nValueError('v')"})
        self.assertEqual(rendered(PythonCode(code_string="x = 1")), {"type": "pythonCode", "data": "x = 1"})
        self.assertIn("def rendered", rendered(PythonCode(rendered))["data"])

    def test_viewer_and_timeline(self):
        viewer = rendered(JSONViewer('{"a":1}'))
        self.assertEqual((viewer["json_string"], viewer["title"]), ('{\n  "a": 1\n}', "JSON"))
        timeline = EventsTimeline("t", max_events=1)
        timeline.update({"n": 1})
        timeline.update({"n": 2}, payloads={"p": Markdown("# m")}, finished=True)
        shown = rendered(timeline)
        self.assertEqual([event["event_id"] for event in shown["events"]], ["event_1"])
        self.assertEqual(shown["events"][0]["payloads"]["p"]["source"], "# m")
        self.assertEqual((shown["stats"]["total_events"], shown["stats"]["finished"]), (2, True))
        with self.assertRaises(TypeError):
            timeline.update({}, payloads={"chart": VegaChart({})})

    def test_failing_component_is_replaced(self):
        class Broken(MetaflowCardComponent):
            def render(self):
                return 1 / 0

        self.assertIn("ZeroDivisionError", rendered(Broken())["data"])
        self.assertIn("Render failed", rendered(VegaChart({"values": {1, 2}}))["data"])

    def test_numbers_without_a_place_in_json(self):
        self.assertEqual(wire.encode({"a": [float("nan"), 1.5, float("inf")]}), '{"a":[null,1.5,null]}')

    def test_frame_of_pandas(self):
        # Stands for a frame, so that the test needs no pandas.
        class Column(list):
            def tolist(self):
                return list(self)

        class DataFrame:
            __module__ = "pandas.core.frame"
            columns = ("n", 3, ("a", "b"))
            index = Column(["x", "y"])
            shape = (2, 3)

            @property
            def iloc(self):
                columns = [Column([1, 2]), Column([float("nan"), None]), Column(["t" * 40, 2.5])]
                return type("Positions", (), {"__getitem__": lambda _, key: columns[key[1]]})()

            def head(self, count):
                return self

        headers, rows = rows_of(DataFrame(), True)
        self.assertEqual(headers, ["", "n", 3, "('a', 'b')"])
        self.assertEqual(rows, [["x", 1, "null", "t" * 30 + "..."], ["y", 2, "null", 2.5]])


CARDS = """
    from metaflow import FlowSpec, step, card, current
    from metaflow.cards import Markdown, ProgressBar

    class CardFlow(FlowSpec):
        @step
        def start(self):
            self.next(self.end)

        @card(type="blank", options={"title": "T"}, rank=2, refresh_interval=3600)
        @step
        def one(self):
            bar = ProgressBar(label="b")
            current.card.append(bar, id="bar")
            current.card.append(Markdown("# first"))
            current.card.refresh()
            current.card.refresh()
            current.card.components["bar"].update(50)
            current.card.append("no component")

        @card(id="a")
        @card(id="b", refresh_interval=0)
        @card(id="c", type="unknown")
        @step
        def several(self):
            current.card["a"].append(Markdown("# a"))
            current.card["b"].extend([Markdown("# b")])
            current.card["b"].refresh()
            del current.card["b"].components[current.card["b"].components.keys()[0]]
            current.card["b"].refresh()
            current.card["a"] = [Markdown("# replaced")]
            current.card["missing"].append(1)
            current.card.append(Markdown("# nowhere"))
            self.types = [one.id for one in current.card.get(type="default")]

        @card
        @step
        def fails(self):
            current.card.append(Markdown("# x"))
            raise ValueError

        @step
        def end(self):
            pass

    if __name__ == "__main__":
        CardFlow()
"""


class CardMessageTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.worker = Worker(CARDS)
        cls.addClassCleanup(cls.worker.close)
        cls.start = cls.worker.step("start", cls.worker.parameters())

    def test_one_card(self):
        task = self.worker.step("one", self.start)
        # The second refresh followed too soon.
        self.assertEqual([card["final"] for card in task.cards], [False, True])
        last = task.cards[-1]
        self.assertEqual(
            (last["type"], last["options"], last["rank"], last["editable"]), ("blank", {"title": "T"}, 2, True)
        )
        # Components of the package come in one section.
        [section] = last["components"]
        self.assertEqual([one["type"] for one in section["contents"]], ["progressBar", "markdown"])
        self.assertEqual((section["contents"][0]["id"], section["contents"][0]["value"]), ("bar", 50))
        self.assertEqual(task.cards[0]["components"][0]["contents"][0]["value"], 0)
        self.assertEqual(([card["first"] for card in task.cards], last["token"]), ([True, False], "final"))
        self.assertEqual((last["data"]["reload_token"], last["data"]["data"]["bar"]["value"]), ("final", 50))
        self.assertNotEqual(task.cards[0]["token"], "final")
        self.assertEqual((task.cards[0]["layout"], last["layout"]), (2, 2))
        self.assertIn("(no component) is not a valid MetaflowCardComponent", task.stdout)
        self.assertEqual(task.messages[-1]["t"], "done")

    def test_several_cards(self):
        task = self.worker.step("several", self.start)
        final = {card["id"]: card for card in task.cards if card["final"]}
        # What the engine does not know is rendered when the task is stored.
        self.assertEqual(list(final), ["b", "a", "c"])
        self.assertIn("There is no card type named unknown", final["c"]["error"])
        self.assertEqual(final["a"]["components"][0]["contents"][0]["source"], "# replaced")
        refreshed = [card for card in task.cards if not card["final"]]
        self.assertEqual([len(card["components"]) for card in refreshed], [1, 0])
        self.assertLess(refreshed[0]["layout"], refreshed[1]["layout"])
        self.assertIn("`current.card['missing']` is not present", task.stdout)
        self.assertIn("the step has several cards", task.stdout)
        self.assertEqual(self.worker.value(task, "types"), ["b", "a"])

    def test_failed_task_has_no_final_card(self):
        task = self.worker.step("fails", self.start)
        self.assertEqual((task.done["exit"], task.cards), (1, []))


if __name__ == "__main__":
    unittest.main()

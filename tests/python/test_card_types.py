"""Card types: which one `current.card` means, how types render themselves, how their cards are found again."""

import io
import json
import os
import threading
import time
import unittest
import urllib.error
import urllib.request
from contextlib import redirect_stdout
from http.server import ThreadingHTTPServer
from types import SimpleNamespace
from unittest import mock

from client_case import Case
from metaflow._cards import kinds
from metaflow._cards.base import render_safely
from metaflow._cards.collector import CardCollector
from metaflow._cards.examples import TestJSONComponent, TestStringComponent, component_values_to_hash
from metaflow._cards.render import Renderer
from metaflow._cli import card as commands
from metaflow._cli.card_server import Viewer, _Handler
from metaflow.cards import BlankCard, Markdown, MetaflowCard, MetaflowCardComponent, get_cards
from metaflow.client import Task
from metaflow.exception import CommandException
from metaflow.plugins.cards.card_client import Card
from metaflow.plugins.cards.exception import (
    CardNotPresentException,
    ComponentOverwriteNotSupportedException,
    IncorrectArgumentException,
    IncorrectPathspecException,
    TaskNotFoundException,
)

CARD = {
    "type": "default",
    "options": {},
    "scope": "task",
    "rank": None,
    "timeout": 45,
    "id": None,
    "save_errors": True,
    "customize": False,
    "refresh_interval": 0,
}


class Wire:
    """Keeps what is sent."""

    def __init__(self):
        self.messages = []

    def send(self, message):
        self.messages.append(json.loads(json.dumps(message)))


def collect(*cards, renderer=None):
    """`current.card` of a step with these cards; what it prints; what it sends."""
    wire, out = Wire(), io.StringIO()
    decorators = [SimpleNamespace(attributes={**CARD, **card}) for card in cards]
    with redirect_stdout(out):
        collector = CardCollector(decorators, wire, renderer)
    return collector, out, wire


class CollectorTest(unittest.TestCase):
    def components(self, collector, index=0):
        return [part.render() for part in collector._cards[index]]

    def test_default_card(self):
        editable = {"type": "test_editable_card"}
        for cards, wanted in (
            ([{"type": "test_non_editable_card"}, editable], 1),
            ([{**editable, "id": "a"}, editable], 1),
            ([{**editable, "id": "a", "customize": "True"}, editable], 0),
            ([{**editable, "id": "a", "customize": True}, {**editable, "id": "b", "customize": True}, editable], 2),
        ):
            with self.subTest(cards=cards):
                collector, _, _ = collect(*cards)
                with redirect_stdout(io.StringIO()):
                    collector.append(TestStringComponent("x"))
                counts = [len(card.components) for card in collector._cards]
                self.assertEqual(counts, [int(index == wanted) for index in range(len(cards))])

    def test_without_default_card(self):
        for cards, words in (
            ([{"type": "test_non_editable_card"}], "is not an editable card"),
            ([{"type": "no_such_type"}], "doesn't exist"),
            ([{"type": "blank", "id": "a"}, {"id": "b"}], "several cards"),
        ):
            with self.subTest(cards=cards), mock.patch.dict(os.environ, METAFLOW_CARD_NO_WARNING=""):
                collector, _, _ = collect(*cards)
                out = io.StringIO()
                with redirect_stdout(out):
                    collector.append(Markdown("x"))
                    collector.append(Markdown("x"))
                self.assertEqual(out.getvalue().count("[@card WARNING]"), 1)
                self.assertIn(words, out.getvalue())
                for index in range(len(cards)):
                    [warning] = self.components(collector, index)
                    self.assertIn(words, warning["data"])

    def test_warnings_stay_off_the_cards_when_told(self):
        with mock.patch.dict(os.environ, METAFLOW_CARD_NO_WARNING="True"):
            collector, _, _ = collect({"type": "blank"})
            with redirect_stdout(io.StringIO()):
                self.assertEqual(collector["missing"], [])
            self.assertEqual(self.components(collector), [])

    def test_ids(self):
        collector, out, _ = collect({"id": "same"}, {"id": "same", "type": "blank"}, {"id": "not valid!"})
        self.assertIn("'same'", out.getvalue())
        self.assertIn("'not valid!'", out.getvalue())
        self.assertEqual([card.id for card in collector._cards], ["same", "same", None])
        with redirect_stdout(io.StringIO()):
            self.assertEqual(collector["same"], [])
        self.assertEqual([card.type for card in collector.get("blank")], ["blank"])
        self.assertEqual(collector.get(), [])

    def test_components_by_id(self):
        collector, _, _ = collect({})
        out = io.StringIO()
        with redirect_stdout(out):
            collector.components["unknown"].update("x")
            collector.components["a"] = Markdown("x")
            with self.assertRaises(ComponentOverwriteNotSupportedException):
                collector.components["a"] = Markdown("y")
            collector.extend([Markdown("z"), "text"])
        self.assertIn("no component with the id 'unknown'", out.getvalue())
        self.assertIn("Component (text) is not a valid MetaflowCardComponent", out.getvalue())
        self.assertEqual(collector.components.keys()[:2], ["unknown", "a"])
        layout = collector.components.layout
        collector.clear()
        self.assertEqual((len(collector.components), collector.components.layout), (0, layout))

    def test_what_a_component_renders(self):
        class Broken(MetaflowCardComponent):
            def render(self):
                raise ValueError

        class Told(Broken):
            @render_safely
            def render(self):
                raise ValueError("told")

        collector, _, _ = collect({"type": "test_editable_card"})
        collector.extend([Broken(), TestJSONComponent({1}), Told(), TestStringComponent("s")])
        first, second, text = collector.components.rendered()
        self.assertIn("Render failed", first["data"])
        self.assertIn("told", second["data"])
        self.assertEqual(text, "s")
        # One component of the package puts all into a section.
        collector.append(Markdown("# m"))
        [section] = collector.components.rendered()
        self.assertEqual((section["type"], len(section["contents"])), ("section", 4))


class Rendering(MetaflowCard):
    """Shows all that it gets."""

    type = "rendering"
    RUNTIME_UPDATABLE = True
    RELOAD_POLICY = MetaflowCard.RELOAD_POLICY_ALWAYS

    def __init__(self, options=None, components=(), graph=None, flow=None, graph_info=None):
        self.given = (options, components, sorted(graph), flow, graph_info["end_step"])

    def render(self, task):
        return f"{task.pathspec} {task['x'].data} {self.given} {self.runtime_data['user']} [METAFLOW_RELOAD_TOKEN]"

    def render_runtime(self, task, data):
        return f"running {data['user']} [METAFLOW_RELOAD_TOKEN]"

    def refresh(self, task, data):
        return data["user"]


class Failing(MetaflowCard):
    type = "failing"

    def __init__(self, options=None, **_):
        self.how = (options or {}).get("how")

    def render(self, task):
        if self.how == "none":
            return None
        if self.how == "slow":
            time.sleep(60)
        if self.how == "exit":
            os._exit(3)
        raise ValueError("broken on purpose")


class Stubborn(MetaflowCard):
    type = "stubborn"

    def __init__(self):
        pass


GRAPH = {"steps": {"end": {}, "start": {}}, "start_step": "start", "end_step": "end"}


class RenderTest(Case):
    def setUp(self):
        super().setUp()
        external = {card.type: card for card in (Rendering, Failing, Stubborn)}
        for name, value in (("_external", external), ("_kinds", {})):
            patch = mock.patch.object(kinds, name, value)
            patch.start()
            self.addCleanup(patch.stop)
        self.renderer = Renderer("flow", "F/1/end/1", lambda: GRAPH)

    def render(self, name, mode="render", seq="final", timeout=30, **attributes):
        data = {"user": 5, "components": {}, "render_seq": seq, "component_update_ts": 1, "mode": mode}
        given = {**CARD, "type": name, "timeout": timeout, **attributes}
        return self.renderer.render(given, kinds.kind_of(name), mode, [{"a": 1}], data)

    def test_what_a_type_gets(self):
        html = self.render("rendering", options={"o": 1}).html
        self.assertEqual(html, "F/1/end/1 [1, 2] ({'o': 1}, [{'a': 1}], ['end', 'start'], 'flow', 'end') 5 final")

    def test_while_the_task_runs(self):
        self.assertEqual(self.render("rendering", "render_runtime", 3).html, "running 5 render-seq-3")
        data = self.render("rendering", "refresh", 3).data
        self.assertEqual((data["reload_token"], data["data"]), ("render-seq-3", 5))
        self.assertIn("no `render_runtime`", self.render("failing", "render_runtime", 1).error)
        nothing = self.render("failing", "refresh", 1)
        self.assertEqual((nothing.html, nothing.data, nothing.error, nothing.problem), (None, None, None, None))

    def test_failures(self):
        for name, options, words in (
            ("failing", {}, "broken on purpose"),
            ("failing", {"how": "none"}, "No information rendered"),
            ("stubborn", {}, "do not take the options"),
            ("unknown", {}, "no card type named unknown"),
        ):
            with self.subTest(name=name, options=options):
                shown = self.render(name, options=options)
                self.assertIn(words, shown.error)
                self.assertIsNone(shown.html)
                told = self.render(name, options=options, save_errors=False)
                self.assertIsNone(told.error)
                self.assertEqual(told.problem is not None, options.get("how") != "none")

    def test_time_is_limited(self):
        self.assertIn("timed out after 1 seconds", self.render("failing", timeout=1, options={"how": "slow"}).error)
        silent = self.render("failing", timeout=1, options={"how": "slow"}, save_errors=False)
        self.assertEqual((silent.error, silent.problem), (None, None))

    def test_a_process_that_ends(self):
        self.assertIn("ended before", self.render("failing", options={"how": "exit"}).problem)

    def test_messages_of_a_card(self):
        collector, _, wire = collect({"type": "rendering"}, renderer=self.renderer)
        card = collector._cards[0]
        card.refresh({"n": 1})
        card.refresh({"n": 2})
        card.refresh({"n": 3}, force=True)
        collector.finish()
        collector.render()
        self.assertEqual(
            [(one["html"], one["data"] and one["data"]["data"], one["first"], one["final"]) for one in wire.messages],
            [
                ("running {'n': 1} render-seq-1", None, True, False),
                (None, {"n": 2}, False, False),
                ("running {'n': 3} render-seq-2", None, False, False),
                (None, {"n": 3}, False, False),
                (f"F/1/end/1 [1, 2] {(None, [], ['end', 'start'], 'flow', 'end')} {{'n': 3}} final", None, False, True),
                (None, {"n": 3}, False, True),
            ],
        )

    def test_pages_of_the_package(self):
        html = BlankCard(options={"title": "T"}, components=[{"type": "markdown", "source": "x"}]).render(
            Task("F/1/end/1")
        )
        self.assertIn('<main class="card_app" data-from="python"></main>', html)
        self.assertIn("window.metaflow_card_update = undefined", html)

    def test_the_hash_of_components(self):
        self.assertEqual(
            component_values_to_hash({"c": {"abc": ["x", "y"]}}),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
        )


class FindTest(Case):
    CARDS = "mf.cards/F/runs/1/steps/end/tasks/1"

    def fill(self):
        super().fill()
        for name in ("default-aaa111", "default-one-aab222", "blank-one-bbb333"):
            self.store.put(f"{self.CARDS}/cards/{name}.html", name.encode())
        self.store.put(f"{self.CARDS}/runtime/default-aaa111.data.json", {"data": 1})
        self.store.run("F/3")
        self.store.record("F/3/end")
        self.store.record("F/3/end/9")
        self.store.field("F/3/end/9", "origin-run-id", "1")
        self.store.field("F/3/end/9", "origin-task-id", "1")

    def found(self, *arguments, **chosen):
        return [card.get() for card in get_cards(*arguments, **chosen)]

    def test_by_type_and_id(self):
        task = Task("F/1/end/1")
        self.assertEqual(len(get_cards(task)), 3)
        self.assertEqual(self.found("F/1/end/1", type="default"), ["default-aaa111", "default-one-aab222"])
        self.assertEqual(self.found(task, id="one"), ["blank-one-bbb333", "default-one-aab222"])
        self.assertEqual(self.found(task, type="default", id="one"), ["default-one-aab222"])
        self.assertEqual(self.found(task, type="other"), [])
        first = get_cards(task, type="default")[0]
        self.assertIsInstance(first, Card)
        self.assertEqual((first.id, first.hash, first.type, first.get_data()), (None, "aaa111", "default", {"data": 1}))
        self.assertIsNone(get_cards(task, type="blank")[0].get_data())
        self.assertIn("blank-one-bbb333", get_cards(task)._repr_html_())

    def test_clones_have_the_cards_of_their_origin(self):
        cards = get_cards("F/3/end/9")
        self.assertEqual((len(cards), cards.from_resumed, cards.origin_pathspec), (3, True, "F/1/end/1"))
        with self.assertRaises(CardNotPresentException):
            get_cards("F/3/end/9", follow_resumed=False)

    def test_what_is_no_task(self):
        with self.assertRaises(IncorrectPathspecException):
            get_cards("F/1/end")
        with self.assertRaises(IncorrectArgumentException):
            get_cards(3)
        with self.assertRaises(CardNotPresentException):
            get_cards("F/2/end/1")

    def state(self):
        said = []
        state = SimpleNamespace(
            flow=SimpleNamespace(name="F"),
            program="flow.py",
            root=lambda: str(self.store.root),
            echo=lambda text, **_: said.append(text),
        )
        return state, said

    def command(self, function, *arguments, **chosen):
        state, said = self.state()
        out = io.StringIO()
        chosen = {"hash": None, "type": None, "id": None, "follow_resumed": True, **chosen}
        with redirect_stdout(out):
            code = function(state, *arguments, **chosen)
        return code, out.getvalue(), "\n".join(said)

    def test_get(self):
        code, out, said = self.command(commands.get, "1/end/1", None, hash="aab")
        self.assertEqual((code, out, said), (0, "default-one-aab222\n", "Resolving card: F/1/end/1"))
        file = os.path.join(self.directory, "below", "card.html")
        self.command(commands.get, "3/end/9", file, type="blank")
        with open(file) as page:
            self.assertEqual(page.read(), "blank-one-bbb333")
        code, out, said = self.command(commands.get, "1/end", None)
        self.assertEqual((code, out), (0, ""))
        self.assertIn("Found 3 card matching", said)
        self.assertIn("card get 1/end/1 --hash bbb33", said)

    def test_what_is_not_there(self):
        for pathspec, error in (
            ("nostep", TaskNotFoundException),
            ("1/nostep", TaskNotFoundException),
            ("1/end/7", TaskNotFoundException),
            ("1/2/3/4", CommandException),
            ("2/end", CardNotPresentException),
        ):
            with self.subTest(pathspec=pathspec), self.assertRaises(error):
                self.command(commands.get, pathspec, None)
        with self.assertRaises(CardNotPresentException) as raised:
            self.command(commands.get, "1/end", None, type="other")
        self.assertEqual(raised.exception.headline, "Card not found in datastore")

    def test_list(self):
        _, out, _ = self.command(commands.list_cards, "1/end/1", True, None, id="one", type="blank")
        self.assertEqual(
            json.loads(out),
            {
                "pathspec": "F/1/end/1",
                "cards": [{"id": "one", "hash": "bbb333", "type": "blank", "filename": "blank-one-bbb333.html"}],
            },
        )
        file = os.path.join(self.directory, "cards.json")
        _, out, _ = self.command(commands.list_cards, None, True, file)
        self.assertEqual(out, "")
        with open(file) as listed:
            [task] = json.load(listed)
        # The newest run is a clone of the first.
        self.assertEqual((task["pathspec"], len(task["cards"])), ("F/1/end/1", 3))

    def test_server(self):
        viewer = Viewer("F", str(self.store.root / "mf.cards"), "1", None, 5, 2)
        handler = type("Handler", (_Handler,), {"viewer": viewer})
        server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        self.addCleanup(thread.join)
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)

        def get(path):
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{server.server_address[1]}{path}") as answer:
                    return answer.status, answer.read().decode()
            except urllib.error.HTTPError as error:
                with error:
                    return error.code, error.read().decode()

        info = json.loads(get("/runinfo")[1])
        self.assertEqual((info["status"], info["run_id"], len(info["cards"])), ("ok", "1", 2))
        self.assertEqual(info["cards"][0]["card"], "F/1/end/1/bbb333")
        self.assertTrue(info["cards"][0]["finished"])
        self.assertEqual(get("/card/F/1/end/1/aaa"), (200, "default-aaa111"))
        code, data = get("/data/F/1/end/1/aaa")
        self.assertEqual((code, json.loads(data)), (200, {"status": "ok", "payload": {"data": 1}, "is_complete": True}))
        self.assertEqual(get("/data/F/1/end/1/bbb")[0], 404)
        self.assertEqual(get("/card/F/1/../1/aaa")[0], 404)
        self.assertEqual(get("/card/F/1/end/1/zzz")[0], 404)
        self.assertIn("<iframe", get("/")[1])


if __name__ == "__main__":
    unittest.main()

"""Cards: types, ids, components, errors, time limits, refreshes, and how they are found again."""

from behaviour import Behaviour, at
from views import same, true


def texts(look, step, **chosen):
    """The pages of a step, one list a task."""
    return {task: [card["html"] for card in look.cards(step, task, **chosen)] for task in look.tasks(step)}


def one_each(look, step, **chosen):
    """The one page of each task."""
    found = texts(look, step, **chosen)
    for task, pages in found.items():
        same(1, len(pages), f"cards of {step}/{task} {chosen}")
    return {task: pages[0] for task, pages in found.items()}


class CardOnEachStep(Behaviour):
    """@card on each step; `card get` and `get_cards` give the same page."""

    QUICK = ("single-linear-step", "small-foreach", "simple_switch")
    WITHOUT = ("small-parallel", "branch-parallel", "unbounded-foreach", "nested-unbounded")
    HEADER = """
    from metaflow import card
    """

    @at("all", decorators=["card(type='test_pathspec_card')"])
    def step_all(self):
        from metaflow import current

        self.pathspec = current.pathspec

    @staticmethod
    def check(graph, flow, look):
        for step in graph.ran:
            for task, page in one_each(look, step.name).items():
                true(page.startswith(f"{look.flow}/{look.run_id}/{step.name}/{task} "), page[:200])
                card = look.cards(step.name, task)[0]
                same("test_pathspec_card", card["type"], "type")
                by_hash = look.cards(step.name, task)[0]
                same(card["hash"], by_hash["hash"], "hash")
                if look.run:
                    got = look.command("card", "get", "--hash", card["hash"][:5], f"{look.run_id}/{step.name}/{task}")
                    true(page in got.stdout, "`card get` to stdout")
                    same([], look.cards(step.name, task, type="default"), "cards of another type")


class CardDefault(Behaviour):
    """The default card, with nothing else asked for."""

    GRAPHS = ("single-linear-step", "single-and-branch")
    QUICK = ("single-linear-step",)
    HEADER = """
    from metaflow import card
    """

    @at("all", decorators=["card"])
    def step_all(self):
        self.number = 5

    @staticmethod
    def check(graph, flow, look):
        import base64
        import json
        import re

        for step in graph.ran:
            for task, page in one_each(look, step.name).items():
                data = re.search(r'__MF_DATA__\["[^"]*"\]\s*=\s*"([^"]*)"', page)
                true(data, "data in the page")
                shown = json.loads(base64.b64decode(data.group(1)))
                same(f"{look.flow}/{look.run_id}/{step.name}/{task}", shown["metadata"]["pathspec"], "pathspec")
                text = json.dumps(shown["components"])
                for word in ("Task Info", "Artifacts", "number", "DAG"):
                    true(word in text, f"{word} in {text[:500]}")


class CardsMultiple(Behaviour):
    """Two cards on one step, told apart by type, id and hash."""

    QUICK = ("single-linear-step", "simple-foreach")
    GRAPHS = ("single-linear-step", "simple-foreach", "small-foreach")
    HEADER = """
    from metaflow import card
    """

    @at("all", decorators=["card(type='test_pathspec_card')", "card(type='test_pathspec_card')"])
    def step_all(self):
        from metaflow import current

        self.pathspec = current.pathspec

    @staticmethod
    def check(graph, flow, look):
        for step in graph.ran:
            for task in look.tasks(step.name)[:4]:
                cards = look.cards(step.name, task)
                same(2, len(cards), "cards")
                same(2, len({card["hash"] for card in cards}), "hashes")
                same(2, len({card["html"] for card in cards}), "pages")
                for card in cards:
                    true(card["html"].startswith(f"{look.flow}/{look.run_id}/{step.name}/{task} "), card["html"])


class CardsWithIds(Behaviour):
    """Ids: each card has its own components."""

    QUICK = ("single-linear-step", "simple_switch")
    GRAPHS = ("single-linear-step", "simple_switch", "small-foreach")
    HEADER = """
    from metaflow import card
    from metaflow.plugins.cards.card_modules.test_cards import TestStringComponent
    """

    @at(
        "all",
        decorators=["card(type='test_editable_card', id='abc')", "card(type='test_editable_card_2', id='xyz')", "card(type='test_pathspec_card', id='p')"],
    )
    def step_all(self):
        import random
        from metaflow import current

        self.one = random.randint(0, 1000000)
        self.two = random.randint(0, 1000000)
        current.card["abc"].append(TestStringComponent(str(self.one)))
        current.card["xyz"].extend([TestStringComponent(str(self.two)), TestStringComponent("more")])

    @staticmethod
    def check(graph, flow, look):
        for step in graph.ran:
            for task in look.tasks(step.name):
                one = look.artifacts(step.name)[task]["one"]
                two = look.artifacts(step.name)[task]["two"]
                same([str(one)], [card["html"] for card in look.cards(step.name, task, id="abc")], "abc")
                same([f"{two}$&#!!@*more"], [card["html"] for card in look.cards(step.name, task, id="xyz")], "xyz")
                same([str(one)], [card["html"] for card in look.cards(step.name, task, type="test_editable_card")], "type")
                same(
                    [("abc", "test_editable_card"), ("p", "test_pathspec_card"), ("xyz", "test_editable_card_2")],
                    sorted((card["id"], card["type"]) for card in look.cards(step.name, task)),
                    "ids and types",
                )
                same([], look.cards(step.name, task, id="nope"), "an id that no card has")


class CardAppend(Behaviour):
    """current.card.append, also of things that are no components."""

    QUICK = ("single-linear-step", "small-foreach")
    GRAPHS = ("single-linear-step", "small-foreach", "simple_switch", "single-and-branch")
    HEADER = """
    from metaflow import card
    from metaflow.plugins.cards.card_modules.test_cards import TestStringComponent
    """

    @at("all", decorators=["card(type='test_editable_card')"])
    def step_all(self):
        import random
        from metaflow import current

        self.number = random.randint(0, 1000000)
        current.card.append(TestStringComponent("first"))
        current.card.append(current.pathspec)
        current.card.append(5)
        current.card.append({"a": "b"})
        current.card.append(object())
        current.card.append(open)
        current.card.append(TestStringComponent(str(self.number)))
        self.empty = current.card.get("no_such_type")
        self.by_type = len(current.card.get("test_editable_card"))

    @staticmethod
    def check(graph, flow, look):
        for step in graph.ran:
            look.expect(step.name, "empty", [])
            look.expect(step.name, "by_type", 1)
            for task, page in one_each(look, step.name, type="test_editable_card").items():
                parts = page.split("$&#!!@*")
                same("first", parts[0], "the first component")
                same(str(look.artifacts(step.name)[task]["number"]), parts[-1], "the last component")
                same(["first", str(look.artifacts(step.name)[task]["number"])], parts, "nothing else is shown")


class CardDefaultEditable(Behaviour):
    """Which of several cards `current.card` itself is."""

    QUICK = ("single-linear-step",)
    GRAPHS = ("single-linear-step", "small-foreach")
    HEADER = """
    from metaflow import card
    from metaflow.plugins.cards.card_modules.test_cards import TestStringComponent
    """

    @at("=start", decorators=["card(type='test_editable_card')", "card(type='test_non_editable_card')"])
    def step_one_editable(self):
        from metaflow import current

        current.card.append(TestStringComponent("to the only editable one"))
        self.label = "one"

    @at("=a", "=inner", decorators=["card(type='test_editable_card', id='abc')", "card(type='test_editable_card')"])
    def step_one_without_id(self):
        from metaflow import current

        current.card["abc"].append(TestStringComponent("to abc"))
        current.card.append(TestStringComponent("to the one without id"))

    @at("join", needed=False)
    def step_join(self, inputs):
        pass

    @at(
        "=end",
        decorators=["card(type='test_editable_card', id='abc', customize=True)", "card(type='test_editable_card', id='xyz')"],
    )
    def step_customize(self):
        from metaflow import current

        current.card.append(TestStringComponent("to the customized one"))
        current.card["xyz"].append(TestStringComponent("to xyz"))

    @staticmethod
    def check(graph, flow, look):
        same(
            {"to the only editable one"},
            set(one_each(look, "start", type="test_editable_card").values()),
            "one editable card",
        )
        same({""}, set(one_each(look, "start", type="test_non_editable_card").values()), "the other")
        middle = "a" if "a" in graph.steps else "inner"
        for task in look.tasks(middle):
            cards = look.cards(middle, task)
            same({"to abc", "to the one without id"}, {card["html"] for card in cards}, "two editable cards")
            same(["to abc"], [card["html"] for card in cards if card["id"] == "abc"], "abc")
        same({"to the customized one"}, set(one_each(look, "end", id="abc").values()), "customized")
        same({"to xyz"}, set(one_each(look, "end", id="xyz").values()), "xyz")


class CardWithoutDefault(Behaviour):
    """No default card, or ids that are not unique: warnings, and the run goes on."""

    GRAPHS = ("single-linear-step",)
    HEADER = """
    from metaflow import card
    from metaflow.plugins.cards.card_modules.test_cards import TestStringComponent
    """

    @at("=start", decorators=["card(type='test_editable_card', id='abc')", "card(type='test_editable_card', id='xyz')"])
    def step_start(self):
        from metaflow import current

        current.card.append(TestStringComponent("to nobody"))
        current.card["abc"].append(TestStringComponent("to abc"))
        current.card["missing"].append(TestStringComponent("to something missing"))

    @at("=a", decorators=["card(type='test_editable_card', id='same')", "card(type='test_editable_card_2', id='same')"])
    def step_a(self):
        from metaflow import current

        current.card["same"].append(TestStringComponent("to two"))

    @at("=end", decorators=["card(type='test_editable_card', id='not valid!')"])
    def step_end(self):
        from metaflow import current

        current.card.append(TestStringComponent("in the end"))

    @staticmethod
    def check(graph, flow, look):
        pages = one_each(look, "start", id="abc").values()
        true(all("to abc" in page and "to nobody" not in page for page in pages), f"{pages}")
        same(2, len(look.cards("a", look.tasks("a")[0])), "cards with one id")
        cards = look.cards("end", look.tasks("end")[0])
        same([None], [card["id"] for card in cards], "an id that is not valid")
        true("in the end" in cards[0]["html"], cards[0]["html"])
        true("[@card WARNING]" in look.log("start", "stdout"), look.log("start", "stdout"))


class CardErrors(Behaviour):
    """A card that fails, one of an unknown type, one that takes too long: the task succeeds."""

    QUICK = ("single-linear-step",)
    GRAPHS = ("single-linear-step",)
    HEADER = """
    from metaflow import card
    """

    @at("=start", decorators=["card(type='test_error_card', options={'key': 1})"])
    def step_start(self):
        pass

    @at("=a", decorators=["card(type='test_error_card', save_errors=False)", "card(type='no_such_type')"])
    def step_a(self):
        pass

    @at("=end", decorators=["card(type='test_timeout_card', timeout=2, options={'timeout': 30}, save_errors=False)"])
    def step_end(self):
        self.data = 1

    @staticmethod
    def check(graph, flow, look):
        cards = look.cards("start", look.tasks("start")[0])
        same(["test_error_card"], [card["type"] for card in cards], "the type of an error card")
        same([], look.cards("a", look.tasks("a")[0], type="test_error_card"), "an error that is not to be saved")
        same([], look.cards("end", look.tasks("end")[0]), "a card that took too long")
        look.expect("end", "data", 1)


class CardErrorsSaved(Behaviour):
    """Error cards say what went wrong."""

    GRAPHS = ("single-linear-step",)
    HEADER = """
    from metaflow import card
    """

    @at("=start", decorators=["card(type='test_error_card')"])
    def step_start(self):
        pass

    @at("=a", decorators=["card(type='test_timeout_card', timeout=2, options={'timeout': 30})"])
    def step_a(self):
        pass

    @staticmethod
    def check(graph, flow, look):
        import base64
        import re

        for step, word in (("start", "Unknown Things Happened"), ("a", "imeout")):
            page = next(iter(one_each(look, step).values()))
            data = re.search(r'__MF_DATA__\["[^"]*"\]\s*=\s*"([^"]*)"', page)
            shown = base64.b64decode(data.group(1)).decode() if data else page
            true(word in shown, f"{step}: {shown[:1500]}")


class CardOptions(Behaviour):
    """Options reach the card; a card reads artifacts of its task."""

    QUICK = ("single-linear-step", "small-foreach")
    GRAPHS = ("single-linear-step", "small-foreach")
    HEADER = """
    from metaflow import card
    """

    @at("all", decorators=["card(type='test_mock_card', options={'key': 'data'})"])
    def step_all(self):
        self.data = f"hello {self._current_step} {self.index}"

    @staticmethod
    def check(graph, flow, look):
        for step in graph.ran:
            for task, page in one_each(look, step.name).items():
                same(look.artifacts(step.name)[task]["data"], page, "the page")


class CardByWith(Behaviour):
    """`--with card`."""

    GRAPHS = ("single-linear-step", "single-and-branch")
    QUICK = ("single-linear-step",)
    RUN = ("--with", "card:type=test_pathspec_card,id=by_with")

    @staticmethod
    def check(graph, flow, look):
        for step in graph.ran:
            for task, page in one_each(look, step.name, id="by_with").items():
                true(page.startswith(f"{look.flow}/{look.run_id}/{step.name}/{task} "), page)


class CardImport(Behaviour):
    """Card types by name, of what comes with the package, and a component of one's own."""

    GRAPHS = ("single-linear-step",)
    HEADER = """
    from metaflow import card
    from metaflow.cards import Artifact, Image, Markdown, MetaflowCard, ProgressBar, Table, ValueBox, VegaChart
    from metaflow.plugins.cards.card_modules.test_cards import TestEditableCard, TestJSONComponent, TestPathSpecCard
    import base64

    PIXEL = base64.b64decode(
        "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR4nGNgYGBgAAAABQABRDE8UwAAAABJRU5ErkJggg=="
    )
    """

    @at("=start", decorators=["card(type='test_image_card')"])
    def step_start(self):
        expect(issubclass(TestPathSpecCard, MetaflowCard))
        expect_equal("test_editable_card", TestEditableCard.type)

    @at("=a", decorators=["card(type='blank')"])
    def step_a(self):
        from metaflow import current

        current.card.append(Markdown("# A title"))
        current.card.append(Table([[1, 2], [Markdown("in a table"), None]], headers=["a", "b"]))
        current.card.append(Artifact({"k": "v"}, "named"))
        current.card.append(ProgressBar(max=10, label="progress", value=5))
        current.card.append(VegaChart({"mark": "bar"}))
        current.card.append(Image(PIXEL, "label of an image"))
        current.card.append(ValueBox("title of a box", 5))

    @at("=end", decorators=["card(type='default_json')"])
    def step_end(self):
        self.data = 1

    @staticmethod
    def check(graph, flow, look):
        import base64
        import json
        import re

        page = next(iter(one_each(look, "start").values()))
        true(page.startswith("<html><img src='data:image/png;base64,"), page)
        page = next(iter(one_each(look, "a").values()))
        shown = json.loads(base64.b64decode(re.search(r'__MF_DATA__\["[^"]*"\]\s*=\s*"([^"]*)"', page).group(1)))
        text = json.dumps(shown)
        for word in ("# A title", "in a table", "named", "progressBar", "vegaChart", "label of an image", "title of a box"):
            true(word in text, f"{word} in {text[:1000]}")
        page = next(iter(one_each(look, "end").values()))
        true("components" in json.loads(page), page[:200])


class CardRefresh(Behaviour):
    """A card that is refreshed while its task runs."""

    QUICK = ("single-linear-step",)
    GRAPHS = ("single-linear-step",)
    HEADER = """
    from metaflow import card
    """

    @at("=start", decorators=["card(type='test_refresh_card', id='refresh_card', refresh_interval=0.1)"])
    def step_start(self):
        import time
        from metaflow import current
        from metaflow.cards import get_cards
        from metaflow.plugins.cards.exception import CardNotPresentException

        def data_of_the_card():
            try:
                cards = get_cards(current.task, id="refresh_card")
                return cards[0].get_data() if len(cards) else None
            except CardNotPresentException:
                return None

        self.seen = None
        until = time.monotonic() + 60
        number = 0
        while time.monotonic() < until:
            number += 1
            current.card["refresh_card"].refresh({"number": number, "text": "刺身"})
            data = data_of_the_card()
            if data is not None:
                self.seen = data["data"]["user"]
                break
            time.sleep(0.3)
        expect(self.seen is not None, "the card could be read while the task runs")
        expect_equal("刺身", self.seen["text"])
        current.card["refresh_card"].refresh({"number": -1, "text": "the last one"})

    @staticmethod
    def check(graph, flow, look):
        page = next(iter(one_each(look, "start", id="refresh_card").values()))
        true("METAFLOW_RELOAD_TOKEN" in page, page)
        true("[METAFLOW_RELOAD_TOKEN]" not in page, page)
        true("the last one" in page, page)
        if look.run:
            from metaflow.cards import get_cards

            data = get_cards(look.run["start"].task)[0].get_data()
            same({"number": -1, "text": "the last one"}, data["data"]["user"], "the last data")


class CardComponentRefresh(Behaviour):
    """Components that are changed while the task runs."""

    QUICK = ("single-linear-step",)
    GRAPHS = ("single-linear-step",)
    HEADER = """
    from metaflow import card
    from metaflow.plugins.cards.card_modules.test_cards import TestJSONComponent
    """

    @at("=start", decorators=["card(type='test_component_refresh_card', id='refresh_card', refresh_interval=0.1, save_errors=False)"])
    def step_start(self):
        import time
        from metaflow import current
        from metaflow.cards import get_cards
        from metaflow.plugins.cards.exception import CardNotPresentException

        manager = current.card["refresh_card"]
        manager.append(TestJSONComponent({"value": 0}), id="component_1")
        manager.refresh()
        self.seen = None
        until = time.monotonic() + 60
        number = 0
        while time.monotonic() < until and not self.seen:
            number += 1
            manager.components["component_1"].update({"value": number})
            manager.refresh()
            try:
                cards = get_cards(current.task, id="refresh_card")
                data = cards[0].get_data() if len(cards) else None
            except CardNotPresentException:
                data = None
            if data and data["data"].get("component_1", {}).get("value"):
                self.seen = data["data"]["component_1"]
                self.token = data["reload_token"]
            time.sleep(0.3)
        expect(self.seen, "a changed component could be read while the task runs")
        expect(self.token.startswith("runtime-"), self.token)
        expect("component_1" in manager.components)
        manager.components["component_1"].update({"value": "last"})
        manager.components["nobody"].update({"value": "ignored"})
        manager.append(TestJSONComponent({"value": "another"}), id="component_2")

    @staticmethod
    def check(graph, flow, look):
        page = next(iter(one_each(look, "start", id="refresh_card").values()))
        true('{"value": "last"}' in page and '{"value": "another"}' in page, page)
        true('"final"' in page, page)
        if look.run:
            from metaflow.cards import get_cards

            data = get_cards(look.run["start"].task)[0].get_data()
            same("final", data["reload_token"], "token of the last data")
            same({"value": "last"}, data["data"]["component_1"], "the last data")


class CardOfResume(Behaviour):
    """Cards of cloned tasks are those of their origin."""

    QUICK = ("single-linear-step",)
    GRAPHS = ("single-linear-step", "single-and-branch")
    RESUME = True
    HEADER = """
    from metaflow import card
    """

    @at("first", decorators=["card(type='test_pathspec_card')"])
    def step_first(self):
        from metaflow import current

        self.origin_pathspec = current.pathspec

    @at("last", decorators=["card(type='test_pathspec_card')"])
    def step_last(self):
        if not is_resumed():
            raise ResumeHere

    @staticmethod
    def check(graph, flow, look):
        for page in one_each(look, "start").values():
            true(page.startswith(look.values("start", "origin_pathspec")[0] + " "), page)
        for task, page in one_each(look, "end").items():
            true(page.startswith(f"{look.flow}/{look.run_id}/end/{task} "), page)
        if look.run:
            from metaflow.cards import get_cards
            from metaflow.plugins.cards.card_client import Card
            from metaflow.plugins.cards.exception import CardNotPresentException

            found = get_cards(look.run["start"].task)
            true(isinstance(found[0], Card), "class")
            same(True, found.from_resumed, "from_resumed")
            same(look.values("start", "origin_pathspec")[0], found.origin_pathspec, "origin_pathspec")
            same(False, get_cards(look.run["end"].task).from_resumed, "from_resumed of a card of this run")
            try:
                same(0, len(get_cards(look.run["start"].task, follow_resumed=False)), "without following")
            except CardNotPresentException:
                pass
            done = look.command("card", "list", "--no-follow-resumed", f"{look.run_id}/start", check=False)
            true(done.returncode == 0 or "not found" in done.stderr, done.stderr)


class CardRetry(Behaviour):
    """Cards of a task that was retried: those of the attempt that succeeded."""

    GRAPHS = ("single-linear-step",)
    HEADER = """
    from metaflow import card, retry
    from metaflow.plugins.cards.card_modules.test_cards import TestStringComponent
    """

    @at("=start", decorators=["retry(times=2, minutes_between_retries=0)", "card(type='test_editable_card')"])
    def step_start(self):
        from metaflow import current

        current.card.append(TestStringComponent(f"attempt {current.retry_count}"))
        if current.retry_count < 2:
            raise RetryMe

    @staticmethod
    def check(graph, flow, look):
        same(["attempt 2"], list(one_each(look, "start").values()), "pages")


class CardExtension(Behaviour):
    """Card types of an extension."""

    QUICK = ("single-linear-step",)
    GRAPHS = ("single-linear-step", "small-foreach")
    HEADER = """
    from metaflow import card
    from metaflow.plugins.cards.card_modules.test_cards import TestStringComponent
    """

    @at("all", decorators=["card(type='conformance_card', options={'b': 2, 'a': 1}, save_errors=False)", "card(type='conformance_failing_card', save_errors=False)"])
    def step_all(self):
        from metaflow import current

        current.card.append(TestStringComponent("a component"))

    @staticmethod
    def check(graph, flow, look):
        for step in graph.ran:
            for task in look.tasks(step.name):
                cards = look.cards(step.name, task)
                same(["conformance_card"], [card["type"] for card in cards], "types")
                steps = sorted(graph.steps)
                wanted = f"{look.flow}/{look.run_id}/{step.name}/{task} [('a', 1), ('b', 2)] ['a component'] {steps}"
                same(f"<html>{wanted}</html>", cards[0]["html"], "page")


class CardExtensionLayouts(Behaviour):
    """The ways in which an extension may lay out its cards."""

    GRAPHS = ("single-linear-step",)
    HEADER = """
    from metaflow import card
    """

    @at("=start", decorators=["card(type='card_of_init', save_errors=False)"])
    def step_start(self):
        pass

    @at("=a", decorators=["card(type='card_of_extinit', save_errors=False)"])
    def step_a(self):
        pass

    @at("=end", decorators=["card(type='card_of_extinit_more', save_errors=False)"])
    def step_end(self):
        pass

    @staticmethod
    def check(graph, flow, look):
        for step, kind in (("start", "card_of_init"), ("a", "card_of_extinit"), ("end", "card_of_extinit_more")):
            for task, page in one_each(look, step, type=kind).items():
                same(f"{kind} {look.flow}/{look.run_id}/{step}/{task}", page, "page")


class CardCommands(Behaviour):
    """`card list`, `card get` and `card view` by step, run and task."""

    GRAPHS = ("single-linear-step", "small-foreach")
    QUICK = ("small-foreach",)
    HEADER = """
    from metaflow import card
    """

    @at("=start", decorators=["card(type='test_pathspec_card', id='one')", "card(type='test_pathspec_card')"])
    def step_start(self):
        pass

    @at("=inner", "=a", decorators=["card(type='test_pathspec_card')"])
    def step_inner(self):
        pass

    @staticmethod
    def check(graph, flow, look):
        import json

        if look.run:
            return
        listed = json.loads(look.command("card", "list", f"{look.run_id}/start", "--as-json").stdout)
        same(2, len(listed["cards"]), "cards of a step with one task")
        same({"id", "hash", "type", "filename"}, set(listed["cards"][0]), "keys")
        same(f"{look.flow}/{look.run_id}/start/{look.tasks('start')[0]}", listed["pathspec"], "pathspec")
        look.command("--quiet", "card", "list", f"{look.run_id}/start", "--as-json", "--file", "listed.json")
        with open("listed.json") as file:
            same(listed, json.load(file), "the same in a file")
        for card in listed["cards"]:
            page = look.command("--quiet", "card", "get", f"{look.run_id}/start", "--hash", card["hash"]).stdout
            true(page.startswith(f"{look.flow}/{look.run_id}/start/"), page)
        plain = look.command("card", "list", f"{look.run_id}/start")
        true("test_pathspec_card" in plain.stdout + plain.stderr, plain.stdout + plain.stderr)
        done = look.command("card", "get", f"{look.run_id}/start", check=False)
        true(listed["cards"][0]["hash"] in done.stderr, done.stderr)
        page = look.command("card", "get", "--id", "one", f"{look.run_id}/start").stdout
        true(f"{look.run_id}/start/" in page, page)
        by_name = json.loads(look.command("card", "list", "start", "--as-json").stdout)
        same(listed, by_name, "the latest run, when only a step is named")
        done = look.command("card", "list", f"{look.run_id}/end", "--as-json", check=False)
        true(done.returncode and "Card not found in datastore" in done.stderr, done.stderr)
        done = look.command("card", "get", f"{look.run_id}/nope", check=False)
        true(done.returncode and "Traceback" not in done.stderr, done.stderr)

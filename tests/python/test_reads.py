"""What a task reports to have read: what its code has looked at, and nothing else."""

import json
import unittest

from driver import Worker, node

LINEAR = """
    from metaflow import Config, FlowSpec, IncludeFile, Parameter, step

    class ReadingFlow(FlowSpec):
        alpha = Parameter("alpha", default=1)
        beta = Parameter("beta", default=2)
        cfg = Config("cfg", default="cfg.json")
        plain = Config("plain", default="cfg.json", plain=True)
        K = 3

        @step
        def start(self):
            self.x, self.y, self.z, self.items = 1, [2], {"a": [3]}, [["a"], ["b"]]
            self.next(self.end)

        @step
        def nothing(self):
            self.x = self.K
            self.own = self.x

        @step
        def some(self):
            self.y.append(self.alpha)
            self.n = (getattr(self, "gone", None), hasattr(self, "z"), vars(self).get("x"), self.cfg.a.b, self.cfg.get("no"))

        @step
        def item(self):
            self.input.append(1)

        @step
        def items_too(self):
            self.seen = (self.input, self.items)

        @step
        def kept(self):
            self.n = self.cfg.a.b
            self.kept = self.cfg.a

        @step
        def passed_on(self):
            list(map(id, [self.cfg["a"]]))

        @step
        def whole(self):
            self.n = len(self.cfg["a"]), self.cfg["odd key"], len(self.plain)

        @step
        def split(self):
            self.next(self.item, foreach="items")

        @step
        def joined(self, inputs):
            self.own = inputs[1].own + inputs[0].beta + inputs[1].cfg.a.b
            hasattr(inputs[0], "gone")
            self.merge_artifacts(inputs)
            self.n = len(self.y)

        @step
        def end(self):
            pass

    ReadingFlow()
"""

CFG = {"a": {"b": 1, "c": {"d": 2}}, "odd key": [{"e": 3}]}


class ReadsTest(unittest.TestCase):
    def setUp(self):
        self.worker = Worker(LINEAR, files=[("cfg.json", json.dumps(CFG))])
        self.addCleanup(self.worker.close)
        self.start = self.worker.step("start", self.worker.parameters(), node=node("end"))

    def reads(self, step, **more):
        done = self.worker.step(step, self.start, **more).done
        self.assertEqual(done["error"], None)
        return {key: value for key, value in done["reads"].items() if value}

    def test_what_passes_through_or_is_replaced_is_no_read(self):
        self.assertEqual(self.reads("nothing"), {})

    def test_artifacts_parameters_and_configs(self):
        reads = self.reads("some")
        self.assertEqual(sorted(reads.pop("configs")), ["cfg.a.b", "cfg.no"])
        self.assertEqual(reads, {"artifacts": {"y": [0], "z": [0]}, "absent": {"gone": [0]}, "parameters": ["alpha"]})

    def test_what_decorators_read_of_configs_the_step_has_read(self):
        flow = """
            from metaflow import Config, FlowSpec, config_expr, environment, retry, step

            class DecoratedFlow(FlowSpec):
                settings = Config("cfg", default="cfg.json")

                @retry(times=config_expr("cfg.a['times'] + 1"))
                @environment(vars={"A": settings.label})
                @step
                def start(self):
                    self.x = self.settings.b
                    self.next(self.end)

                @environment(vars=config_expr("cfg.all"))
                @step
                def end(self):
                    pass
        """
        config = {"a": {"times": 1, "more": 2}, "label": "n", "b": 3, "c": 4, "all": {"B": "1"}}
        with Worker(flow, files=[("cfg.json", json.dumps(config))]) as worker:
            parameters = worker.parameters()
            start = worker.step("start", parameters)
            reads = start.done["reads"]["configs"]
            self.assertEqual(sorted(reads), ["settings.a.times", "settings.b", "settings.label"])
            self.assertEqual(list(worker.step("end", start).done["reads"]["configs"]), ["settings.all"])

    def test_what_mutators_read_of_configs_every_step_has_read(self):
        flow = """
            from metaflow import Config, FlowMutator, FlowSpec, StepMutator, config_expr, project, step

            class Retries(FlowMutator):
                def pre_mutate(self, mutable_flow):
                    self.times = mutable_flow.settings.times

                def mutate(self, mutable_flow):
                    for name, config in mutable_flow.configs:
                        if name == "other":
                            self.times += config["more"]["times"]
                    for _, mutable_step in mutable_flow.steps:
                        mutable_step.add_decorator("retry", deco_kwargs={"times": self.times})

            class Timeout(StepMutator):
                def init(self, seconds):
                    self.seconds = seconds

                def mutate(self, mutable_step):
                    mutable_step.add_decorator("timeout", deco_kwargs={"seconds": self.seconds})

            @Retries
            @project(name=config_expr("other.project"))
            class MutatedFlow(FlowSpec):
                settings = Config("cfg", default="cfg.json")
                others = Config("other", default="other.json")
                unread = Config("unread", default="cfg.json")
                RATE = config_expr("cfg.rate")
                _hidden = config_expr("cfg.hidden")

                @Timeout(config_expr("cfg.seconds"))
                @step
                def start(self):
                    self.x = self.RATE
                    self.next(self.end)

                @step
                def end(self):
                    pass
        """
        settings = {"times": 1, "seconds": 60, "rate": 0.5, "hidden": 3, "no": 4}
        others = {"more": {"times": 1, "not": 2}, "project": "p"}
        files = [("cfg.json", json.dumps(settings)), ("other.json", json.dumps(others))]
        with Worker(flow, files=files) as worker:
            start = worker.step("start", worker.parameters())
            self.assertEqual(start.done["error"], None)
            everywhere = [
                "others.more.times",
                "others.project",
                "settings.hidden",
                "settings.seconds",
                "settings.times",
            ]
            self.assertEqual(sorted(worker.step("end", start).done["reads"]["configs"]), everywhere)
            self.assertEqual(sorted(start.done["reads"]["configs"]), sorted([*everywhere, "settings.rate"]))

    def test_configs_that_leave_the_step_are_read_whole(self):
        self.assertEqual(list(self.reads("kept")["configs"]), ["cfg.a"])
        self.assertEqual(list(self.reads("passed_on")["configs"]), ["cfg.a"])
        self.assertEqual(sorted(self.reads("whole")["configs"]), ["cfg.a", "cfg['odd key']", "plain"])

    def test_digests_depend_on_what_was_read_alone(self):
        def digests(config):
            with Worker(LINEAR, files=[("cfg.json", json.dumps(config))]) as worker:
                start = worker.step("start", worker.parameters(), node=node("end"))
                return worker.step("some", start).done["reads"]["configs"]

        before = digests(CFG)
        self.assertEqual(digests({**CFG, "odd key": 4}), before)
        changed = digests({"a": {"b": 1.0}, "no": None})
        self.assertEqual([changed[key] == before[key] for key in ("cfg.a.b", "cfg.no")], [False, False])

    def test_values_that_were_given(self):
        self.assertEqual(self.reads("some", set={"y": "[5]"})["given"], ["y"])

    def test_items(self):
        self.start = self.worker.step("split", self.start, node=node("item", foreach="items"))
        split = {"split_index": 1}
        self.assertEqual(self.reads("item", **split), {"artifacts": {"items": [0]}, "items": [[0, "items", 1]]})
        self.assertEqual(self.reads("items_too", **split), {"artifacts": {"items": [0]}})
        # As with Metaflow, an item that the step changes in place is changed in what the next step gets.
        self.assertIn("at", self.worker.step("item", self.start, **split).done["objects"]["items"])

    def test_joins_read_what_they_touch_of_each_input(self):
        left, right = (self.worker.step("nothing", self.start) for _ in range(2))
        joined = self.worker.step("joined", left, right, node={**node("end"), "join": True})
        self.assertEqual(joined.done["error"], None)
        reads = {key: value for key, value in joined.done["reads"].items() if value}
        # How many inputs there are, and of which steps, a join sees in any case.
        expected = {"_current_step": [0, 1], "own": [1], "y": [0]}
        self.assertEqual(reads.pop("artifacts"), expected)
        self.assertEqual([name for name in reads.pop("left") if name[0] != "_"], ["name", "own"])
        self.assertEqual((reads.pop("absent"), list(reads.pop("configs"))), ({"gone": [0]}, ["cfg.a.b"]))
        self.assertEqual(reads, {"parameters": ["beta"]})


if __name__ == "__main__":
    unittest.main()

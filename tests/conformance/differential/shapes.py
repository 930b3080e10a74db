"""Shapes of flows."""

from differential import Case

CASES = (
    Case(
        "hybrid",
        "HybridFlow",
        '''
        from metaflow import FlowSpec, Parameter, step


        class HybridFlow(FlowSpec):
            """A flow with a bit of everything."""

            alpha = Parameter("alpha", default=3, help="a number")
            constant = {"k": [1, 2]}

            @step
            def start(self):
                """Begins."""
                print("user: hello")
                self.items = ["x", "y", {"z": 1}]
                self.next(self.a, self.b)

            @step
            def a(self):
                self.next(self.inner, foreach="items")

            @step
            def inner(self):
                self.got = self.input
                self.mode = "odd" if self.index % 2 else "even"
                self.next({"odd": self.odd, "even": self.even}, condition="mode")

            @step
            def odd(self):
                self.next(self.after)

            @step
            def even(self):
                self.next(self.after)

            @step
            def after(self):
                self.next(self.inner_join)

            @step
            def inner_join(self, inputs):
                self.all_got = [each.got for each in inputs]
                self.merge_artifacts(inputs, include=["items"])
                self.next(self.join)

            @step
            def b(self):
                self.count = getattr(self, "count", 0) + 1
                self.more = "yes" if self.count < 3 else "no"
                self.next({"yes": self.b, "no": self.b_end}, condition="more")

            @step
            def b_end(self):
                self.next(self.join)

            @step
            def join(self, inputs):
                self.merge_artifacts(inputs)
                self.next(self.end)

            @step
            def end(self):
                print("user: bye")


        if __name__ == "__main__":
            HybridFlow()
        ''',
        commands=(("run", "--tag", "t1", "--alpha", "5"),),
    ),
    Case(
        "nested",
        "NestedFlow",
        """
        from metaflow import FlowSpec, step


        class NestedFlow(FlowSpec):
            @step
            def start(self):
                self.outer = (1, 2)
                self.next(self.one, foreach="outer")

            @step
            def one(self):
                self.inside = {"a", "b"} and ["a", "b"]
                self.next(self.two, foreach="inside")

            @step
            def two(self):
                self.stack = self.foreach_stack()
                self.next(self.join_two)

            @step
            def join_two(self, inputs):
                self.stacks = [each.stack for each in inputs]
                self.next(self.join_one)

            @step
            def join_one(self, inputs):
                self.stacks = [each.stacks for each in inputs]
                self.next(self.end)

            @step
            def end(self):
                pass


        if __name__ == "__main__":
            NestedFlow()
        """,
    ),
    Case(
        "gang",
        "GangFlow",
        """
        from metaflow import FlowSpec, current, parallel, step


        class GangFlow(FlowSpec):
            @step
            def start(self):
                self.next(self.gang, num_parallel=2)

            @parallel
            @step
            def gang(self):
                self.node = current.parallel.node_index
                self.next(self.join)

            @step
            def join(self, inputs):
                self.nodes = [each.node for each in inputs]
                self.next(self.end)

            @step
            def end(self):
                pass


        if __name__ == "__main__":
            GangFlow()
        """,
    ),
    Case(
        "unbounded",
        "UnboundedFlow",
        """
        from metaflow import FlowSpec, step, unbounded_test_foreach_internal
        from metaflow.plugins import InternalTestUnboundedForeachInput


        class UnboundedFlow(FlowSpec):
            @step
            def start(self):
                self.items = InternalTestUnboundedForeachInput(["a", "b"])
                self.next(self.inner, foreach="items")

            @unbounded_test_foreach_internal
            @step
            def inner(self):
                self.got = str(self.input)
                self.next(self.join)

            @step
            def join(self, inputs):
                self.all_got = sorted(each.got for each in inputs)
                self.next(self.end)

            @step
            def end(self):
                pass


        if __name__ == "__main__":
            UnboundedFlow()
        """,
    ),
    Case(
        "resumed-foreach",
        "AgainFlow",
        """
        import time

        from metaflow import FlowSpec, current, step


        class AgainFlow(FlowSpec):
            @step
            def start(self):
                self.items = [1, 2, 3]
                self.next(self.inner, foreach="items")

            @step
            def inner(self):
                self.got = self.input
                self.next(self.join)

            @step
            def join(self, inputs):
                if current.origin_run_id is None:
                    raise ValueError("in the join")
                self.all_got = [each.got for each in inputs]
                self.next(self.end)

            @step
            def end(self):
                pass


        if __name__ == "__main__":
            AgainFlow()
        """,
        commands=(("run",), ("resume", "--tag", "again")),
    ),
)

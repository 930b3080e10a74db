"""Tags: given, changed afterwards, refused; what the system adds."""

from behaviour import Behaviour, at
from views import same, true

GIVEN = {"刺身 means sashimi", "multiple tags should be ok"}


class BasicTags(Behaviour):
    """`--tag` and system tags on run, steps, tasks and artifacts; filters by tag."""

    QUICK = ("single-linear-step", "nested-foreach")

    @at("all")
    def step_all(self):
        from metaflow import current, get_namespace

        expect_equal({"刺身 means sashimi", "multiple tags should be ok"}, set(current.tags))
        expect_equal("user:tester", get_namespace())

    @staticmethod
    def check(graph, flow, look):
        same(GIVEN, look.user_tags(), "tags of the run")
        system = look.system_tags()
        true({"user:tester", "runtime:dev"} <= system, f"system tags: {system}")
        true(any(tag.startswith("python_version:") for tag in system), f"system tags: {system}")
        true(any(tag.startswith("metaflow_version:") for tag in system), f"system tags: {system}")
        if not look.run:
            return
        from metaflow import Flow, Metaflow, Run, namespace
        from metaflow.exception import MetaflowNamespaceMismatch

        run = look.run
        true(GIVEN <= run.tags and run.user_tags == GIVEN, "tags and user_tags of the run")
        objects = [run, *run.steps(), *(step.task for step in run), next(iter(run[graph.last.name].task))]
        for each in objects:
            true(GIVEN <= each.tags, f"tags of {each}")
            true(system <= each.tags, f"system tags of {each}")
        for tag in GIVEN | {"user:tester"}:
            same([run.id], [each.id for each in Flow(look.flow).runs(tag)], f"runs with {tag}")
            same({step.id for step in run}, {step.id for step in run.steps(tag)}, f"steps with {tag}")
            true(list(run[graph.last.name].tasks(tag)), f"tasks with {tag}")
        flow_object = run.parent
        same(frozenset(), frozenset(flow_object.tags), "tags of the flow")
        every = [*GIVEN, "user:tester"]
        same([], list(flow_object.runs("no such tag", every[0])), "runs with two tags, one of which nothing has")
        same([run.id], [each.id for each in flow_object.runs(*every)], "runs with several tags")
        same({step.id for step in run}, {step.id for step in run.steps(*every)}, "steps with several tags")
        for step in run:
            same([], list(step.tasks("no such tag")), "tasks with a tag that nothing has")
            same([task.id for task in step], [task.id for task in step.tasks(*every)], "tasks with several tags")
            for task in step.tasks(every[0]):
                for artifact in task:
                    true(GIVEN <= artifact.tags, f"tags of {artifact}")
        same([], list(Flow(look.flow).runs("no such tag")), "runs with a tag that nothing has")
        same([], list(run.steps("no such tag")), "steps with a tag that nothing has")
        namespace("user:nobody-here")
        try:
            same(False, look.run.pathspec.split("/")[1] in list(Metaflow()), "flows of an empty namespace")
            same([], list(Metaflow()), "flows of an empty namespace")
            try:
                Run(run.pathspec)
            except MetaflowNamespaceMismatch:
                pass
            else:
                true(False, "a namespace that the run is not in")
        finally:
            namespace("user:tester")
        for tag in ("刺身 means sashimi", None):
            namespace(tag)
            same(run.id, Run(run.pathspec).id, f"the run in namespace {tag!r}")
            same([look.flow], [each.id for each in Metaflow()], "flows in it")
        namespace("user:tester")


class TagMutation(Behaviour):
    """Tags added, removed and replaced after the run; invalid ones refused."""

    QUICK = ("single-linear-step",)
    GRAPHS = ("single-linear-step", "simple_switch")

    @at("all")
    def step_all(self):
        from metaflow import Run, current

        run = Run(f"{current.flow_name}/{current.run_id}")
        run.add_tag("from " + self._current_step)
        expect("from " + self._current_step in run.user_tags)

    @staticmethod
    def check(graph, flow, look):
        from_steps = {"from " + step.name for step in graph.ran}
        some = "by " + look.name
        true(from_steps <= look.user_tags(), "tags that steps added")
        before = look.system_tags()
        true(look.change_tags(add=[some]), "a tag is added")
        true(some in look.user_tags(), "the added tag")
        true(look.change_tags(add=[some]), "a tag that is there is added")
        true(look.change_tags(add=[some + " 1", some + " 2 刺身"]), "two tags are added")
        true({some + " 1", some + " 2 刺身"} <= look.user_tags(), "two added tags")
        true(look.change_tags(remove=[some]), "a tag is removed")
        true(some not in look.user_tags(), "the removed tag")
        true(look.change_tags(remove=["never there"]), "a tag that is not there is removed")
        true(look.change_tags(add=[some + " 3"], remove=[some + " 1"]), "tags are replaced")
        tags = look.user_tags()
        true(some + " 3" in tags and some + " 1" not in tags, f"replaced tags: {tags}")
        true(look.change_tags(add=[some + " 4"], remove=[some + " 4"]), "one tag is removed and added")
        true(some + " 4" in look.user_tags(), "removed first, then added")
        true(not look.change_tags(add=["x" * 501]), "a long tag is refused")
        true(not look.change_tags(add=[""]), "an empty tag is refused")
        true(not look.change_tags(add=[f"{look.name} {n}" for n in range(60)]), "too many tags are refused")
        true(not look.change_tags(add=["\udcff"]), "a tag that is no valid text is refused")
        system = next(tag for tag in before if tag.startswith("user:"))
        true(not look.change_tags(remove=[system]), "a system tag can not be removed")
        true(look.change_tags(add=[system]), "a system tag that is there can be added")
        same(before, look.system_tags(), "system tags afterwards")
        same(False, system in look.user_tags(), "a system tag does not become a user's")
        if look.run:
            from metaflow import Flow, Run
            from metaflow.exception import MetaflowException

            run = Run(look.run.pathspec)
            for step in run:
                true(some + " 3" in step.tags and some + " 3" in step.task.tags, "tags of steps and tasks follow")
            same([run.id], [each.id for each in Flow(look.flow).runs(some + " 3")], "runs by a new tag")
            for wrong in (5, None):
                try:
                    run.add_tag(wrong)
                except MetaflowException:
                    pass
                else:
                    true(False, f"{wrong!r} as a tag is refused")


class TagsOfResume(Behaviour):
    """A resumed run has the tags it was given, not those of its origin."""

    GRAPHS = ("single-linear-step",)
    RESUME = True
    RUN = ("--tag", "only the first")
    RESUME_OPTIONS = ("--tag", "only the second")

    @at("=a")
    def step_a(self):
        if not is_resumed():
            raise ResumeHere

    @staticmethod
    def check(graph, flow, look):
        same(GIVEN | {"only the second"}, look.user_tags(), "tags of the resumed run")
        if look.run:
            from metaflow import Flow

            origin = Flow(look.flow)[look.origin_run_id]
            same(GIVEN | {"only the first"}, set(origin.user_tags), "tags of its origin")

"""What a task knows of itself: `current`, projects, the file with the run's id."""

from behaviour import Behaviour, at
from views import same, true


class CurrentSingleton(Behaviour):
    """All of `current`; `current.run` and `current.task` are client objects that pickle."""

    QUICK = ("small-foreach", "single-linear-step", "small-parallel")
    WITHOUT = ("unbounded-foreach", "nested-unbounded", "switch_in_foreach")
    HEADER = """
    from metaflow import Task
    """
    FLOW_DECORATORS = ("@project(name='current_singleton')",)

    @at("join", needed=False)
    def step_join(self, inputs):
        import pickle
        from metaflow import current

        self.merge_artifacts(inputs, exclude=["uuid", "combo", "task_obj", "run_obj", "retry", "pickled"])
        self.uuid = current.pathspec
        self.combo = (current.flow_name, current.run_id, current.step_name, current.task_id)
        self.task_obj, self.run_obj = current.task, current.run
        self.pickled = pickle.dumps(current.task)

    @at("all")
    def step_all(self):
        import os
        import pickle
        from metaflow import current, default_namespace, get_namespace

        expect(current.is_running_flow)
        expect_equal(current.flow_name, self.__class__.__name__)
        expect_equal(current.flow_name, self.name)
        expect_equal(current.step_name, self._current_step)
        expect_equal(current.retry_count, 0)
        expect_equal(current.origin_run_id, None)
        expect_equal(current.namespace, "user:tester")
        expect_equal(get_namespace(), "user:tester")
        expect_equal(default_namespace(), "user:tester")
        expect_equal(current.username, "tester")
        expect_equal(set(current.tags), {"刺身 means sashimi", "multiple tags should be ok"})
        expect_equal(current.pathspec, f"{current.flow_name}/{current.run_id}/{current.step_name}/{current.task_id}")
        expect_equal(current.parameter_names, [])
        expect_equal(current.project_name, "current_singleton")
        expect_equal(current.branch_name, "user.tester")
        expect_equal(current.project_flow_name, "current_singleton.user.tester." + current.flow_name)
        expect_equal((current.is_user_branch, current.is_production), (True, False))
        expect_equal(current.get("step_name"), self._current_step)
        expect_equal(current.get("no_such_thing", 7), 7)
        expect("project_name" in current and "no_such_thing" not in current)
        expect_raises(lambda: current.no_such_thing, AttributeError)
        expect(os.path.isdir(current.tempdir))
        expect_equal(current.task.pathspec, current.pathspec)
        expect_equal(current.run.id, current.run_id)
        expect_equal(pickle.loads(pickle.dumps(current.task)).pathspec, current.pathspec)
        self.uuid = current.pathspec
        self.combo = (current.flow_name, current.run_id, current.step_name, current.task_id)
        self.task_obj, self.run_obj = current.task, current.run
        self.pickled = pickle.dumps(current.task)

    @staticmethod
    def check(graph, flow, look):
        for step in graph.ran:
            pathspecs = look.values(step.name, "uuid")
            same(len(pathspecs), len(set(pathspecs)), "different pathspecs")
            for pathspec, combo in zip(pathspecs, look.values(step.name, "combo")):
                same(pathspec, "/".join(combo), "pathspec")
                same((look.flow, look.run_id, step.name), combo[:3], "names")
        if look.run:
            import pickle

            for step in look.run:
                for task in step:
                    same(task.pathspec, task.data.task_obj.pathspec, "stored task")
                    same(look.run.pathspec, task.data.run_obj.pathspec, "stored run")
                    same(task.pathspec, pickle.loads(task.data.pickled).pathspec, "pickled task")
            true({"project:current_singleton", "project_branch:user.tester"} <= look.run.system_tags, "project tags")


class ProjectBranch(Behaviour):
    """The branch comes from a variable."""

    QUICK = ("single-linear-step",)
    FLOW_DECORATORS = ("@project(name='project_branch')",)
    ENV = {"METAFLOW_BRANCH": "this_is_a_test_branch"}

    @at("all")
    def step_all(self):
        from metaflow import current

        expect_equal("test.this_is_a_test_branch", current.branch_name)
        expect_equal("project_branch", current.project_name)
        expect_equal(f"project_branch.test.this_is_a_test_branch.{current.flow_name}", current.project_flow_name)
        expect_equal((False, False), (current.is_user_branch, current.is_production))

    @staticmethod
    def check(graph, flow, look):
        tags = look.system_tags()
        true({"project:project_branch", "project_branch:test.this_is_a_test_branch"} <= tags, f"system tags: {tags}")


class ProjectProduction(Behaviour):
    """Production, by a variable."""

    QUICK = ("single-linear-step",)
    FLOW_DECORATORS = ("@project(name='project_prod')",)
    ENV = {"METAFLOW_PRODUCTION": "True"}

    @at("all")
    def step_all(self):
        from metaflow import current

        expect_equal("prod", current.branch_name)
        expect_equal(f"project_prod.prod.{current.flow_name}", current.project_flow_name)
        expect_equal((False, True), (current.is_user_branch, current.is_production))

    @staticmethod
    def check(graph, flow, look):
        tags = look.system_tags()
        true({"project:project_prod", "project_branch:prod"} <= tags, f"system tags: {tags}")


class ProjectBranchSetInFile(Behaviour):
    """Variables may be set while the flow's file is imported."""

    QUICK = ("single-linear-step",)
    HEADER = """
    import os

    os.environ["METAFLOW_BRANCH"] = "while_importing"
    """
    FLOW_DECORATORS = ("@project(name='set_in_file')",)

    @at("all")
    def step_all(self):
        from metaflow import current

        expect_equal("test.while_importing", current.branch_name)

    @staticmethod
    def check(graph, flow, look):
        true("project_branch:test.while_importing" in look.system_tags(), f"system tags: {look.system_tags()}")


class ProjectOptions(Behaviour):
    """`--branch` on the command line; a name of several users' production branches."""

    GRAPHS = ("single-linear-step",)
    FLOW_DECORATORS = ("@project(name='project_options')",)
    TOP = ("--branch", "topic", "--production")

    @at("all")
    def step_all(self):
        from metaflow import current

        expect_equal("prod.topic", current.branch_name)
        expect(current.is_production)

    @staticmethod
    def check(graph, flow, look):
        true("project_branch:prod.topic" in look.system_tags(), f"system tags: {look.system_tags()}")


class RunIdFile(Behaviour):
    """The file is there before the first task starts."""

    QUICK = ("single-linear-step",)
    GRAPHS = ("single-linear-step", "simple-foreach")
    RESUME = True

    @at("first")
    def step_first(self):
        import os
        from metaflow import current

        expect(os.path.isfile("run-id"))
        with open("run-id") as file:
            expect_equal(current.run_id, file.read())
        if not is_resumed():
            raise ResumeHere

    @at("all")
    def step_all(self):
        from metaflow import current

        with open("run-id") as file:
            self.found = file.read()
        expect_equal(current.run_id, self.found)

    @staticmethod
    def check(graph, flow, look):
        look.expect(graph.last.name, "found", look.run_id)


class UpdateEnv(Behaviour):
    """`current._update_env`, which decorators use, works for steps too."""

    GRAPHS = ("single-linear-step",)

    @at("all")
    def step_all(self):
        from metaflow import current
        from metaflow.metaflow_current import current as same_current

        expect(current is same_current)
        current._update_env({"something_new": 17})
        expect_equal(17, current.something_new)

    @staticmethod
    def check(graph, flow, look):
        true(True, "it ran")

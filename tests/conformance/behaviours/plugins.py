"""Extensions, secrets, and decorators that do something in the flow."""

import os

from behaviour import Behaviour, at
from views import same, true


class Secrets(Behaviour):
    """@secrets with inline values: variables of the task."""

    QUICK = ("single-linear-step", "simple-foreach")
    HEADER = """
    import os
    from metaflow import secrets

    os.environ["METAFLOW_DEFAULT_SECRETS_BACKEND_TYPE"] = "inline"
    INLINE = [dict(type="inline", id="one", options={"env_vars": {"secret_1": "Pizza is a vegetable.", "SECRET_2": "no"}})]
    MORE = [dict(type="inline", id="two", options=dict(env_vars={"secret_3": "刺身"}))]
    """

    @at("all", decorators=["secrets(sources=INLINE + MORE)"])
    def step_all(self):
        import os
        import subprocess

        expect_equal("Pizza is a vegetable.", os.environ["secret_1"])
        expect_equal("no", os.environ["SECRET_2"])
        expect_equal("刺身", os.environ["secret_3"])
        expect_equal("no", subprocess.check_output(["sh", "-c", "printf %s \"$SECRET_2\""]).decode())

    @staticmethod
    def check(graph, flow, look):
        true(True, "it ran")


class SecretsRefused(Behaviour):
    """A secret must not take the place of a variable that is there."""

    GRAPHS = ("single-linear-step",)
    FAILS = True
    ENV = {"TAKEN": "already"}
    HEADER = """
    from metaflow import secrets
    """

    @at("=a", decorators=["secrets(sources=[dict(type='inline', id='x', options={'env_vars': {'TAKEN': 'new'}})])"])
    def step_a(self):
        self.reached = True

    @staticmethod
    def check(graph, flow, look):
        if look.run:
            same(False, look.run.successful, "successful")


class SecretsOverride(Behaviour):
    """... unless that is allowed."""

    GRAPHS = ("single-linear-step",)
    ENV = {"TAKEN": "already"}
    HEADER = """
    from metaflow import secrets
    """

    @at("=a", decorators=["secrets(sources=[dict(type='inline', id='x', options={'env_vars': {'TAKEN': 'new'}})], allow_override=True)"])
    def step_a(self):
        import os

        self.taken = os.environ["TAKEN"]

    @staticmethod
    def check(graph, flow, look):
        look.expect("a", "taken", "new")


class Extensions(Behaviour):
    """What an extension adds: values, names, modules, exceptions, a step decorator."""

    QUICK = ("single-linear-step", "simple-foreach")

    @at("all", decorators=["conformance_step_decorator(note=5)"])
    def step_all(self):
        from metaflow import current, toplevel_value
        from metaflow.exception import ConformanceException, MetaflowException
        from metaflow.metaflow_config import CONFORMANCE_VALUE, METAFLOW_CONFORMANCE_PLAIN
        from metaflow.plugins.frameworks.pytorch import ConformancePytorchDecorator
        from metaflow.plugins.just_a_module import module_value

        self.values = (toplevel_value, CONFORMANCE_VALUE, METAFLOW_CONFORMANCE_PLAIN, module_value)
        expect(issubclass(ConformanceException, MetaflowException))
        expect_equal("conformance_pytorch", ConformancePytorchDecorator.name)
        expect_equal(5, current.conformance_note)
        expect_equal("before", self.seen_by_wrapper)
        expect_equal(f"{current.run_id}/{current.step_name}/{current.task_id} 5", self.set_before_step)

    HEADER = """
    from metaflow import conformance_step_decorator
    """

    @staticmethod
    def check(graph, flow, look):
        for step in graph.ran:
            if step.marks & {"gang-body", "unbounded-body"}:
                continue
            look.expect(step.name, "values", (42, 42, 43, 42))
            look.expect(step.name, "set_after_step", f"{step.name} 0")
            look.expect(step.name, "seen_by_wrapper", "before and after")


class ExtensionDecoratorByWith(Behaviour):
    """A decorator of an extension by `--with`, with what it is given; exceptions pass by it."""

    GRAPHS = ("single-linear-step",)
    RUN = ("--with", "conformance_step_decorator:note=words and more", "--with", "retry:times=1,minutes_between_retries=0")

    @at("=a")
    def step_a(self):
        from metaflow import current

        if current.retry_count == 0:
            raise RetryMe
        self.note = current.conformance_note

    @staticmethod
    def check(graph, flow, look):
        look.expect("a", "note", "words and more")
        look.expect("end", "set_after_step", "end 0")
        if look.run:
            from metaflow import Task

            task = Task(look.run["a"].task.pathspec, attempt=0)
            true("RetryMe" in task["exception_seen"].data, "seen in the first attempt")


class FlowOptions(Behaviour):
    """A flow decorator of an extension, with an option: by variable, set while importing."""

    QUICK = ("single-linear-step", "simple-foreach")
    HEADER = """
    import os
    from metaflow import conformance_flow_decorator

    os.environ["METAFLOW_CONFORMANCE_OPTION"] = "this_is_the_option"
    """
    FLOW_DECORATORS = ("@conformance_flow_decorator(given=3)",)

    @at("all")
    def step_all(self):
        from metaflow import current

        expect_equal("this_is_the_option", current.conformance_option)
        expect_equal(3, current.conformance_given)

    @staticmethod
    def check(graph, flow, look):
        true(True, "it ran")


class FlowOptionsOnTheCommandLine(Behaviour):
    """The same by the command line."""

    GRAPHS = ("single-linear-step",)
    TOP = ("--conformance-option", "by option")
    HEADER = """
    from metaflow import conformance_flow_decorator
    """
    FLOW_DECORATORS = ("@conformance_flow_decorator",)

    @at("all")
    def step_all(self):
        from metaflow import current

        expect_equal("by option", current.conformance_option)
        expect_equal(None, current.conformance_given)

    @staticmethod
    def check(graph, flow, look):
        true(True, "it ran")


class PytorchParallel(Behaviour):
    """The decorator can be imported without torch, and is what an extension puts in its place."""

    GRAPHS = ("single-linear-step",)

    @at("all")
    def step_all(self):
        from metaflow.decorators import FlowDecorator, StepDecorator
        from metaflow.plugins.frameworks._orig.pytorch import PytorchParallelDecorator, setup_torch_distributed
        from metaflow.plugins.frameworks.pytorch import PytorchParallelDecorator as same_one

        expect(PytorchParallelDecorator is same_one)
        expect(issubclass(PytorchParallelDecorator, StepDecorator))
        expect_equal("pytorch_parallel", PytorchParallelDecorator.name)
        expect(callable(setup_torch_distributed) and FlowDecorator is not None)

    @staticmethod
    def check(graph, flow, look):
        true(True, "it ran")


class AcceptedDecorators(Behaviour):
    """Decorators for elsewhere are accepted and recorded."""

    GRAPHS = ("single-linear-step",)
    HEADER = """
    from metaflow import resources, schedule, trigger, trigger_on_finish
    """
    FLOW_DECORATORS = (
        "@schedule(daily=True)",
        "@trigger(event='an_event')",
    )

    @at("=a", decorators=["resources(cpu=2, memory=1000)"])
    def step_a(self):
        pass

    @staticmethod
    def check(graph, flow, look):
        if look.run:
            info = look.run["a"].task["_graph_info"].data
            names = {each["name"]: each["attributes"] for each in info["steps"]["a"]["decorators"]}
            same(2, int(names["resources"]["cpu"]), "cpu")
            same(["schedule", "trigger"], sorted(each["name"] for each in info["decorators"]), "flow decorators")


class ExitHook(Behaviour):
    """@exit_hook: a function after the run."""

    GRAPHS = ("single-linear-step",)
    HEADER = """
    from metaflow import exit_hook


    def after(run):
        with open("exit-hook-ran", "w") as file:
            file.write(run.id if run else "no run")


    def after_failure(run):
        raise RuntimeError("not called")
    """
    FLOW_DECORATORS = ("@exit_hook(on_success=[after], on_error=[after_failure])",)

    @staticmethod
    def check(graph, flow, look):
        with open("exit-hook-ran") as file:
            same(look.run_id, file.read(), "what the hook wrote")


class TriggerOption(Behaviour):
    """`--trigger`: current.trigger has the run."""

    GRAPHS = ("single-step",)
    HEADER = """
    from metaflow import trigger_on_finish
    """
    FLOW_DECORATORS = ("@trigger_on_finish(flow='SomeOtherFlow')",)

    @at("all")
    def step_all(self):
        from metaflow import current

        self.trigger_is = getattr(current, "trigger", None)

    @staticmethod
    def check(graph, flow, look):
        look.expect("only", "trigger_is", None)


class CommandsOfTheFlow(Behaviour):
    """Commands that only look."""

    QUICK = ("single-linear-step", "hybrid")
    GRAPHS = ("single-linear-step", "hybrid", "custom-terminals", "nested-foreach", "recursive_switch")

    @staticmethod
    def check(graph, flow, look):
        import json

        if look.run:
            return
        shown = look.command("show").stdout
        dot = look.command("output-dot").stdout
        raw = look.command("output-raw").stdout
        for step in graph.steps:
            true(f"Step {step}" in shown, f"{step} in show: {shown}")
            true(step in dot and step in raw, f"{step} in output-dot and output-raw")
        true("digraph" in dot, dot)
        look.command("check")
        look.command("--quiet", "show")
        look.command("version")
        look.command("--help")
        look.command("run", "--help")
        same(2, look.command("no-such-command", check=False).returncode, "an unknown command")
        same(2, look.command("--no-such-option", "run", check=False).returncode, "an unknown option")
        as_json = look.command("output-raw", "--json", check=False)
        if as_json.returncode == 0:
            json.loads(as_json.stdout)
        done = look.command("dump", f"{look.run_id}/{graph.last.name}")
        true("_task_ok" not in done.stdout and "name" in done.stdout, done.stdout)


class CodePackage(Behaviour):
    """What another machine would need of the flow: `package info`, `list` and `save`."""

    GRAPHS = ("single-linear-step",)
    FILES = {
        "helper.py": "value = 1\n",
        "data.csv": "1\n",
        "data.txt": "1\n",
        "model.R": "1\n",
        ".hidden/helper.py": "",
        "parts/inner/helper.py": "",
        "parts/table.csv": "",
        "decorating.py": """
from metaflow import FlowMutator, user_step_decorator


@user_step_decorator
def around(step_name, flow, inputs=None, attributes=None):
    yield


class Adds(FlowMutator):
    def add_to_package(self):
        import os
        from metaflow.packaging_sys import ContentType

        yield os.path.abspath("data.txt"), "added.txt", ContentType.USER_CONTENT
        yield os.path.abspath("data.txt"), "settings.txt", ContentType.OTHER_CONTENT
        yield os.path.abspath("data.txt"), "code.txt"
""",
        "shared/__init__.py": "METAFLOW_PACKAGE_POLICY = 'include'\n",
        "shared/inner/rules.json": "{}",
    }
    HEADER = """
    import shared
    from decorating import Adds, around
    from metaflow.plugins.package_suffixes_mutator import package_suffixes
    """
    FIELDS = """
    settings = Config("settings", default_value={"a": 1})
    """
    FLOW_DECORATORS = ("@Adds()", '@package_suffixes([".csv"])')

    @at("first", decorators=["around"])
    def step_first(self):
        pass

    @staticmethod
    def check(graph, flow, look):
        import json
        import tarfile

        if look.run:
            return
        printed = look.command("package", "info").stderr
        for text in ("Package size: ", "Number of files: ", "- decorating @ ", "Provides step decorators: around"):
            true(text in printed, f"{text!r} in {printed}")
        printed = look.command("--quiet", "package", "list").stderr
        true(f"{os.getcwd()}/helper.py" in printed.splitlines(), printed)
        printed = look.command("--package-suffixes", ".txt", "package", "--timeout", "20", "list", "--archive").stderr
        true({"data.txt", "helper.py"} <= set(printed.splitlines()), printed)
        look.command("package", "save", "tmp/code.tgz")
        with tarfile.open("tmp/code.tgz") as archive:
            members = archive.getmembers()
            own = (".mf_code/metaflow", ".mf_code/__mp_main__")
            names = sorted(member.name for member in members if not member.name.startswith(own))
            decorators = [".mf_code/code.txt", ".mf_code/decorating.py"]
            shared = [".mf_code/shared/__init__.py", ".mf_code/shared/inner/rules.json"]
            about = [".mf_install", ".mf_meta/CONFIG", ".mf_meta/DIST_INFO", ".mf_meta/INFO", ".mf_meta/settings.txt"]
            user = ["added.txt", "data.csv", "decorating.py", "helper.py", "model.R", "parts/inner/helper.py"]
            user += ["parts/table.csv", "shared/__init__.py", "test_flow.py"]
            same(decorators + shared + about + user, names, "names in the package")
            same({1575360000}, {member.mtime for member in members}, "times")
            read = {name: archive.extractfile(name).read().decode() for name in (*about, "added.txt")}
        info = json.loads(read[".mf_meta/INFO"])
        same(("test_flow.py", "local"), (info["script"], info["environment_type"]), "INFO")
        same({"user_configs": {"settings": [{"a": 1}, False]}}, json.loads(read[".mf_meta/CONFIG"]), "CONFIG")
        modules = set(json.loads(read[".mf_install"])["module_files"]) - {".mf_code/__mp_main__.py"}
        same({".mf_code/decorating.py", *shared}, modules, "files of modules")
        same("1\n", read["added.txt"], "a file that was added")

"""Tasks that fail: retries, caught exceptions, time limits, signals, and what a failed run keeps."""

from behaviour import Behaviour, at
from views import same, true


def attempts(task):
    """The attempts in a task's metadata, in order."""
    return sorted(datum.value for datum in task.metadata if datum.type == "attempt")


class CatchRetry(Behaviour):
    """@retry and @catch together: attempts, whose artifacts win, and the caught exception."""

    WITHOUT = ("single-step",)
    QUICK = ("single-linear-step", "simple-foreach", "small-parallel", "single-and-branch", "switch_in_branch")
    HEADER = """
    from metaflow import catch, retry
    """

    @at("foreach-split", "gang-split", "unbounded-split", "switch-split", needed=False, decorators=["retry(times=2, minutes_between_retries=0)"])
    def step_split(self):
        from metaflow import current

        print("attempt", current.retry_count)
        if current.retry_count != 2:
            self.invisible = True
            raise RetryMe
        self.this_is_split = True
        self.attempt = 3

    @at("first", decorators=["retry(times=3, minutes_between_retries=0)"])
    def step_first(self):
        import sys
        from metaflow import current

        self.attempt = current.retry_count
        sys.stdout.write(f"stdout of attempt {self.attempt}\n")
        sys.stderr.write(f"stderr of attempt {self.attempt}\n")
        if self.attempt < 3:
            self.invisible = True
            raise RetryMe

    @at("join", needed=False, decorators=["retry(times=2, minutes_between_retries=0)"])
    def step_join(self, inputs):
        from metaflow import current

        if current.retry_count != 2:
            raise RetryMe
        self.attempt = inputs[0].attempt

    @at("last", decorators=["catch(var='end_ex', print_exception=False)"])
    def step_last(self):
        from metaflow.exception import ExternalCommandFailed

        expect_equal(3, self.attempt)
        self.here = True
        raise ExternalCommandFailed("catch me!")

    @at("all", decorators=["catch(var='ex', print_exception=False)", "retry(times=2, minutes_between_retries=0)"])
    def step_all(self):
        from metaflow import current

        # The first attempts die, the last one raises.
        self.before = current.retry_count
        raise RetryMe

    @staticmethod
    def check(graph, flow, look):
        first, last = graph.first.name, graph.last.name
        if graph.first.kind in ("linear", "split"):
            for stream in ("stdout", "stderr"):
                text = look.log(first, stream)
                true(f"{stream} of attempt 3\n" in text, f"{stream}: {text!r}")
                true("attempt 1" not in text, "logs of the last attempt only")
        look.expect(first, "attempt", 3)
        look.expect_none(first, "invisible")
        look.expect(last, "attempt", 3)
        for step in graph.ran:
            if step.kind in ("foreach", "gang", "unbounded", "switch"):
                look.expect(step.name, "this_is_split", True)
            elif step.name == last:
                for caught in look.values(last, "end_ex"):
                    same("catch me!", str(caught.exception), "message")
                    same("metaflow.exception.ExternalCommandFailed", caught.type, "type")
            elif step.name != first and not step.join:
                for caught in look.values(step.name, "ex"):
                    same("flow_support.RetryMe", caught.type, "type")
                    true("Traceback" in caught.stacktrace, "stack trace")
                if not step.gang and "gang-body" not in step.marks:
                    look.expect(step.name, "before", 2)
        if not look.run:
            return
        for step in graph.ran:
            if "gang-body" in step.marks or "unbounded-body" in step.marks:
                continue
            wanted = 3
            if step.name == last:
                wanted = 1
            elif step.name == first and step.kind in ("linear", "split"):
                wanted = 4
            for task in look.run[step.name]:
                same([str(number) for number in range(wanted)], attempts(task), f"attempts of {task}")
                same(wanted - 1, task.current_attempt, "current attempt")
                caught = step.name == last or (step.kind in ("linear", "split") and not step.join and step.name != first)
                same(not caught, task.successful, f"{task} is successful")
                same(True, task.finished, f"{task} is finished")
        end = look.run[last].task
        same(None, end.exception, "exception of a task that was caught")
        same("catch me!", end.data.end_ex.exception, "the caught exception")
        same(True, end.data.here, "artifact of the attempt that failed")
        same(False, look.run.successful, "the run, whose end was caught")
        same(True, look.run.finished, "finished")
        same(False, "invisible" in look.run[first].task.data, "artifact of a failed attempt")


class CatchWithoutRetry(Behaviour):
    """@catch alone: one attempt; the artifact is None where nothing was caught."""

    GRAPHS = ("single-linear-step", "simple-foreach", "single-and-branch")
    QUICK = ("single-linear-step", "single-and-branch")
    HEADER = """
    from metaflow import catch


    class Unpicklable(Exception):
        def __init__(self):
            super().__init__("odd", lambda: 1)
    """

    @at("foreach-split", needed=False)
    def step_split(self):
        pass

    @at("join", needed=False, decorators=["catch(var='ex')"])
    def step_join(self, inputs):
        self.merge_artifacts(inputs, include=["kept"]) if hasattr(inputs[0], "kept") else None

    @at("first", decorators=["catch(var='ex')"])
    def step_first(self):
        self.kept = 1

    @at("last", decorators=["catch"])
    def step_last(self):
        raise ValueError("nobody keeps this one")

    @at("all", decorators=["catch(var='ex')"])
    def step_all(self):
        self.got_so_far = 1
        raise Unpicklable

    @staticmethod
    def check(graph, flow, look):
        for step in graph.ran:
            if step.kind == "foreach":
                continue
            if step is graph.first or step.join:
                look.expect(step.name, "ex", None)
            elif step is not graph.last:
                look.expect(step.name, "got_so_far", 1)
                for caught in look.values(step.name, "ex"):
                    true("odd" in str(caught), f"{caught}")
                    true(caught.type.endswith("Unpicklable"), caught.type)
        same("nobody keeps this one", str(look.values("end", "_catch_exception")[0].exception), "_catch_exception")


class TagCatch(Behaviour):
    """A process that dies is retried; a fallback attempt catches in the end."""

    QUICK = ("single-linear-step", "single-and-branch")
    GRAPHS = ("single-linear-step", "single-and-branch", "simple-foreach", "nested-branches")
    HEADER = """
    from metaflow import catch, retry
    """

    @at("first", decorators=["retry(times=3, minutes_between_retries=0)"])
    def step_first(self):
        import os
        import signal
        from metaflow import current

        self.attempt = current.retry_count
        print(f"stdout of attempt {self.attempt}", flush=True)
        if self.attempt < 3:
            self.invisible = True
            os.kill(os.getpid(), signal.SIGKILL)

    @at("foreach-split", needed=False)
    def step_split(self):
        self.attempt = 3

    @at("join", needed=False)
    def step_join(self, inputs):
        self.attempt = inputs[0].attempt

    @at("last", decorators=["catch(var='end_ex', print_exception=False)"])
    def step_last(self):
        from metaflow.exception import ExternalCommandFailed

        expect_equal(3, self.attempt)
        self.here = True
        raise ExternalCommandFailed("catch me!")

    @at("all", decorators=["catch(var='ex', print_exception=False)", "retry(times=2, minutes_between_retries=0)"])
    def step_all(self):
        import os
        import signal

        self.invisible = True
        os.kill(os.getpid(), signal.SIGKILL)

    @staticmethod
    def check(graph, flow, look):
        if graph.first.kind != "foreach":
            true("stdout of attempt 3\n" in look.log("start", "stdout"), "the last attempt's log")
            look.expect("start", "attempt", 3)
        for step in graph.ran:
            look.expect_none(step.name, "invisible")
            if step in (graph.first, graph.last) or step.join or step.kind == "foreach":
                continue
            for caught in look.values(step.name, "ex"):
                same("metaflow.plugins.catch_decorator.FailureHandledByCatch", caught.type, "type")
            if look.run:
                for task in look.run[step.name]:
                    same([str(number) for number in range(4)], attempts(task), f"attempts of {task}")
                    same(3, task.current_attempt, "the fallback attempt")
                    same((False, True), (task.successful, task.finished), "not successful, finished")


class Timeout(Behaviour):
    """@timeout under @catch."""

    QUICK = ("single-linear-step",)
    GRAPHS = ("single-linear-step", "single-and-branch", "simple_switch")
    HEADER = """
    from metaflow import catch, timeout
    """

    @at("=a", decorators=["catch(var='ex', print_exception=False)", "timeout(seconds=1)"])
    def step_a(self):
        self.check_time = 5
        import time

        time.sleep(20)
        self.late = True

    @at("join", needed=False)
    def step_join(self, inputs):
        self.ex = inputs.a.ex

    @at("all", decorators=["timeout(minutes=1)"])
    def step_all(self):
        pass

    @staticmethod
    def check(graph, flow, look):
        for caught in look.values("a", "ex"):
            same("metaflow.plugins.timeout_decorator.TimeoutException", caught.type, "type")
        look.expect("a", "check_time", 5)
        look.expect_none("a", "late")
        if look.run:
            same(False, look.run["a"].task.successful, "successful")
            same(True, look.run.successful, "the run")


class TimeoutRetried(Behaviour):
    """A task that took too long is retried like any that failed."""

    GRAPHS = ("single-linear-step",)
    HEADER = """
    from metaflow import retry, timeout
    """

    @at("=a", decorators=["retry(times=1, minutes_between_retries=0)", "timeout(seconds=1)"])
    def step_a(self):
        import time
        from metaflow import current

        if current.retry_count == 0:
            time.sleep(20)
        self.attempt = current.retry_count

    @staticmethod
    def check(graph, flow, look):
        look.expect("a", "attempt", 1)


class TaskException(Behaviour):
    """A failed run keeps the exception, and what the task had set."""

    QUICK = ("single-linear-step",)
    GRAPHS = ("single-linear-step", "single-and-branch", "simple-foreach")
    FAILS = True

    @at("last")
    def step_last(self):
        self.set_before = 3
        raise KeyError("Something has gone wrong")

    @at("join", needed=False)
    def step_join(self, inputs):
        pass

    @staticmethod
    def check(graph, flow, look):
        if not look.run:
            text = look.log("end", "stderr")
            true("KeyError: 'Something has gone wrong'" in text, text)
            true("Task failed." in text, text)
            return
        task = look.run["end"].task
        same(False, look.run.successful, "successful")
        same(False, look.run.finished, "finished")
        true("KeyError" in repr(task.exception), repr(task.exception))
        same("'Something has gone wrong'", task.exception.exception, "exception")
        true("KeyError" in task.exception.type, task.exception.type)
        true("Something has gone wrong" in task.exception.stacktrace, "stack trace")
        same(3, task["set_before"].data, "what was set before")
        same((False, False), (task.successful, task.finished), "task")


class DetectSegfault(Behaviour):
    """A crashed task keeps its log, and gets a message that names the segmentation fault."""

    GRAPHS = ("single-linear-step",)
    FAILS = True

    @at("last")
    def step_last(self):
        import os
        import signal

        print("Crash and burn!", flush=True)
        os.kill(os.getpid(), signal.SIGSEGV)

    @staticmethod
    def check(graph, flow, look):
        true("Crash and burn!" in look.log("end", "stdout"), "stdout")
        true("segmentation fault" in look.log("end", "stderr"), look.log("end", "stderr"))


class FailureOfOneBranch(Behaviour):
    """A branch that fails ends the run; the artifacts of the others stay."""

    GRAPHS = ("single-and-branch",)
    FAILS = True

    @at("=b")
    def step_b(self):
        import os
        import time

        # Not before the other branch is done.
        until = time.monotonic() + 60
        while not os.path.exists("a-is-done") and time.monotonic() < until:
            time.sleep(0.05)
        time.sleep(1)
        raise RuntimeError("b fails")

    @at("=a")
    def step_a(self):
        open("a-is-done", "w").close()
        self.made = 1

    @staticmethod
    def check(graph, flow, look):
        look.expect("a", "made", 1)
        if look.run:
            same({"start", "a", "b"}, {step.id for step in look.run}, "steps")
            same("b fails", look.run["b"].task.exception.exception, "exception")
            same(None, look.run.end_task, "end task")


class ExitCodes(Behaviour):
    """sys.exit in a step."""

    GRAPHS = ("single-linear-step",)
    FAILS = True

    @at("=a")
    def step_a(self):
        import sys

        self.kept = 1
        sys.exit(3)

    @staticmethod
    def check(graph, flow, look):
        if look.run:
            same(False, look.run.successful, "successful")
            task = look.run["a"].task
            same(1, task["kept"].data, "artifacts")
            same(None, task["_task_ok"].data, "_task_ok")


class UnpicklableArtifact(Behaviour):
    """An artifact that can not be stored fails its task."""

    GRAPHS = ("single-linear-step",)
    FAILS = True

    @at("=a")
    def step_a(self):
        import threading

        self.fine = 1
        self.lock_of_mine = threading.Lock()

    @staticmethod
    def check(graph, flow, look):
        text = look.log("a", "stderr")
        true("lock_of_mine" in text, text)
        if look.run:
            same({"start", "a"}, {step.id for step in look.run}, "steps")
            same([], list(look.run["a"].task), "artifacts")


class BasicEnvironment(Behaviour):
    """@environment, with text that is not ASCII, seen by the step and its children."""

    QUICK = ("single-linear-step", "simple-foreach")
    HEADER = """
    from metaflow import environment
    """

    @at("all", decorators=["environment(vars={'FOOBAR': 'just a \\u523a\\u8eab', 'NUMBER': 5, 'EMPTY': ''})"])
    def step_all(self):
        import os
        import subprocess
        import sys

        self.foobar = os.environ["FOOBAR"]
        self.number = os.environ["NUMBER"]
        expect_equal("", os.environ["EMPTY"])
        code = "import os, sys; sys.stdout.buffer.write(os.environ['FOOBAR'].encode('utf-8'))"
        self.child = subprocess.run([sys.executable, "-c", code], capture_output=True).stdout.decode("utf-8")

    @staticmethod
    def check(graph, flow, look):
        for step in graph.ran:
            look.expect(step.name, "foobar", "just a 刺身")
            look.expect(step.name, "child", "just a 刺身")
            look.expect(step.name, "number", "5")

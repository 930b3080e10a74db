"""What tasks print."""

from behaviour import Behaviour, at
from views import same, true


class BasicLog(Behaviour):
    """Both streams, with text that is not ASCII."""

    QUICK = ("single-linear-step", "single-and-branch", "simple_switch")

    @at("singleton")
    def step_one(self):
        import sys

        sys.stdout.write("stdout: A regular message.\n")
        sys.stdout.write("stdout: A message with unicode: \u5e74\n")
        sys.stderr.write("stderr: A regular message.\n")
        sys.stderr.write("stderr: A message with unicode: \u5e74\n")
        print("   indented, and with a space at the end ")
        print()

    @at("all")
    def step_all(self):
        pass

    @staticmethod
    def check(graph, flow, look):
        for step in graph.ran:
            if "singleton" not in step.marks:
                continue
            for stream in ("stdout", "stderr"):
                text = look.log(step.name, stream)
                true(f"{stream}: A regular message.\n{stream}: A message with unicode: \u5e74\n" in text, f"{text!r}")
            same(1, look.log(step.name, "stdout").count("stdout: A regular"), "once")
            true("   indented, and with a space at the end \n" in look.log(step.name, "stdout"), "spaces")
            true("stderr:" not in look.log(step.name, "stdout"), "streams apart")
        if look.run:
            task = look.run[graph.first.name].task
            lines = list(task.loglines("stdout"))
            same("stdout: A regular message.", lines[0][1], "the first line")
            same(sorted(time for time, _ in lines), [time for time, _ in lines], "times")
            true(task.stdout_size > 0 and task.stderr_size > 0, "sizes")


class LargeMflog(Behaviour):
    """32 tasks with 5000 lines on each stream: all there, in order, with times."""

    GRAPHS = ("small-foreach",)
    HEADER = """
    NUM_FOREACH = 32
    NUM_LINES = 5000
    """

    @at("=start")
    def step_split(self):
        self.items_start = range(NUM_FOREACH)
        self.random_prefix = "刺身"

    @at("=inner")
    def step_inner(self):
        import sys

        self.items_start = None
        for i in range(NUM_LINES):
            print(self.index, "stdout", i, self.random_prefix)
            print(self.index, "stderr", i, self.random_prefix, file=sys.stderr)
        self.mine = self.index

    @at("join")
    def step_join(self, inputs):
        pass

    @staticmethod
    def check(graph, flow, look):
        import datetime

        for stream in ("stdout", "stderr"):
            seen = {}
            if look.run:
                for task in look.run["inner"]:
                    before = None
                    for time, line in task.loglines(stream):
                        true(isinstance(time, datetime.datetime), f"{time!r}")
                        true(before is None or before <= time, "times are in order")
                        before = time
                        index, name, number, prefix = line.split(" ", 3)
                        same((stream, "刺身"), (name, prefix), "words")
                        seen.setdefault(int(index), []).append(int(number))
            else:
                for line in look.log("inner", stream).splitlines():
                    if line.strip():
                        words = line.split(" ", 3)
                        seen.setdefault(int(words[0]), []).append(int(words[2]))
            same(list(range(32)), sorted(seen), f"tasks in {stream}")
            for index, numbers in seen.items():
                same(list(range(5000)), numbers, f"lines of {index}")


class LogsCommand(Behaviour):
    """The options of `logs`."""

    GRAPHS = ("single-linear-step",)

    @at("=a")
    def step_a(self):
        import sys

        print("to stdout")
        sys.stderr.write("without end of line")

    @staticmethod
    def check(graph, flow, look):
        if look.run:
            return
        path = f"{look.run_id}/a"
        both = look.command("--quiet", "logs", path)
        true("to stdout" in both.stdout and "without end of line" in both.stdout, f"{both.stdout!r} {both.stderr!r}")
        one = look.command("--quiet", "logs", "show", "--stderr", path)
        same("without end of line", one.stdout.strip(), "only stderr")
        times = look.command("--quiet", "logs", "--stdout", "--timestamps", path).stdout
        true(times.startswith("20") and times.rstrip().endswith("to stdout"), f"{times!r}")
        done = look.command("logs", f"{look.run_id}/nope", check=False)
        true(done.returncode, "no such step")
        look.command("logs", "scrub", path)
        true("REDACTED" in look.command("--quiet", "logs", "--stdout", path).stdout, "scrubbed")

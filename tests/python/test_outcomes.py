"""How an attempt can end, and what is told and stored about it."""

import os
import signal
import unittest

from driver import Worker, node

OUTCOMES = """
    import os, sys, threading, time
    from metaflow import FlowSpec, step, retry, catch, timeout, environment, secrets, current

    def helper(n):
        return 1 / n

    class OutcomeFlow(FlowSpec):
        CONST = 3

        @step
        def start(self):
            self.next(self.end)

        @step
        def fails(self):
            self.before = 1
            print("printed")
            helper(0)

        @step
        def exits_zero(self):
            self.before = 1
            sys.exit(0)

        @step
        def exits_seven(self):
            sys.exit(7)

        @step
        def exits_text(self):
            sys.exit("gone wrong")

        @step
        def interrupted(self):
            raise KeyboardInterrupt

        @step
        def leaves(self):
            print("still printed")
            os._exit(3)

        @step
        def killed(self):
            os.kill(os.getpid(), 9)

        @step
        def unpicklable(self):
            self.fine = 1
            self.bad = threading.Lock()

        @step
        def stores_itself(self):
            self.me = self

        @step
        def drops_functions(self):
            self.function = lambda: 1
            self.kept = 1

        @catch(var="err")
        @retry(times=1)
        @step
        def caught(self):
            self.before = 1
            if current.retry_count < 2:
                helper(0)
            self.next(self.end)

        @catch(var="err", print_exception=False)
        @step
        def not_caught(self):
            self.next(self.end)

        @timeout(seconds=1)
        @step
        def slow(self):
            time.sleep(60)

        @secrets(sources=[{"type": "inline", "id": "w", "options": {"env_vars": {"WORD": "x"}}}])
        @step
        def knows(self):
            self.word = os.environ["WORD"]

        @secrets(sources=["aws-secrets-manager.db"])
        @step
        def asks_store(self):
            pass

        @environment(vars={"COLOUR": 3})
        @step
        def coloured(self):
            self.colour = os.environ["COLOUR"]

        @step
        def modifies(self):
            for name in ("CONST", "index", "input"):
                try:
                    setattr(self, name, 1)
                except AttributeError as error:
                    print(name, error)
            try:
                self.unknown
            except AttributeError as error:
                print(error)

        @step
        def threads(self):
            def late():
                time.sleep(0.05)
                print("late")
            threading.Thread(target=late).start()

        @step
        def end(self):
            pass

    if __name__ == "__main__":
        OutcomeFlow()
"""


class OutcomeTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.worker = Worker(OUTCOMES)
        cls.addClassCleanup(cls.worker.close)
        cls.parameters = cls.worker.parameters()
        cls.start = cls.worker.step("start", cls.parameters)

    def attempt(self, step, **more):
        return self.worker.step(step, self.start, node=node("end"), **more)

    def outcome(self, task):
        return (task.done["exit"], task.done["ok"], task.done["success"], task.status)

    def test_exception_keeps_what_was_set_before(self):
        task = self.attempt("fails")
        self.assertEqual(self.outcome(task), (1, False, False, 1))
        values = self.worker.values(task)
        self.assertEqual((values["before"], values["_task_ok"], values["_success"]), (1, False, False))
        wrapper = values["_exception"]
        self.assertEqual((wrapper.type, wrapper.exception), ("builtins.ZeroDivisionError", "division by zero"))
        self.assertIn("helper(0)", wrapper.stacktrace)
        self.assertEqual(task.stdout, "printed\n")

    def test_traceback_has_the_users_frames_only(self):
        task = self.attempt("fails")
        error = task.done["error"]
        self.assertEqual([frame["function"] for frame in error["frames"]], ["fails", "helper"])
        self.assertEqual(error["frames"][1]["code"], "return 1 / n")
        self.assertNotIn("_worker", error["traceback"])
        self.assertIn("_worker", error["full_traceback"])
        self.assertTrue(task.stderr.startswith("<flow OutcomeFlow step fails> failed:\nTraceback"), task.stderr)
        self.assertNotIn("_worker", task.stderr)

    def test_exit_codes(self):
        self.assertEqual(self.outcome(self.attempt("exits_zero")), (0, None, False, 0))
        self.assertEqual(self.outcome(self.attempt("exits_seven")), (7, None, False, 7))
        text = self.attempt("exits_text")
        self.assertEqual(self.outcome(text), (1, None, False, 1))
        self.assertEqual(text.stderr, "gone wrong\n")
        self.assertEqual(self.outcome(self.attempt("interrupted")), (1, None, False, 1))

    def test_leaving_without_an_end_is_visible_in_the_status(self):
        left = self.attempt("leaves")
        self.assertIsNone(left.done)
        self.assertEqual((left.status, left.stdout), (3, "still printed\n"))
        killed = self.attempt("killed")
        self.assertIsNone(killed.done)
        self.assertEqual(killed.status, -signal.SIGKILL)

    def test_unpicklable_artifact_stores_nothing(self):
        task = self.attempt("unpicklable")
        self.assertEqual(self.outcome(task), (1, False, False, 1))
        self.assertEqual(task.done["objects"], {})
        self.assertEqual(task.done["unpicklable"]["name"], "bad")
        self.assertEqual(self.attempt("stores_itself").done["unpicklable"]["name"], "me")

    def test_functions_are_no_artifacts(self):
        objects = self.attempt("drops_functions").done["objects"]
        self.assertIn("kept", objects)
        self.assertNotIn("function", objects)

    def test_catch_waits_for_the_last_attempt(self):
        first = self.attempt("caught", max_user_retries=1)
        self.assertEqual(self.outcome(first), (1, False, False, 1))
        last = self.attempt("caught", attempt=1, max_user_retries=1)
        self.assertEqual(self.outcome(last), (0, True, False, 0))
        self.assertEqual(last.done["transition"], [["end"], None])
        values = self.worker.values(last)
        self.assertEqual(values["err"].type, "builtins.ZeroDivisionError")
        self.assertEqual(values["_catch_exception"].exception, "division by zero")
        self.assertIsNone(values["_exception"])
        self.assertEqual(values["before"], 1)
        self.assertIn("@catch caught an exception from <flow OutcomeFlow step caught>", last.stdout)

    def test_fallback_attempt_records_the_failure(self):
        task = self.attempt("caught", attempt=2, max_user_retries=1)
        self.assertEqual(self.outcome(task), (0, True, False, 0))
        values = self.worker.values(task)
        self.assertEqual(values["err"].type, "metaflow.plugins.catch_decorator.FailureHandledByCatch")
        self.assertNotIn("before", values)

    def test_catch_without_an_exception_sets_its_variable_to_none(self):
        task = self.attempt("not_caught")
        self.assertIsNone(self.worker.value(task, "err"))
        self.assertEqual(self.outcome(task), (0, True, True, 0))

    def test_timeout_is_an_exception(self):
        task = self.attempt("slow")
        self.assertEqual(self.outcome(task), (1, False, False, 1))
        self.assertEqual(task.done["error"]["type"], "metaflow.plugins.timeout_decorator.TimeoutException")
        self.assertIn("timed out after 0 hours, 0 minutes, 1 seconds", task.done["error"]["message"])

    def test_environment_is_set_in_the_task_alone(self):
        self.assertEqual(self.worker.value(self.attempt("coloured"), "colour"), "3")
        self.assertNotIn("COLOUR", os.environ)
        step = next(step for step in self.worker.flow["steps"] if step["name"] == "coloured")
        self.assertEqual(step["environment"], {"COLOUR": "3"})

    def test_secrets(self):
        self.assertEqual(self.worker.value(self.attempt("knows"), "word"), "x")
        self.assertIn("reads no secrets from aws-secrets-manager", self.attempt("asks_store").done["error"]["message"])

    def test_constants_and_properties_are_read_only(self):
        lines = self.attempt("modifies").stdout.splitlines()
        self.assertEqual(lines[0], "CONST Flow level attributes and Parameters are not modifiable")
        self.assertTrue(lines[1].startswith("index "), lines)
        self.assertEqual(lines[3], "Flow OutcomeFlow has no attribute 'unknown'")

    def test_threads_are_waited_for(self):
        self.assertEqual(self.attempt("threads").stdout, "late\n")

    def test_retry_counts_are_described(self):
        counts = {step["name"]: step["retry"] for step in self.worker.flow["steps"]}
        self.assertEqual((counts["caught"], counts["not_caught"], counts["start"]), ([1, 3], [0, 3], [0, 0]))


if __name__ == "__main__":
    unittest.main()

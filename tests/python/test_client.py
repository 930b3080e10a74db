"""The client, over stores made by hand: names, namespaces, order, values, errors."""

import json
import os
import pickle
import subprocess
import sys
import unittest
from pathlib import Path
from unittest import mock

from client_case import Case
from driver import ASSETS
from metaflow.client import DataArtifact, Flow, Metaflow, Run, Step, Task, core, metadata, namespace, selection
from metaflow.datastore.exceptions import DataException
from metaflow.exception import (
    MetaflowException,
    MetaflowInvalidPathspec,
    MetaflowNamespaceMismatch,
    MetaflowNotFound,
)
from store_writer import StoreWriter, line


class Reading(Case):
    def test_the_latest_runs(self):
        self.assertEqual(repr(Flow("F").latest_run), "Run('F/2')")
        run = Flow("F").latest_successful_run
        self.assertEqual((repr(run), run.data.x), ("Run('F/1')", [1, 2]))
        self.assertEqual([run.successful for run in Flow("F")], [False, True])
        self.assertEqual([run.finished for run in Flow("F")], [True, True])

    def test_down_to_an_artifact(self):
        task = Run("F/1")["end"].task
        self.assertEqual(repr(task), "Task('F/1/end/1')")
        self.assertEqual((task["x"].data, "x" in task, "y" in task), ([1, 2], True, False))
        self.assertEqual([artifact.id for artifact in task], ["x"])
        self.assertEqual(task["_private"].data, 7)
        self.assertEqual(task.artifacts.x.size, len(pickle.dumps([1, 2], 4)))
        self.assertEqual(repr(task.data), "<MetaflowData: x>")
        with self.assertRaises(AttributeError):
            task.data._private  # noqa: B018
        with self.assertRaises(KeyError):
            task["y"]
        self.assertEqual(repr(DataArtifact("F/1/end/1/x", attempt=0)), "DataArtifact('F/1/end/1/x', attempt=0)")

    def test_parents(self):
        artifact = DataArtifact("F/1/end/1/x")
        chain = [artifact]
        while chain[-1].parent is not None:
            chain.append(chain[-1].parent)
        self.assertEqual([thing.id for thing in chain], ["x", "1", "end", "1", "F"])
        self.assertEqual(artifact.path_components, ["F", "1", "end", "1", "x"])

    def test_the_steps_do_not_show_the_parameters(self):
        self.assertEqual([step.id for step in Run("F/1")], ["end"])
        self.assertEqual(Run("F/1")["_parameters"].task.data.name, "F")

    def test_a_last_step_of_another_name(self):
        self.store.whole_run("G/1", {"z": 1}, end="finish")
        self.assertEqual(repr(Run("G/1").end_task), "Task('G/1/finish/1')")
        self.assertEqual(Run("G/1").data.z, 1)

    def test_a_run_without_an_end(self):
        self.store.run("F/3")
        run = Run("F/3")
        self.assertEqual((run.successful, run.finished, run.finished_at, run.data, run.origin_pathspec), (False, False, None, None, None))

    def test_attempts(self):
        self.store.task("F/1/end/1", {"x": "again"}, attempt=1)
        self.assertEqual(Task("F/1/end/1")["x"].data, "again")
        self.assertEqual(Task("F/1/end/1", attempt=0)["x"].data, [1, 2])
        self.assertEqual(list(Task("F/1/end/1", attempt=3)), [])
        self.assertEqual(Task("F/1/end/1").current_attempt, 1)
        self.assertEqual({m.value for m in Task("F/1/end/1", attempt=1).metadata if m.name == "attempt"}, {"1"})

    def test_a_store_that_was_moved(self):
        moved = Path(self.directory) / "elsewhere"
        moved.mkdir()
        self.store.root.rename(moved / ".metaflow")
        metadata(f"local@{moved}")
        self.assertEqual(Run("F/1").data.x, [1, 2])
        self.assertEqual(Task("F/1/end/1")["x"].size, len(pickle.dumps([1, 2], 4)))

    def test_pickled_objects(self):
        for thing in (Flow("F"), Run("F/1"), Step("F/1/end"), Task("F/1/end/1"), DataArtifact("F/1/end/1/x")):
            self.assertEqual(type(thing).__module__, "metaflow.client.core")
            self.assertIs(getattr(core, type(thing).__name__), type(thing))
            again = pickle.loads(pickle.dumps(thing, 4))
            self.assertEqual(repr(again), repr(thing))
        metadata_before = thing.__getstate__()["data"][2]
        self.assertEqual(metadata_before, f"local@{os.path.realpath(self.directory)}")
        metadata(os.path.relpath(self.directory))
        self.assertEqual(Run("F/1").__getstate__()["data"][2], metadata_before)

    def test_a_pickled_object_remembers_its_store(self):
        data = pickle.dumps(Run("F/1"), 4)
        other = StoreWriter(Path(self.directory) / "other")
        other.whole_run("F/1", {"x": "other"})
        metadata(str(other.root.parent))
        self.assertEqual(Run("F/1").data.x, "other")
        self.assertEqual(pickle.loads(data).data.x, [1, 2])


class Names(Case):
    def test_what_is_not_there(self):
        for make in (lambda: Flow("G"), lambda: Run("F/3"), lambda: Flow(".."), lambda: Step("F/1/x"), lambda: Metaflow()["G"]):
            with self.assertRaises(MetaflowNotFound) as caught:
                make()
            self.assertIn("does not exist", str(caught.exception))
        with self.assertRaises(KeyError):
            Flow("F")["3"]
        self.assertNotIn("3", Flow("F"))

    def test_pathspecs_that_are_none(self):
        for kind, path in ((Flow, "F/1"), (Run, "F"), (Step, "F/1"), (Task, "F/1/end"), (DataArtifact, "F/1/end/1")):
            with self.assertRaises(MetaflowInvalidPathspec):
                kind(path)
        with self.assertRaises(AttributeError):
            Flow(3)

    def test_attempts_that_are_none(self):
        for make in (
            lambda: Run("F/1", attempt=0),
            lambda: Task("F/1/end/1", attempt=6),
            lambda: Task("F/1/end/1", attempt=-1),
            lambda: Task("F/1/end/1", attempt="x"),
        ):
            with self.assertRaises(MetaflowNotFound):
                make()

    def test_another_namespace_hides_runs(self):
        self.store.run("F/3", system_tags=["user:you"])
        self.assertEqual([run.id for run in Flow("F")], ["2", "1"])
        with self.assertRaises(MetaflowNamespaceMismatch):
            Run("F/3")
        with self.assertRaises(MetaflowNamespaceMismatch):
            Flow("F")["3"]
        self.assertEqual(Run("F/3", _namespace_check=False).id, "3")
        namespace("user:nobody")
        with self.assertRaises(MetaflowNamespaceMismatch):
            Flow("F")
        self.assertEqual(Metaflow().flows, [])
        namespace(None)
        self.assertEqual([run.id for run in Flow("F")], ["3", "2", "1"])

    def test_the_user_s_own_namespace(self):
        self.assertEqual(selection.default_namespace(), "user:me")
        with mock.patch.dict(os.environ, METAFLOW_PRODUCTION_TOKEN="token"):
            self.assertEqual(selection.default_namespace(), "production:token")

    def test_flows_of_the_store(self):
        self.store.put("data/F/0", b"an included file")
        self.store.put("config.json", {})
        self.assertEqual([flow.id for flow in Metaflow()], ["F"])
        self.assertEqual(str(Metaflow()), "Metaflow()")


class Places(Case):
    def test_a_directory_without_a_store(self):
        empty = Path(self.directory) / "empty"
        empty.mkdir()
        for place in (f"local@{empty}", str(empty), str(self.store.root), f"spin@{self.directory}"):
            with self.assertRaises(ValueError):
                metadata(place)
        self.assertEqual(selection.get_metadata(), f"local@{self.directory}")

    def test_spins(self):
        spins = StoreWriter(self.directory, ".metaflow_spin")
        spins.task("F/9/train/0", {"model": "kmeans"})
        self.assertIsNone(core.inspect_spin(self.directory))
        self.assertEqual(selection.get_metadata(), f"spin@{self.directory}")
        self.assertEqual([run.id for run in Flow("F")], ["9"])
        self.assertEqual(Run("F/9")["train"].task.data.model, "kmeans")

    def test_a_store_under_another_name(self):
        other = self.store.root.with_name("elsewhere")
        self.store.root.rename(other)
        answer = metadata(f"local@root:{other}")
        self.assertEqual(answer, f"local@root:{other}")
        self.assertEqual(pickle.loads(pickle.dumps(Run("F/1"))).data.x, [1, 2])

    def test_a_metadata_service_is_refused(self):
        with self.assertRaises(MetaflowException) as caught:
            metadata("service@https://example.com")
        self.assertIn("local@/dir", str(caught.exception))

    def test_the_store_of_the_directory_and_of_the_environment(self):
        code = "from metaflow import *\nfrom metaflow import Flow, get_metadata\nprint(Flow('F').latest_run, get_metadata())"
        below = Path(self.directory, "a", "b")
        below.mkdir(parents=True)
        answer = f"Run('F/2') local@{os.path.realpath(self.directory)}"
        self.assertEqual(self.answer(code, below), answer)
        with mock.patch.dict(os.environ, METAFLOW_DATASTORE_SYSROOT_LOCAL=os.path.realpath(self.directory)):
            self.assertEqual(self.answer(code, "/"), answer)

    def answer(self, code, directory):
        env = {**os.environ, "PYTHONPATH": ASSETS, "USERNAME": "me"}
        done = subprocess.run(
            [sys.executable, "-c", code], cwd=directory, env=env, capture_output=True, text=True, check=False
        )
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout.strip()


class Damage(Case):
    def path_of(self, artifact):
        return self.store.root / "F" / "data" / artifact.sha[:2] / artifact.sha

    def test_lost_and_damaged_values(self):
        artifact = Task("F/1/end/1")["x"]
        path = self.path_of(artifact)
        whole = path.read_bytes()
        for data in (None, b"", whole[:-9], whole[:10] + b"\0\0\0\0" + whole[14:], b"not at all"):
            path.unlink() if data is None else path.write_bytes(data)
            with self.assertRaises(DataException) as caught:
                artifact.data  # noqa: B018
            self.assertIn(artifact.sha, str(caught.exception))

    def test_values_that_are_elsewhere(self):
        for place, pieces in (("gs://bucket/prefix", ["gs://bucket/prefix/F/data", "S3"]), ("/gone", ["/gone/F/data"])):
            artifact = Task("F/1/end/1")["x"]
            self.path_of(artifact).unlink(missing_ok=True)
            artifact._object["location"] = f":root:{place}"
            with self.assertRaises(DataException) as caught:
                artifact.data  # noqa: B018
            for piece in pieces:
                self.assertIn(piece, str(caught.exception))

    def test_errors_of_the_user_s_classes_are_theirs(self):
        artifact = Task("F/1/end/1")["x"]
        data = b"cnowhere_to_be_found\nThing\n."
        import hashlib

        sha = hashlib.sha1(data).hexdigest()
        artifact._object["sha"] = sha
        self.store.put(f"F/data/{sha[:2]}/{sha}", data)
        with self.assertRaises(ModuleNotFoundError):
            artifact.data  # noqa: B018

    def test_records_that_say_too_little(self):
        self.store.put("F/2/_meta/_self.json", {"system_tags": ["user:me"]})
        self.assertEqual([run.id for run in Flow("F")], ["1", "2"])
        record = next((self.store.root / "F/1/end/1/_meta").glob("0_artifact_x.json"))
        record.write_text("{}")
        with self.assertRaises(DataException):
            Task("F/1/end/1")["x"].data  # noqa: B018
        done = next((self.store.root / "F/1/end/1/_meta").glob("sysmeta_attempt-done_*"))
        done.write_text("{}")
        with self.assertRaises(MetaflowException) as caught:
            list(Task("F/1/end/1"))
        self.assertIn("attempt-done", str(caught.exception))

    def test_one_damaged_run_does_not_hide_the_others(self):
        self.store.put("F/2/_meta/_self.json", b"{")
        self.assertEqual([run.id for run in Flow("F")], ["1"])
        with self.assertRaises(MetaflowException) as caught:
            Run("F/2")
        self.assertIn("_self.json", str(caught.exception))


class Logs(Case):
    def test_two_sources_in_the_order_of_time(self):
        self.store.task("F/1/end/1", {}, attempt=1, stdout=[line("late é", 3), line("early", 1)])
        self.store.put("F/1/end/1/1.task_stdout.log", line("between", 2, "task") + b"no stamp\n")
        task = Task("F/1/end/1")
        self.assertEqual(task.stdout, "early\nbetween\nlate é\nno stamp\n\n")
        self.assertEqual([text for _, text in task.loglines("stdout", as_unicode=False)][2], "late é".encode())
        self.assertEqual(next(task.loglines("stdout"))[0].second, 1)
        size = sum(path.stat().st_size for path in (self.store.root / "F/1/end/1").glob("1.*_stdout.log"))
        self.assertEqual(task.stdout_size, size)
        self.assertEqual((task.stderr, task.stderr_size), ("", 0))
        self.assertEqual(Task("F/1/end/1", attempt=0).stdout, "")

    def test_logs_from_before_there_were_stamps(self):
        place = {"ds_type": "local", "location": f"{self.store.root}/F/1/end/1/0.stdout.log", "attempt": 0}
        self.store.field("F/1/end/1", "log_location_stdout", json.dumps(place))
        self.store.put("F/1/end/1/0.stdout.log", b"as it was\n")
        self.assertEqual((Task("F/1/end/1").stdout, Task("F/1/end/1").stdout_size), ("as it was\n", 10))


class Clones(Case):
    def fill(self):
        super().fill()
        self.store.task("F/3/end/5", {"x": 1}, fields={"origin-run-id": "1", "origin-task-id": "1"})
        for path in (self.store.root / "F/3/end/5/_meta").glob("sysmeta_ds-*"):
            path.unlink()

    def test_a_clone_knows_where_it_is_from(self):
        self.assertEqual(Run("F/3").origin_pathspec, "F/1")
        self.assertEqual(Step("F/3/end").origin_pathspec, "F/1/end")
        self.assertEqual(Task("F/3/end/5").origin_pathspec, "F/1/end/1")
        self.assertEqual(DataArtifact("F/3/end/5/x").origin_pathspec, "F/1/end/1/x")

    def test_a_clone_takes_over_the_metadata_that_it_lacks(self):
        known = Task("F/3/end/5").metadata_dict
        self.assertEqual((known["ds-root"], known["attempt"]), (str(self.store.root), "0"))
        self.assertEqual(Task("F/3/end/5").stdout, "")


if __name__ == "__main__":
    unittest.main()

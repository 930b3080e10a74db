"""Tags changed after the fact, and what that does to the order of runs."""

import json
import os
import stat
import threading
import time
import unittest
from unittest import mock

from client_case import Case
from metaflow.client import Flow, Run, Step, tags
from metaflow.exception import MetaflowTaggingError


class Tags(Case):
    def record(self):
        return json.loads((self.store.root / "F/1/_meta/_self.json").read_text())

    def test_add_remove_replace(self):
        run = Run("F/1")
        run.add_tag("a")
        run.add_tags(["b", "c"])
        self.assertEqual(run.user_tags, {"good", "a", "b", "c"})
        run.remove_tag("a")
        run.remove_tags(["b", "never there"])
        self.assertEqual(run.user_tags, {"good", "c"})
        run.replace_tag("c", "d")
        run.replace_tags(["good", "d"], ["d", "e"])
        self.assertEqual(run.user_tags, {"d", "e"})
        self.assertEqual(run.tags, {"d", "e", "user:me", "runtime:dev"})
        self.assertEqual(Run("F/1").user_tags, {"d", "e"})
        # The older names take several as well.
        run.add_tag(["f", "g"])
        run.remove_tag(("d", "e"))
        self.assertEqual(Run("F/1").user_tags, {"f", "g"})

    def test_what_is_below_the_run_has_its_tags(self):
        Run("F/1").add_tag("later")
        self.assertIn("later", Step("F/1/end").tags)
        self.assertIn("later", Run("F/1")["end"].task["x"].user_tags)
        self.assertEqual([run.id for run in Flow("F").runs("later", "user:me")], ["1"])

    def test_system_tags_stay(self):
        run = Run("F/1")
        with self.assertRaises(MetaflowTaggingError) as caught:
            run.remove_tag("user:me")
        self.assertIn("user:me", str(caught.exception))
        run.add_tag("user:me")
        self.assertEqual(run.user_tags, {"good"})
        self.assertEqual(set(self.record()["system_tags"]), {"user:me", "runtime:dev"})

    def test_what_is_no_tag(self):
        run = Run("F/1")
        before = self.record()
        for bad in ("", "x" * 501, 3, None, "\ud800", b"\xff"):
            with self.assertRaises(MetaflowTaggingError):
                run.add_tags([bad])
        for change in (
            lambda: run.add_tags("text"),
            lambda: run.add_tags(7),
            lambda: run.add_tags([]),
            lambda: run.add_tags(f"tag {number}" for number in range(50)),
        ):
            with self.assertRaises(MetaflowTaggingError):
                change()
        self.assertEqual(self.record(), before)

    def test_too_many_tags_may_become_fewer(self):
        record = self.record()
        self.store.put("F/1/_meta/_self.json", {**record, "tags": [f"tag {number}" for number in range(60)]})
        run = Run("F/1")
        run.remove_tag("tag 0")
        self.assertEqual(len(run.user_tags), 59)
        with self.assertRaises(MetaflowTaggingError):
            run.add_tag("one more")

    def test_a_tagged_run_is_the_newest(self):
        self.assertEqual(Flow("F").latest_run.id, "2")
        before = time.time()
        with mock.patch.dict(os.environ, METAFLOW_USER="somebody"):
            Run("F/1").add_tag("x")
        self.assertEqual(Flow("F").latest_run.id, "1")
        record = self.record()
        self.assertEqual((record["user_name"], record["run_number"], record["flow_id"]), ("somebody", "1", "F"))
        self.assertGreaterEqual(record["ts_epoch"] / 1000, before - 1)

    def test_a_change_that_changes_nothing_writes_nothing(self):
        before = self.record()
        Run("F/1").add_tag("good")
        self.assertEqual(self.record(), before)

    def test_the_record_is_replaced_as_a_whole(self):
        path = self.store.root / "F/1/_meta/_self.json"
        inode = path.stat().st_ino
        Run("F/1").add_tag("x")
        self.assertNotEqual(path.stat().st_ino, inode)
        self.assertEqual(stat.S_IMODE(path.stat().st_mode), 0o600)
        self.assertEqual([entry.name for entry in path.parent.iterdir()], ["_self.json"])

    def test_a_change_that_somebody_overwrote_is_made_again(self):
        write = tags._write
        lost = []

        def overwritten(path, record):
            if not lost:
                lost.append(record)
                record = {**record, "tags": ["theirs"]}
            write(path, record)

        with mock.patch.object(tags, "_write", overwritten), mock.patch.object(tags.time, "sleep"):
            Run("F/1").add_tag("mine")
        self.assertEqual(Run("F/1").user_tags, {"theirs", "mine"})

    def test_a_fight_that_cannot_be_won_ends(self):
        def never(path, record):
            """The write is lost each time."""

        with mock.patch.object(tags, "_write", never), mock.patch.object(tags.time, "sleep"):
            with self.assertRaises(MetaflowTaggingError):
                Run("F/1").add_tag("mine")

    def test_many_at_a_time(self):
        threads = [threading.Thread(target=Run("F/1").add_tag, args=(f"t{number}",)) for number in range(20)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(Run("F/1").user_tags, {"good", *(f"t{number}" for number in range(20))})


if __name__ == "__main__":
    unittest.main()

"""Where the cards of a task are looked for."""

import os
import tempfile
import unittest

from client_case import Case
from metaflow import Run
from metaflow.cards import get_cards
from metaflow.plugins.cards.exception import CardNotPresentException

CARD = "F/runs/1/steps/end/tasks/1/cards/blank-0123456789.html"


class CardPlaceTest(Case):
    def setUp(self):
        super().setUp()
        there = tempfile.TemporaryDirectory()
        self.addCleanup(there.cleanup)
        self.addCleanup(os.chdir, os.getcwd())
        os.chdir(there.name)
        self.task = Run("F/1").end_task

    def put(self, *root):
        path = os.path.join(*root, CARD)
        os.makedirs(os.path.dirname(path))
        with open(path, "w", encoding="utf-8") as file:
            file.write(root[0])

    def pages(self):
        return [card.get() for card in get_cards(self.task)]

    def test_beside_the_run(self):
        self.assertRaises(CardNotPresentException, self.pages)
        self.put(self.directory, ".metaflow/mf.cards")
        self.assertEqual(self.pages(), [self.directory])

    def test_in_the_place_of_the_configuration(self):
        self.put(self.directory, ".metaflow/mf.cards")
        os.environ["METAFLOW_CARD_LOCALROOT"] = "pages"
        self.assertEqual(self.pages(), [self.directory])
        self.put("pages")
        self.assertEqual(self.pages(), ["pages"])

    def test_below_the_working_directory_where_the_run_is_elsewhere(self):
        self.put(".metaflow", "mf.cards")
        os.mkdir("deeper")
        os.chdir("deeper")
        self.assertEqual(self.pages(), [".metaflow"])


if __name__ == "__main__":
    unittest.main()

"""Large blobs that are unpickled while they are decompressed: every form of a blob, and damaged ones."""

import gzip
import os
import pickle
import random
import tempfile
import unittest
import zlib

from driver import ASSETS  # noqa: F401, puts the package on the path
from metaflow._worker import artifacts

SHA = "ab" * 20
MEMBER = 1 << 20


def in_members(data, level):
    """As the engine writes large blobs."""
    return b"".join(gzip.compress(data[at : at + MEMBER], level) for at in range(0, len(data), MEMBER))


class StreamsTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        draw = random.Random(7)
        # Large parts, and so many small ones that they come in many frames.
        cls.value = {
            "noise": draw.randbytes(3 * MEMBER),
            "zeros": bytes(2 * MEMBER),
            "items": [{"n": n, "text": str(draw.random())} for n in range(50_000)],
        }

    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.blobs = directory.name
        os.mkdir(os.path.join(self.blobs, SHA[:2]))

    def put(self, stored):
        self.assertGreater(len(stored), artifacts._LARGE)
        with open(os.path.join(self.blobs, SHA[:2], SHA), "wb") as file:
            file.write(stored)

    def test_every_form_of_a_blob_is_read(self):
        for protocol in (2, 4):
            data = pickle.dumps(self.value, protocol)
            forms = (data, gzip.compress(data, 3), in_members(data, 3), in_members(data, 0))
            for number, stored in enumerate(forms):
                with self.subTest(protocol=protocol, form=number):
                    self.put(stored)
                    found, size = artifacts.unpickled(self.blobs, SHA, pickle.Unpickler)
                    self.assertEqual(size, len(data))
                    self.assertEqual(found, self.value)

    def test_a_blob_that_is_cut_short_is_told(self):
        stored = in_members(pickle.dumps(self.value, 4), 3)
        # In a member, in its checksum, and between two of them.
        first = len(gzip.compress(pickle.dumps(self.value, 4)[:MEMBER], 3))
        for end in (2 * MEMBER, len(stored) - 4, first + 5):
            if end > artifacts._LARGE:
                self.put(stored[:end])
                with self.assertRaisesRegex(OSError, "cut short"):
                    artifacts.unpickled(self.blobs, SHA, pickle.Unpickler)

    def test_a_wrong_checksum_is_an_error(self):
        stored = bytearray(in_members(pickle.dumps(self.value, 4), 0))
        for place in (-6, MEMBER + MEMBER // 2):
            damaged = stored[:]
            damaged[place] ^= 1
            self.put(bytes(damaged))
            with self.assertRaises(zlib.error):
                artifacts.unpickled(self.blobs, SHA, pickle.Unpickler)


if __name__ == "__main__":
    unittest.main()

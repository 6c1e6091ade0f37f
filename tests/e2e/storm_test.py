"""The small version of storm.py: a hundred writes a second, a node and Miroir killed twice. Nothing may be lost or wrong, and
writes go on while a node is away; the rates are those of a busy machine and only printed.

Run: python3 tests/e2e/storm_test.py (MIROIR_BIN names another Miroir than that in bin/).
"""

import os
import tempfile
import unittest

os.environ.pop("MEILISEARCH_BIN", None)  # embedded nodes: the full version runs over real ones

import storm  # noqa: E402


class Storm(unittest.TestCase):
    def test_nothing_is_lost_or_wrong(self):
        options = storm.arguments(["--writes", "100", "--batch", "3", "--writers", "4", "--seconds", "8", "--away", "2", "--calm", "2"])
        with tempfile.TemporaryDirectory() as folder:
            result = storm.play(options, folder)
        self.assertEqual((result["lost"], result["wrong"]), (0, 0))
        self.assertGreater(result["away"], 0, "writes go on while a node is away")
        self.assertGreater(result["acknowledged"], 100)


if __name__ == "__main__":
    unittest.main()

"""The small version of moving.py: three nodes, four, three again, twice, with kill -9 of the new owner, the old owner and
Miroir. Nothing may be lost or wrong; the figures are those of a busy machine and only printed.

Run: python3 tests/e2e/moving_test.py (MIROIR_BIN names another Miroir than that in bin/).
"""

import os
import tempfile
import unittest

os.environ.pop("MEILISEARCH_BIN", None)  # embedded nodes: the full version runs over real ones

import moving  # noqa: E402


class Moving(unittest.TestCase):
    def test_nothing_is_lost_or_wrong(self):
        options = moving.arguments(["--documents", "3000", "--writes", "60", "--searches", "30", "--shards", "16", "--calm", "3"])
        with tempfile.TemporaryDirectory() as folder:
            result = moving.play(options, folder)
        self.assertEqual((result["lost"], result["wrong"], result["unsaid"]), (0, 0, 0))
        self.assertLess(result["pause_ms"], 500)
        self.assertGreater(result["acknowledged"], 500)
        self.assertGreater(result["searches"], 300)


if __name__ == "__main__":
    unittest.main()

"""Tests of the counting in run_tests.py."""
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import run_tests  # noqa: E402


class Counting(unittest.TestCase):
    def test_unittest_output(self):
        self.assertEqual(run_tests.count_unittest("Ran 5 tests in 0.1s\n\nOK\n"), (5, 0))
        self.assertEqual(run_tests.count_unittest("Ran 5 tests in 0.1s\n\nFAILED (failures=1, errors=2)\n"), (2, 3))
        self.assertEqual(run_tests.count_unittest("Ran 5 tests in 0.1s\n\nOK (skipped=2)\n"), (3, 0))
        self.assertIsNone(run_tests.count_unittest("nothing"))

    def test_scripts(self):
        self.assertEqual(run_tests.count_script("12 passed, 1 failed\n", 1), (12, 1))
        self.assertEqual(run_tests.count_script("1 passed, 9 failed\nlater\n12 passed, 0 failed\n", 0), (12, 0), "the last line counts")
        self.assertEqual(run_tests.count_script("", 0), (1, 0))
        self.assertEqual(run_tests.count_script("", 1), (0, 1))
        self.assertEqual(run_tests.count_script("12 passed, 0 failed\n", 1), (12, 1), "an exit code is never overheard")
        self.assertEqual(run_tests.count_script("Ran 0 tests in 0s\n\nOK\n", 5), (0, 1))

    def test_gtest_reports(self):
        def case(status, result, failures=()):
            return {"status": status, "result": result, "failures": list(failures)}
        report = {"testsuites": [{"testsuite": [case("RUN", "COMPLETED"), case("RUN", "COMPLETED", ["x"]), case("RUN", "SKIPPED"),
                                                case("NOTRUN", "SUPPRESSED")]}]}
        self.assertEqual(run_tests.gtest_counts(report), (1, 1))
        self.assertEqual(run_tests.gtest_counts({}), (0, 0))


if __name__ == "__main__":
    unittest.main()

"""Runs all tests and counts their cases: tidy rules, the tools' own tests, ctest (gtest cases one by one), Python tests
under tests/. Prints the output of what failed and ends with `N passed, N failed`."""
import argparse
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import time
import xml.etree.ElementTree

ROOT = pathlib.Path(__file__).resolve().parent.parent
SHOWN = 8000  # characters of a failed test's output
OUTPUT = 1 << 20  # bytes of a test that ctest keeps
PYTHON_SECONDS = 600
SUMMARY = re.compile(r"(\d+) passed, (\d+) failed")


class Count:
    def __init__(self):
        self.passed = 0
        self.failed = 0
        self.failures = []

    def add(self, name, passed, failed, output=""):
        self.passed += passed
        self.failed += failed
        if failed:
            self.failures.append(name)
            shown = output if len(output) <= SHOWN else output[:1000] + "\n...\n" + output[-SHOWN:]
            print(f"--- {name}: {failed} failed\n{shown.rstrip()}", flush=True)


def stage(name, started, count, before):
    print(f"{name}: {count.passed - before[0]} passed, {count.failed - before[1]} failed, {time.monotonic() - started:.0f} s", flush=True)


def count_unittest(output):
    """(passed, failed) from what Python's unittest prints last, or None."""
    ran = re.findall(r"^Ran (\d+) tests?", output, re.MULTILINE)
    if not ran:
        return None
    last = re.findall(r"^(?:FAILED|OK)(?: \((.*)\))?$", output, re.MULTILINE)
    parts = dict(re.findall(r"([a-z ]+)=(\d+)", last[-1])) if last else {}
    parts = {name.strip(): int(number) for name, number in parts.items()}
    failed = parts.get("failures", 0) + parts.get("errors", 0) + parts.get("unexpected successes", 0)
    return int(ran[-1]) - failed - parts.get("skipped", 0), failed


def count_script(output, code):
    """(passed, failed) of a test script: its own summary line, else unittest's, else its exit code."""
    summary = SUMMARY.findall(output)
    if summary:
        passed, failed = map(int, summary[-1])
    else:
        passed, failed = count_unittest(output) or (0, 0)
    if code != 0 and failed == 0:
        failed = 1
    if passed + failed == 0:
        passed = 1
    return passed, failed


def run(command, seconds, **more):
    try:
        done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=seconds, **more)
        return done.returncode, done.stdout.decode(errors="replace")
    except subprocess.TimeoutExpired as late:
        return 124, (late.stdout or b"").decode(errors="replace") + f"\nnot finished after {seconds} s"


def gtest_counts(report):
    """(passed, failed) of a gtest JSON report; skipped and disabled cases count as neither."""
    passed = failed = 0
    for suite in report.get("testsuites", []):
        for case in suite.get("testsuite", []):
            if case.get("failures"):
                failed += 1
            elif case.get("status") == "RUN" and case.get("result") == "COMPLETED":
                passed += 1
    return passed, failed


def run_ctest(build, jobs, pattern, count):
    reports = build / "reports"
    shutil.rmtree(reports, ignore_errors=True)
    reports.mkdir(parents=True)
    listing = subprocess.run(["ctest", "--test-dir", build, "--show-only=json-v1"], cwd=ROOT, capture_output=True, check=True)
    commands = {test["name"]: test.get("command") or ["?"] for test in json.loads(listing.stdout)["tests"]}
    command = ["ctest", "--test-dir", build, "-j", str(jobs), "--output-junit", reports / "ctest.xml",
               "--test-output-size-passed", str(OUTPUT), "--test-output-size-failed", str(OUTPUT)]  # the last line counts
    if pattern:
        command += ["-R", pattern]
    environment = {**os.environ, "GTEST_OUTPUT": f"json:{reports}/", "GTEST_BRIEF": "1"}
    subprocess.run(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
    for case in xml.etree.ElementTree.parse(reports / "ctest.xml").getroot().iter("testcase"):
        name = case.get("name")
        good = case.get("status") == "run"
        output = case.findtext("system-out") or case.findtext("failure") or ""
        command = commands.get(name, ["?"])
        report = reports / f"{pathlib.Path(command[0]).name}.json"
        if report.exists():
            passed, failed = gtest_counts(json.loads(report.read_text()))
        else:
            passed, failed = count_script(output, 0 if good else 1)
        if not good and failed == 0:
            failed = 1  # crashed, timed out, or failed after the last case
        count.add(name, passed, failed, output)
    return {pathlib.Path(word).resolve() for command in commands.values() for word in command if word.endswith(".py")}


def python_tests(pattern, known):
    """Test scripts that ctest does not run already."""
    found = sorted((ROOT / "tests").glob("**/*_test.py"))
    return [path for path in found if path.resolve() not in known and (not pattern or re.search(pattern, path.stem))]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", required=True)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("pattern", nargs="?", default="", help="only tests whose name matches; leaves tidy out")
    arguments = parser.parse_args()
    build = (ROOT / arguments.build).resolve()
    count = Count()
    began = time.monotonic()

    if not arguments.pattern:
        started, before = time.monotonic(), (count.passed, count.failed)
        code, output = run([sys.executable, "tools/tidy"], 60)
        count.add("tidy", *count_script(output, code), output)
        code, output = run([sys.executable, "-m", "unittest", "discover", "-s", "tools", "-p", "*_test.py"], 120)
        count.add("tools", *count_script(output, code), output)
        stage("tidy and tools", started, count, before)

    started, before = time.monotonic(), (count.passed, count.failed)
    known = run_ctest(build, arguments.jobs, arguments.pattern, count)
    stage("ctest: unit, simulation, end to end", started, count, before)

    started, before = time.monotonic(), (count.passed, count.failed)
    environment = {**os.environ, "MIROIR_BIN": str(build / "bin/miroir"), "PYTHONDONTWRITEBYTECODE": "1"}
    for path in python_tests(arguments.pattern, known):
        code, output = run([sys.executable, str(path)], PYTHON_SECONDS, env=environment)
        count.add(str(path.relative_to(ROOT)), *count_script(output, code), output)
    stage("scripts beside ctest", started, count, before)

    print(f"all of it took {time.monotonic() - began:.0f} s")
    if count.failures:
        print("failed: " + ", ".join(count.failures))
    print(f"{count.passed} passed, {count.failed} failed")
    return 1 if count.failed or count.passed == 0 else 0


if __name__ == "__main__":
    sys.exit(main())

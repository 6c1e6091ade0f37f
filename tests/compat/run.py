#!/usr/bin/env python3
"""Plays all recorded scenarios on one embedded node and compares what came with what is known to differ.

  run.py PROGRAM [ARGUMENT ...]      for instance: run.py bin/miroir node

Ends with 0 when exactly the steps of known_misses.txt differ. A step that passes although it is listed is a failure
too: take it off the list."""
import argparse
import json
import pathlib
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
KEY = "masterKey"
START_SECONDS = 20


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def known_misses(file="known_misses.txt", only=()):
    """The steps that may differ: lines of `scenario/step  reason`."""
    listed = {}
    for line in (HERE / file).read_text(encoding="utf-8").splitlines():
        name, _, reason = line.partition(" ")
        if name and not name.startswith("#") and (not only or name.split("/")[0] in only):
            listed[name] = reason.strip()
    return listed


def wait_until_up(url, node):
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if node.poll() is not None:
            return False
        try:
            with urllib.request.urlopen(url + "/health", timeout=1):
                return True
        except (urllib.error.URLError, OSError):
            time.sleep(0.02)
    return False


def play_all(url, folder, backwards=False, only=()):
    report = folder / "report.json"
    files = sorted((str(path) for path in (HERE / "scenarios").glob("*.json") if not only or path.stem in only), reverse=backwards)
    subprocess.run([sys.executable, str(HERE / "replay.py"), "check", "--url", url, "--key", KEY, "--timeout", "30",
                    "--report", str(report), *files], check=False, stdout=subprocess.DEVNULL)
    return json.loads(report.read_text())["scenarios"]


def judge(scenarios, listed, verbose, loose=()):
    """Print a line for each scenario; return the number of surprises. What is `loose` may differ or not."""
    surprises, passed, steps, differing = [], 0, 0, set()
    for scenario in scenarios:
        passed, steps = passed + scenario["passed"], steps + scenario["steps"]
        misses = 0
        for failure in scenario["failures"]:
            name = scenario["name"] + "/" + failure["id"]
            differing.add(name)
            misses += name in listed or name in loose
            if name not in listed and name not in loose:
                surprises.append((name, "differs", failure["diff"]))
        print(f"{scenario['passed']:4d} / {scenario['steps']:<4d} {scenario['name']}"
              + (f"  ({misses} known misses)" if misses else ""))
    surprises += [(name, "is listed but passes", []) for name in sorted(set(listed) - differing - set(loose))]
    for name, what, diff in surprises:
        print(f"FAIL {name} {what}")
        for line in diff if verbose else []:
            print("     " + line)
    share = 100.0 * passed / max(1, steps)
    print(f"{passed} of {steps} steps identical ({share:.1f} %), {len(differing) - sum(what == 'differs' for _, what, _ in surprises)} known misses, {len(surprises)} surprises")
    print(f"{passed} passed, {len(surprises)} failed")  # counted by ./dev test
    return len(surprises)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-q", "--quiet", action="store_true", help="no differences, only names")
    parser.add_argument("command", nargs="+", help="the program that starts a node")
    options = parser.parse_args()
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="miroir-compat-") as folder:
        node = subprocess.Popen([*options.command, "--http-addr", f"127.0.0.1:{port}", "--db-path", folder + "/data",
                                 "--master-key", KEY, "--experimental-allowed-ip-networks", "127.0.0.0/8"],
                                stderr=subprocess.DEVNULL)
        try:
            url = f"http://127.0.0.1:{port}"
            if not wait_until_up(url, node):
                print("the node did not start")
                return 1
            surprises = judge(play_all(url, pathlib.Path(folder)), known_misses(), not options.quiet)
            if node.poll() is not None:
                print(f"the node ended on its own, exit code {node.returncode}")
                surprises += 1
        finally:
            if node.poll() is None:
                node.send_signal(signal.SIGTERM)
            try:
                node.wait(timeout=20)
            except subprocess.TimeoutExpired:
                node.kill()
                node.wait()
                print("the node did not end when asked to")
                surprises += 1
    return 1 if surprises else 0


if __name__ == "__main__":
    sys.exit(main())

"""`miroir dev` as `./dev up` starts it: a cluster with sample data that survives Ctrl-C, an interrupted load, a dead node, and
somebody else on its port.

Run: python3 tests/examples/dev_test.py (MIROIR_BIN names another program than bin/miroir)."""
import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest
import urllib.error
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "clients"))
import servers  # noqa: E402

KEY = "dev-key"
LOADER = f"{sys.executable} {ROOT / 'examples' / 'load_sample.py'}"
SAMPLE = 8000


def free_ports(count):
    """The first of so many free ports in a row."""
    while True:
        first = servers.free_port()
        try:
            for port in range(first, first + count):
                with socket.socket() as probe:
                    probe.bind(("127.0.0.1", port))
            return first
        except (OSError, OverflowError):
            continue


def call(port, method, path, body=None):
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", None if body is None else json.dumps(body).encode(), method=method,
                                     headers={"Authorization": f"Bearer {KEY}", "Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=servers.PATIENCE) as reply:
        return json.load(reply), reply.headers


class Dev:
    """One `miroir dev`; what it says is kept line by line."""

    def __init__(self, folder, *more, port=None, load=True):
        self.port = port or free_ports(5)
        command = [servers.MIROIR, "dev", "--http-addr", f"127.0.0.1:{self.port}", "--metrics-addr", f"127.0.0.1:{servers.free_port()}",
                   "--db-path", folder, "--engine", "embedded", *more] + (["--then", LOADER] if load else [])
        environment = {name: value for name, value in os.environ.items() if not name.startswith(("MIROIR_", "MEILI"))}
        self.process = subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                        stderr=subprocess.STDOUT, text=True, start_new_session=True)
        self.lines = []
        self.reader = threading.Thread(target=lambda: self.lines.extend(line.rstrip() for line in self.process.stdout), daemon=True)
        self.reader.start()

    def await_line(self, pattern):
        servers.wait_until(lambda: re.search(pattern, self.text()) or self.process.poll() is not None, f"it says {pattern}")
        assert re.search(pattern, self.text()), self.text()
        return self

    def text(self):
        return "\n".join(list(self.lines))

    def documents(self):
        return call(self.port, "GET", "/indexes/packages/stats")[0]["numberOfDocuments"]

    def node_pid(self, number):
        """Of the node's process, found by the port it was told to listen on."""
        wanted = f"127.0.0.1:{self.port + number}".encode()
        for place in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
            try:
                words = place.read_bytes().split(b"\0")
            except OSError:
                continue
            if wanted in words and b"node" in words:
                return int(place.parent.name)
        return None

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.reader.join(servers.PATIENCE)
        self.process.stdout.close()

    def end(self, how=signal.SIGINT):
        self.process.send_signal(how)
        code = self.process.wait(servers.PATIENCE)
        self.reader.join(servers.PATIENCE)
        return code


class DevCluster(unittest.TestCase):
    def setUp(self):
        place = tempfile.TemporaryDirectory(prefix="miroir-dev-")
        self.addCleanup(place.cleanup)
        self.folder = place.name
        self.started = []
        self.addCleanup(lambda: [dev.close() for dev in self.started])

    def dev(self, *more, **how):
        self.started.append(Dev(self.folder, *more, **how))
        return self.started[-1]

    def test_first_start_loads_and_the_next_keeps(self):
        first = self.dev().await_line("Ready. 8000 documents")
        first.await_line("A node may die")
        self.assertEqual(SAMPLE, first.documents())
        self.assertEqual(0, first.end())
        self.assertNotIn("down", first.text(), "a normal start tells of no node that is down")
        self.assertEqual([], [line for line in first.lines if '"level"' in line], "and has nothing to warn of")
        again = self.dev().await_line("is there from before")
        self.assertEqual(SAMPLE, again.documents())
        self.assertEqual(0, again.end())

    def test_an_interrupted_load_is_taken_up_again(self):
        first = self.dev(load=False)
        servers.wait_until(lambda: servers.answers(first.port, "/_miroir/ready"), "it is ready")
        call(first.port, "POST", "/indexes", {"uid": "packages", "primaryKey": "id"})
        enqueued, _ = call(first.port, "POST", "/indexes/packages/documents", [{"id": 1, "name": "cut short"}])
        servers.wait_until(lambda: call(first.port, "GET", f"/tasks/{enqueued['taskUid']}")[0]["status"] == "succeeded", "the task ends")
        self.assertEqual(0, first.end())
        again = self.dev().await_line("Ready. 8000 documents")
        self.assertIn("has 1 of 8000 documents", again.text())
        self.assertGreaterEqual(again.documents(), SAMPLE)
        self.assertEqual(0, again.end())

    def test_a_taken_port_ends_it_at_once_and_nothing_is_loaded(self):
        for number in (0, 2):  # the one for clients, one for a node
            with socket.socket() as taken:
                first = free_ports(5)
                taken.bind(("127.0.0.1", first + number))
                taken.listen()
                began = time.monotonic()
                dev = self.dev(port=first)
                self.assertEqual(2, dev.process.wait(servers.PATIENCE))
                self.assertLess(time.monotonic() - began, 1.0)
                dev.reader.join()
                self.assertEqual(1, len(dev.lines), dev.text())
                self.assertIn(f"127.0.0.1:{first + number}", dev.lines[0])
                taken.setblocking(False)
                self.assertRaises(BlockingIOError, taken.accept)  # nobody came

    def test_searches_go_on_while_a_node_is_away(self):
        dev = self.dev("--replicas", "2").await_line("Ready. 8000 documents")
        ask = {"q": "", "hitsPerPage": 1, "page": 1}
        self.assertEqual(SAMPLE, call(dev.port, "POST", "/indexes/packages/search", ask)[0]["totalHits"])
        os.kill(dev.node_pid(2), signal.SIGKILL)
        while "node-2 is back" not in dev.text():
            self.assertEqual(SAMPLE, call(dev.port, "POST", "/indexes/packages/search", ask)[0]["totalHits"])
            self.assertIsNone(dev.process.poll())
        self.assertIn("node-2 has ended", dev.text())
        self.assertEqual(0, dev.end())

    def test_ctrl_c_while_it_loads_leaves_nothing_running(self):
        dev = self.dev().await_line("Ctrl-C stops everything")
        self.assertEqual(0, dev.end())
        servers.wait_until(lambda: all(dev.node_pid(number) is None for number in (1, 2, 3)), "the nodes have ended")


if __name__ == "__main__":
    unittest.main()

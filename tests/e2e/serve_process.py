"""Starts the real `miroir serve` beside fake nodes, on free ports of the loopback. Standard library only."""

import http.client
import json
import os
import pathlib
import queue
import signal
import subprocess
import tempfile
import threading
import time

from quiet_server import QuietAnswers, QuietServer

MIROIR = os.environ.get("MIROIR_BIN", str(pathlib.Path(__file__).resolve().parents[2] / "bin" / "miroir"))
MASTER_KEY = "master-key-of-the-test"
NODE_KEY = "node-key-of-the-test"
ADMIN_KEY = "admin-key-of-the-test"
PATIENCE = 15.0  # seconds until a wait is called failed


def wait_until(holds, what, patience=None):
    """Polls until `holds()` is true."""
    end = time.monotonic() + (patience or PATIENCE)
    while not holds():
        if time.monotonic() > end:
            raise AssertionError("waited in vain until " + what)
        time.sleep(0.01)


class FakeNode:
    """A server that knows /health and /version. Its answers can be held up, and it can be stopped and started."""

    def __init__(self, health=b'{"status":"available"}', version="1.50.0", port=0):
        self.health = health
        self.version = version
        self.gate = threading.Event()
        self.gate.set()
        self.asked_for_version = queue.Queue()
        self.keys_seen = []
        self.port = port
        self.start()

    def start(self):
        node = self

        class Answers(QuietAnswers):
            def do_GET(self):
                body = b'{"results":[],"offset":0,"limit":1,"total":0}' if self.path.startswith("/indexes") else node.health
                if self.path == "/version":
                    node.keys_seen.append(self.headers.get("authorization"))
                    node.asked_for_version.put(True)
                    node.gate.wait(PATIENCE)
                    body = json.dumps({"commitSha": "c0ffee", "commitDate": "2026-01-01", "pkgVersion": node.version}).encode()
                self.reply(200, body, connection="close")

        self.server = QuietServer(Answers, self.port)
        self.port = self.server.port

    def stop(self):
        self.gate.set()
        self.server.stop()

    @property
    def address(self):
        return f"http://127.0.0.1:{self.port}"


class Reply:
    def __init__(self, answer):
        self.status = answer.status
        self.headers = answer.headers
        self.text = answer.read().decode()

    @property
    def json(self):
        return json.loads(self.text)


def ask(port, path, headers=None, method="GET", timeout=PATIENCE):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)
    try:
        connection.request(method, path, headers=headers or {})
        return Reply(connection.getresponse())
    finally:
        connection.close()


def configuration(nodes, **more):
    """YAML (which JSON is a part of) for a cluster of these nodes."""
    config = {
        "http_addr": "127.0.0.1:0",
        "metrics_addr": "127.0.0.1:0",
        "master_key": MASTER_KEY,
        "node_master_key": NODE_KEY,
        "admin": {"api_key": ADMIN_KEY},
        "shards": 8,
        "replication_factor": 1,
        "health": {"interval_ms": 500, "timeout_ms": 500},
        "nodes": [{"id": f"node-{i}", "address": node.address} for i, node in enumerate(nodes)],
    }
    config.update(more)
    return config


class Miroir:
    """One process. `listening` is what it said of its ports; stderr is kept line by line."""

    def __init__(self, config, arguments=(), wait=True, patience=None):
        self.folder = tempfile.TemporaryDirectory()
        self.file = os.path.join(self.folder.name, "miroir.yaml")
        with open(self.file, "w", encoding="utf-8") as out:
            out.write(config if isinstance(config, str) else json.dumps(config, indent=1))
        environment = {name: value for name, value in os.environ.items() if not name.startswith(("MIROIR_", "MEILI_"))}
        self.started = time.monotonic()
        self.process = subprocess.Popen([MIROIR, "serve", "--config", self.file, *arguments], env=environment,
                                        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        self.lines = []
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()
        if wait:
            wait_until(lambda: self.event("listening") or self.process.poll() is not None, "it listens", patience)
            assert self.event("listening"), "it ended: " + "\n".join(self.lines)
            self.port = self.event("listening")["port"]
            self.metrics_port = self.event("listening")["metrics_port"]

    def read(self):
        for line in self.process.stderr:
            self.lines.append(line.rstrip("\n"))

    def events(self, message):
        found = []
        for line in list(self.lines):
            if line.startswith("{") and json.loads(line)["message"] == message:
                found.append(json.loads(line)["fields"])
        return found

    def event(self, message):
        found = self.events(message)
        return found[0] if found else None

    def ask(self, path, headers=None, method="GET"):
        return ask(self.port, path, headers, method)

    def ask_admin(self, path):
        return self.ask(path, {"X-Admin-Key": ADMIN_KEY})

    def terminate(self):
        self.process.send_signal(signal.SIGTERM)

    def exit_code(self):
        code = self.process.wait(PATIENCE)
        self.reader.join(PATIENCE)
        return code

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self.reader.join(PATIENCE)
        self.process.stderr.close()
        self.folder.cleanup()

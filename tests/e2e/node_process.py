"""Starts nodes as processes, embedded ones or real ones, on free ports of the loopback. Standard library only."""

import http.client
import json
import os
import shutil
import socket
import subprocess

from serve_process import MIROIR, NODE_KEY, Reply, wait_until

ENGINE = os.environ.get("MEILISEARCH_BIN")  # nodes are embedded ones without it
GIVEN = set()


def free_port():
    """One that nobody listens on, and that nobody here was given before: he may not listen yet."""
    while True:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        if port not in GIVEN:
            GIVEN.add(port)
            return port


def call(port, method, path, key, body=None, patience=5, headers=None):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=patience)
    try:
        sent = {"Authorization": f"Bearer {key}", "Content-Type": "application/json", **(headers or {})}
        connection.request(method, path, None if body is None else json.dumps(body), sent)
        return Reply(connection.getresponse())
    finally:
        connection.close()


class Node:
    def __init__(self, folder, name, flags=("--experimental-replication-parameters",)):
        self.port = free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        self.root = folder
        self.folder = os.path.join(folder, name)
        self.flags = flags
        self.key = NODE_KEY
        self.process = None

    def start(self):
        self.process = subprocess.Popen(
            [MIROIR, "node", "--http-addr", f"127.0.0.1:{self.port}", "--db-path", self.folder, "--master-key", self.key,
             "--enable-faults", "--log-level", "error", *self.flags], cwd=self.root,
            stdin=subprocess.DEVNULL)
        wait_until(self.healthy, "a node answers")

    def healthy(self):
        try:
            return call(self.port, "GET", "/health", self.key).status == 200
        except OSError:
            return False

    def kill(self):
        if self.process is not None:
            self.process.kill()
            self.process.wait()

    def empty(self):
        """As if its disk had been lost: the process comes back under its address with nothing."""
        self.kill()
        shutil.rmtree(self.folder)
        self.start()

    def suffer(self, *faults):
        """What it does wrong from now on; nothing named: all is well."""
        reply = call(self.port, "PUT", "/_node/faults", NODE_KEY, {"faults": list(faults)})
        assert reply.status == 200, reply.text

    def documents(self, index="books"):
        reply = call(self.port, "GET", f"/indexes/{index}/documents?limit=100000", NODE_KEY)
        return {document["id"]: document["value"] for document in reply.json["results"]}


class Engine(Node):
    """A Meilisearch."""

    patience = 60.0  # seconds to its first answer

    def __init__(self, folder, name, arguments=(), key=NODE_KEY):
        super().__init__(folder, name)
        self.arguments, self.key = arguments, key
        self.dumps = self.folder + "-dumps"

    def start(self):
        self.process = subprocess.Popen(
            [ENGINE, "--http-addr", f"127.0.0.1:{self.port}", "--db-path", self.folder, "--master-key", self.key, "--no-analytics",
             "--max-indexing-memory", "512MiB", "--dump-dir", self.dumps, "--log-level", "ERROR", *self.arguments],
            cwd=self.root, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_until(self.healthy, "Meilisearch answers", self.patience)


def any_node(folder, name):
    """As production runs it where MEILISEARCH_BIN names a Meilisearch, else an embedded one."""
    flags = ("--experimental-replication-parameters", "--experimental-allowed-ip-networks", "127.0.0.0/8")
    return Engine(folder, name, flags) if ENGINE else Node(folder, name)

"""An embedder that refuses some nodes and not others: three real Meilisearch, two copies, and a REST embedder on the
loopback that knows by whom it is asked. A task has one verdict, and all copies are alike in the end: where it succeeded the
node that was refused gets its peers' copy, vectors included; where it failed nobody keeps what another copy lacks.

Run: MEILISEARCH_BIN=/path/to/meilisearch python3 tests/e2e/embedders_test.py (the embedded node has no such embedders).
"""

import json
import os
import pathlib
import subprocess
import tempfile
import unittest

from node_process import Node, call
from quiet_server import QuietAnswers, QuietServer
from serve_process import ADMIN_KEY, MASTER_KEY, NODE_KEY, Miroir, wait_until

ENGINE = os.environ.get("MEILISEARCH_BIN")
LONG = 60
COUNT = 60


class Engine(Node):
    def start(self):
        self.process = subprocess.Popen(
            [ENGINE, "--http-addr", f"127.0.0.1:{self.port}", "--db-path", self.folder, "--master-key", self.key, "--no-analytics",
             "--experimental-replication-parameters", "--max-indexing-memory", "512MiB", "--log-level", "ERROR",
             "--experimental-allowed-ip-networks", "127.0.0.0/8"],
            cwd=self.root, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_until(self.healthy, "Meilisearch answers", LONG)

    def owns_port(self, port):
        """Is the connection from this port the node's? Linux tells which process holds a socket."""
        wanted = f":{port:04X}"
        for line in pathlib.Path("/proc/net/tcp").read_text(encoding="ascii").splitlines()[1:]:
            fields = line.split()
            if fields[1].endswith(wanted):
                name = f"socket:[{fields[9]}]"
                break
        else:
            return False
        for entry in pathlib.Path(f"/proc/{self.process.pid}/fd").iterdir():
            try:
                if os.readlink(entry) == name:
                    return True
            except OSError:
                continue
        return False


class Embedder:
    """Answers {"text": …} with a vector of its length; refuses the nodes in `refused`."""

    def __init__(self):
        self.refused = []
        embedder = self

        class Answers(QuietAnswers):
            def do_POST(self):
                text = json.loads(self.body())["text"]
                refused = any(node.owns_port(self.client_address[1]) for node in embedder.refused)
                body = b'{"why": "not from here"}' if refused else json.dumps({"vector": [len(text), 1.0, 2.0]}).encode()
                self.reply(401 if refused else 200, body)

        self.server = QuietServer(Answers)
        self.url = f"http://127.0.0.1:{self.server.port}/embed"

    def stop(self):
        self.server.stop()


@unittest.skipUnless(ENGINE, "MEILISEARCH_BIN names no Meilisearch")
class Embedders(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.embedder = Embedder()
        self.addCleanup(self.embedder.stop)
        self.nodes = [Engine(folder.name, f"node-{i}") for i in range(3)]
        for node in self.nodes:
            self.addCleanup(node.kill)
            node.start()
        config = {
            "http_addr": "127.0.0.1:0", "metrics_addr": "127.0.0.1:0", "master_key": MASTER_KEY, "node_master_key": NODE_KEY,
            "admin": {"api_key": ADMIN_KEY}, "shards": 8, "replication_factor": 2,
            "task_store": {"path": os.path.join(folder.name, "tasks.db")},
            "nodes": [{"id": f"node-{i}", "address": node.address} for i, node in enumerate(self.nodes)],
        }
        self.miroir = Miroir(config)
        self.addCleanup(self.miroir.close)
        wait_until(lambda: self.miroir.ask("/_miroir/ready").status == 200, "it is ready", LONG)
        template = {"source": "rest", "url": self.embedder.url, "request": {"text": "{{text}}"},
                    "response": {"vector": "{{embedding}}"}, "dimensions": 3, "documentTemplate": "{{doc.value}}"}
        settings = self.ask("PATCH", "/indexes/books/settings", {"embedders": {"rest": template}})
        self.assertEqual(self.ended(settings)["status"], "succeeded")

    def ask(self, method, path, body=None):
        return call(self.miroir.port, method, path, MASTER_KEY, body, LONG)

    def ended(self, reply):
        self.assertEqual(reply.status, 202, reply.text)
        uid = reply.json["taskUid"]
        wait_until(lambda: self.ask("GET", f"/tasks/{uid}").json["finishedAt"], f"task {uid} ends", LONG)
        return self.ask("GET", f"/tasks/{uid}").json

    def write(self, text):
        documents = [{"id": i, "value": f"{text} {i}"} for i in range(COUNT)]
        return self.ended(self.ask("POST", "/indexes/books/documents?primaryKey=id", documents))

    def parts(self, task):
        found = self.miroir.ask_admin(f"/_miroir/tasks/{task['uid']}")
        self.assertEqual(found.status, 200, found.text)
        return {part["node"]: part for part in found.json["nodes"]}

    def settle(self):
        """Waits until nobody owes anything; then every document is on two nodes, the same, with its vectors."""
        wait_until(lambda: not self.miroir.ask_admin("/_miroir/shards").json["debts"], "all debts are paid", LONG)
        copies = {}
        for node in self.nodes:
            reply = call(node.port, "GET", "/indexes/books/documents?limit=1000&retrieveVectors=true", NODE_KEY, patience=LONG)
            for document in reply.json["results"]:
                copies.setdefault(document["id"], []).append(document)
        for number, found in copies.items():
            self.assertEqual(len(found), 2, number)
            self.assertEqual(found[0], found[1], "two copies of one document")
            self.assertTrue(found[0]["_vectors"]["rest"]["embeddings"], "a copy without its vectors")
        return {number: found[0]["value"] for number, found in copies.items()}

    def test_one_node_is_refused(self):
        self.assertEqual(self.write("first")["status"], "succeeded")
        self.embedder.refused = [self.nodes[1]]
        task = self.write("second")
        self.assertEqual(task["status"], "succeeded", task["error"])
        part = self.parts(task)["node-1"]
        self.assertEqual(part["status"], "missed")
        self.assertIn("embedd", part["error"])
        self.assertEqual(self.settle(), {i: f"second {i}" for i in range(COUNT)})  # still refused: copies bring vectors along
        self.assertNotIn("debts", self.parts(task)["node-1"])
        found = self.ask("POST", "/indexes/books/search", {"q": "second 7", "hybrid": {"embedder": "rest", "semanticRatio": 0}})
        self.assertEqual((found.status, found.json["hits"][0]["id"]), (200, 7), found.text)

    def test_all_nodes_are_refused(self):
        self.assertEqual(self.write("first")["status"], "succeeded")
        self.embedder.refused = self.nodes
        task = self.write("second")
        self.assertEqual((task["status"], task["error"]["code"]), ("failed", "vector_embedding_error"), task)
        self.assertEqual(task["details"]["indexedDocuments"], 0)
        self.assertEqual(self.settle(), {i: f"first {i}" for i in range(COUNT)})

    def test_two_nodes_of_three_are_refused(self):
        self.assertEqual(self.write("first")["status"], "succeeded")
        self.embedder.refused = self.nodes[:2]
        task = self.write("second")
        self.assertEqual((task["status"], task["error"]["code"]), ("failed", "vector_embedding_error"), task)
        self.assertEqual(self.settle(), {i: f"first {i}" for i in range(COUNT)}, "what failed has left nothing behind")
        self.embedder.refused = []
        self.assertEqual(self.write("third")["status"], "succeeded")
        self.assertEqual(self.settle(), {i: f"third {i}" for i in range(COUNT)})


if __name__ == "__main__":
    unittest.main()

"""Webhooks through real processes: two embedded nodes, `miroir serve` over them, a receiver on the loopback. Miroir sends
its own tasks, keeps what it could not send over a SIGKILL, and calls no private address it was not allowed to.

Run: python3 tests/e2e/webhooks_test.py (MIROIR_BIN names another program than bin/miroir).
"""

import gzip
import json
import os
import tempfile
import unittest

from node_process import any_node, call, free_port
from quiet_server import QuietAnswers, QuietServer
from serve_process import ADMIN_KEY, MASTER_KEY, NODE_KEY, Miroir, wait_until

NIL = "00000000-0000-0000-0000-000000000000"


class Receiver:
    """Keeps the tasks it is told of. It can go away and come back to the same port."""

    def __init__(self):
        self.port = free_port()
        self.tasks, self.headers = [], []
        self.server = None

    def start(self):
        receiver = self

        class Answers(QuietAnswers):
            def do_POST(self):
                receiver.headers.append(dict(self.headers.items()))
                receiver.tasks += [json.loads(line) for line in gzip.decompress(self.body()).decode().splitlines()]
                self.reply(200)

        self.server = QuietServer(Answers, self.port)

    def stop(self):
        if self.server is not None:
            self.server.stop()
            self.server = None

    def uids(self):
        return [task["uid"] for task in self.tasks]

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}/told"


class Webhooks(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.nodes = [any_node(self.folder.name, f"node-{i}") for i in range(2)]
        for node in self.nodes:
            node.start()
            self.addCleanup(node.kill)
        self.addCleanup(self.folder.cleanup)
        self.receiver = Receiver()
        self.addCleanup(self.receiver.stop)
        self.miroir = None

    def serve(self, **more):
        config = {
            "http_addr": "127.0.0.1:0", "metrics_addr": "127.0.0.1:0", "master_key": MASTER_KEY,
            "node_master_key": NODE_KEY, "admin": {"api_key": ADMIN_KEY}, "shards": 4, "replication_factor": 1,
            "health": {"interval_ms": 200, "timeout_ms": 200},
            "task_store": {"path": os.path.join(self.folder.name, "tasks.db")},
            "nodes": [{"id": f"node-{i}", "address": node.address} for i, node in enumerate(self.nodes)], **more}
        self.miroir = Miroir(config)
        self.addCleanup(self.miroir.close)
        wait_until(lambda: self.miroir.ask("/_miroir/ready").status == 200, "all nodes are there")

    def call(self, method, path, body=None):
        return call(self.miroir.port, method, path, MASTER_KEY, body)

    def add(self, document):
        """Returns the uid of the finished task."""
        uid = self.call("POST", "/indexes/books/documents?primaryKey=id", [document]).json["taskUid"]
        wait_until(lambda: self.call("GET", f"/tasks/{uid}").json["finishedAt"], "the task has ended")
        return uid

    def test_finished_tasks_are_told_and_survive_a_kill(self):
        self.serve(experimental_allowed_ip_networks="127.0.0.0/8")
        self.receiver.start()
        made = self.call("POST", "/webhooks", {"url": self.receiver.url, "headers": {"Authorization": "Bearer secret-word", "X-Own": "1"}})
        self.assertEqual(made.status, 201)
        self.assertNotIn("secret-word", made.text)
        first = self.add({"id": 1})
        wait_until(lambda: first in self.receiver.uids(), "the task is told")
        self.assertEqual(self.receiver.tasks[0], self.call("GET", f"/tasks/{first}").json)
        headers = {name.lower(): value for name, value in self.receiver.headers[0].items()}
        self.assertEqual(headers["content-type"], "application/x-ndjson")
        self.assertEqual(headers["content-encoding"], "gzip")
        self.assertEqual((headers["authorization"], headers["x-own"]), ("Bearer secret-word", "1"))
        self.assertNotIn("_miroir", json.dumps(self.receiver.tasks))

        self.receiver.stop()
        second = self.add({"id": 2})
        self.miroir.process.kill()
        self.miroir.process.wait()
        self.receiver.start()
        self.serve(experimental_allowed_ip_networks="127.0.0.0/8")
        wait_until(lambda: second in self.receiver.uids(), "the task that ended before the kill is told")
        self.assertEqual(self.receiver.uids().count(first), 1)

        self.call("DELETE", "/webhooks/" + made.json["uuid"])
        third = self.add({"id": 3})
        self.assertNotIn(third, self.receiver.uids())

    def test_private_addresses_are_not_called_unless_allowed(self):
        self.receiver.start()
        self.serve(task_webhook_url=self.receiver.url)
        self.add({"id": 1})
        wait_until(lambda: self.miroir.events("a webhook did not take its notices: they are dropped"), "it is given up")
        refusal = self.miroir.event("a webhook refused its notices")
        self.assertIn("Rejected IP", refusal["error"])
        self.assertEqual(self.receiver.tasks, [])

    def test_the_configured_webhook_is_shown_told_and_immutable(self):
        self.receiver.start()
        self.serve(task_webhook_url=self.receiver.url, task_webhook_authorization_header="Bearer of-the-operator",
                   experimental_allowed_ip_networks="127.0.0.0/8")
        shown = self.call("GET", "/webhooks").json["results"]
        self.assertEqual([(hook["uuid"], hook["isEditable"]) for hook in shown], [(NIL, False)])
        self.assertNotIn("of-the-operator", json.dumps(shown))
        self.assertEqual(self.call("GET", "/webhooks/" + NIL).status, 200)
        for method, body in (("PATCH", {"url": "http://example.com"}), ("DELETE", None)):
            self.assertEqual(self.call(method, "/webhooks/" + NIL, body).json["code"], "immutable_webhook")
        uid = self.add({"id": 1})
        wait_until(lambda: uid in self.receiver.uids(), "the task is told")
        self.assertEqual(self.receiver.headers[0]["Authorization"], "Bearer of-the-operator")


if __name__ == "__main__":
    unittest.main()

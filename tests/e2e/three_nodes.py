"""A test case with three nodes and a Miroir over them, on free ports of the loopback."""

import os
import tempfile
import unittest

from node_process import Node, call
from serve_process import ADMIN_KEY, MASTER_KEY, NODE_KEY, PATIENCE, Miroir, wait_until


class ThreeNodes(unittest.TestCase):
    make_node = Node  # or whatever starts another kind of server
    patience = PATIENCE

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        self.nodes = [type(self).make_node(self.folder, f"node-{i}") for i in range(3)]
        for node in self.nodes:
            self.addCleanup(node.kill)
            node.start()

    def configuration(self, **more):
        """Two copies of eight shards, unless `more` says otherwise."""
        return {
            "http_addr": "127.0.0.1:0", "metrics_addr": "127.0.0.1:0", "master_key": MASTER_KEY, "node_master_key": NODE_KEY,
            "admin": {"api_key": ADMIN_KEY}, "shards": 8, "replication_factor": 2,
            "health": {"interval_ms": 300, "timeout_ms": 300},
            "task_store": {"path": os.path.join(self.folder, "tasks.db")},
            "nodes": [{"id": f"node-{i}", "address": node.address} for i, node in enumerate(self.nodes)], **more,
        }

    def serve(self, **more):
        self.miroir = Miroir(self.configuration(**more))
        self.addCleanup(self.miroir.close)
        wait_until(lambda: self.miroir.ask("/_miroir/ready").status == 200, "it is ready")

    def ask(self, method, path, body=None, headers=None):
        return call(self.miroir.port, method, path, MASTER_KEY, body, self.patience, headers)

    def end_of(self, reply):
        """The task of an accepted write, once it has ended."""
        self.assertEqual(reply.status, 202, reply.text)
        path = f"/tasks/{reply.json['taskUid']}"
        wait_until(lambda: self.ask("GET", path).json["finishedAt"] is not None, "a task ends", self.patience)
        return self.ask("GET", path).json

    def carry_out(self, method, path, body=None):
        """A write that succeeds."""
        task = self.end_of(self.ask(method, path, body))
        self.assertEqual(task["status"], "succeeded", task)
        return task

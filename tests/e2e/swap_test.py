"""Swaps and renames while clients read: three nodes that do not carry them out at the same time, one copy of everything.
Every answer is of the index that had the name before or of the one that has it afterwards, never of both.

Run: python3 tests/e2e/swap_test.py (MIROIR_BIN names another program than bin/miroir).
"""

import os
import tempfile
import threading
import unittest

from node_process import Node, call
from serve_process import ADMIN_KEY, MASTER_KEY, NODE_KEY, PATIENCE, Miroir, wait_until

OLD, NEW = 60, 110
SWAPS = 6


class Swap(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.nodes = [Node(self.folder.name, f"node-{i}") for i in range(3)]
        for node in self.nodes:
            self.addCleanup(node.kill)
            node.start()
        self.miroir = Miroir({
            "http_addr": "127.0.0.1:0", "metrics_addr": "127.0.0.1:0", "master_key": MASTER_KEY, "node_master_key": NODE_KEY,
            "admin": {"api_key": ADMIN_KEY}, "shards": 16, "replication_factor": 1,
            "task_store": {"path": os.path.join(self.folder.name, "tasks.db")},
            "nodes": [{"id": f"node-{i}", "address": node.address} for i, node in enumerate(self.nodes)],
        })
        self.addCleanup(self.miroir.close)
        wait_until(lambda: self.miroir.ask("/_miroir/ready").status == 200, "it is ready")
        for name, count in (("old", OLD), ("new", NEW)):
            documents = [{"id": f"{name}-{i}", "is": name} for i in range(count)]
            self.assertEqual(self.end_of(self.ask("POST", f"/indexes/{name}/documents?primaryKey=id", documents))["status"], "succeeded")

    def ask(self, method, path, body=None):
        return call(self.miroir.port, method, path, MASTER_KEY, body, PATIENCE)

    def end_of(self, reply):
        self.assertEqual(reply.status, 202, reply.text)
        path = f"/tasks/{reply.json['taskUid']}"
        wait_until(lambda: self.ask("GET", path).json["finishedAt"] is not None, "a task ends")
        return self.ask("GET", path).json

    def kinds(self, reply):
        """Of which index the documents are, and how many there are."""
        self.assertEqual(reply.status, 200, reply.text)
        found = reply.json.get("hits", reply.json.get("results"))
        return frozenset(hit["is"] for hit in found), len(found), reply.headers.get("X-Miroir-Exact")

    def readers(self, asks):
        stop, answers = threading.Event(), []

        def read(ask):
            while not stop.is_set():
                answers.append(self.kinds(ask()))
        threads = [threading.Thread(target=read, args=(ask,)) for ask in asks]
        for thread in threads:
            thread.start()
        return stop, threads, answers

    def test_nobody_meets_two_indexes_under_one_name(self):
        for node, lag in zip(self.nodes, (0, 120, 240)):
            node.suffer(*([f"delay={lag}ms:path=/swap-indexes"] if lag else []))
        stop, threads, answers = self.readers([
            lambda: self.ask("POST", "/indexes/old/search", {"limit": 1000}),
            lambda: self.ask("GET", "/indexes/new/documents?limit=1000"),
            lambda: self.ask("POST", "/multi-search", {"federation": {"limit": 1000}, "queries": [{"indexUid": "old"}]}),
        ])
        try:
            for _ in range(SWAPS):
                task = self.end_of(self.ask("POST", "/swap-indexes", [{"indexes": ["old", "new"]}]))
                self.assertEqual(task["status"], "succeeded", task)
        finally:
            stop.set()
            for thread in threads:
                thread.join()
        seen = {}
        for answer in answers:
            seen[answer] = seen.get(answer, 0) + 1
        whole = {(frozenset(["old"]), OLD, None), (frozenset(["new"]), NEW, None)}
        self.assertEqual(set(seen), whole, seen)


if __name__ == "__main__":
    unittest.main()

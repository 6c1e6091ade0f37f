"""Starts that would harm data are refused: another layout over old data, two processes on one store or one folder,
another engine over the folder of `miroir dev`. Each with one line and exit code 2, and nothing is touched.

Run: python3 tests/e2e/places_test.py (MIROIR_BIN names another program than bin/miroir).
"""

import os
import sqlite3
import subprocess
import tempfile
import unittest

from node_process import Node, any_node, call, free_port
from serve_process import ADMIN_KEY, MASTER_KEY, MIROIR, NODE_KEY, Miroir, wait_until


def run(*arguments, **how):
    """Exit code and the lines of a program that must end by itself."""
    ended = subprocess.run([MIROIR, *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                           stderr=subprocess.PIPE, timeout=20, text=True, **how)
    return ended.returncode, ended.stderr.splitlines()


class Places(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def nodes(self, count, make=any_node):
        nodes = [make(self.folder, f"node-{i}") for i in range(count)]
        for node in nodes:
            self.addCleanup(node.kill)
            node.start()
        return nodes

    def config(self, nodes, **more):
        return {
            "http_addr": "127.0.0.1:0", "metrics_addr": "127.0.0.1:0", "master_key": MASTER_KEY, "node_master_key": NODE_KEY,
            "admin": {"api_key": ADMIN_KEY}, "shards": 8, "replication_factor": 1,
            "health": {"interval_ms": 300, "timeout_ms": 300},
            "task_store": {"path": os.path.join(self.folder, "tasks.db")},
            "nodes": [{"id": f"node-{i}", "address": node.address} for i, node in enumerate(nodes)], **more,
        }

    def miroir(self, config, wait=True):
        process = Miroir(config, wait=wait)
        self.addCleanup(process.close)
        return process

    def refused(self, config):
        process = self.miroir(config, wait=False)
        self.assertEqual(process.exit_code(), 2, process.lines)
        self.assertEqual(len(process.lines), 1, process.lines)
        return process.lines[0]

    def test_another_layout_over_old_data(self):
        nodes = self.nodes(3)
        process = self.miroir(self.config(nodes))
        wait_until(lambda: process.ask("/_miroir/ready").status == 200, "it is ready")
        documents = [{"id": i} for i in range(50)]
        self.assertEqual(call(process.port, "POST", "/indexes/books/documents", MASTER_KEY, documents).status, 202)
        wait_until(lambda: call(process.port, "GET", "/indexes/books/stats", MASTER_KEY).json.get("numberOfDocuments") == 50,
                   "the documents are there")
        process.terminate()
        process.exit_code()
        self.assertIn("nodes node-0, node-1, node-2 (now node-0, node-1)", self.refused(self.config(nodes[:2])))
        self.assertIn("replication_factor 1 (now 2)", self.refused(self.config(nodes, replication_factor=2)))
        process = self.miroir(self.config(nodes, shards=16))  # of new indexes only
        wait_until(lambda: process.ask("/_miroir/ready").status == 200, "it is ready again")
        self.assertEqual(call(process.port, "GET", "/indexes/books/stats", MASTER_KEY).json["numberOfDocuments"], 50)

    def test_a_fresh_store_over_nodes_that_hold_data(self):
        nodes = self.nodes(2)
        process = self.miroir(self.config(nodes))
        wait_until(lambda: process.ask("/_miroir/ready").status == 200, "it is ready")
        call(process.port, "POST", "/indexes/books/documents", MASTER_KEY, [{"id": 1}])
        wait_until(lambda: call(process.port, "GET", "/indexes/books/stats", MASTER_KEY).json.get("numberOfDocuments") == 1,
                   "the document is there")
        process.terminate()
        process.exit_code()
        process = self.miroir(self.config(nodes, task_store={"path": os.path.join(self.folder, "other.db")}))
        wait_until(lambda: any("Give Miroir the store it had" in line for line in process.lines), "it is said")
        self.assertEqual(process.ask("/_miroir/ready").status, 503)
        self.assertEqual(call(process.port, "POST", "/indexes/books/documents", MASTER_KEY, [{"id": 1, "x": 1}]).status, 503)
        process.terminate()
        process.exit_code()
        process = self.miroir(self.config(nodes))
        wait_until(lambda: process.ask("/_miroir/ready").status == 200, "it is ready again")
        self.assertEqual(call(process.port, "GET", "/indexes/books/documents", MASTER_KEY).json["results"], [{"id": 1}])

    def test_another_with_a_copy_of_the_store(self):
        nodes = self.nodes(2)
        config = self.config(nodes)
        first = self.miroir(config)
        wait_until(lambda: first.ask("/_miroir/ready").status == 200, "it is ready")
        self.assertEqual(call(first.port, "POST", "/indexes/books/documents", MASTER_KEY, [{"id": 1}]).status, 202)
        wait_until(lambda: call(first.port, "GET", "/indexes/books/stats", MASTER_KEY).json.get("numberOfDocuments") == 1,
                   "the document is there")
        copy = os.path.join(self.folder, "copy.db")
        with sqlite3.connect(config["task_store"]["path"]) as store, sqlite3.connect(copy) as to:
            store.backup(to)
        second = self.miroir(self.config(nodes, task_store={"path": copy}))
        wait_until(lambda: second.ask("/_miroir/ready").status == 200, "the second one has the nodes")
        refused = call(first.port, "POST", "/indexes/books/documents", MASTER_KEY, [{"id": 2}])
        self.assertEqual((refused.status, refused.json["code"]), (503, "miroir_replaced"), refused.json)
        self.assertEqual(call(first.port, "POST", "/indexes/books/search", MASTER_KEY, {}).json["code"], "miroir_replaced")
        self.assertEqual(first.ask("/_miroir/ready").status, 503)
        self.assertEqual(call(second.port, "POST", "/indexes/books/documents", MASTER_KEY, [{"id": 3}]).status, 202)
        wait_until(lambda: call(second.port, "GET", "/indexes/books/stats", MASTER_KEY).json["numberOfDocuments"] == 2,
                   "the second one writes")
        first.terminate()
        self.assertEqual(first.exit_code(), 0)
        first = self.miroir(config)
        wait_until(lambda: any("takes writes from another Miroir" in line for line in first.lines), "it is said")
        self.assertEqual(call(first.port, "POST", "/indexes/books/documents", MASTER_KEY, [{"id": 4}]).status, 503)
        for each in (first, second):
            each.terminate()
            self.assertEqual(each.exit_code(), 0)
        first = self.miroir(self.config(nodes, task_store={"path": config["task_store"]["path"], "take_over": True}))
        wait_until(lambda: first.ask("/_miroir/ready").status == 200, "it has taken them over")
        listed = call(first.port, "GET", "/indexes/books/documents", MASTER_KEY).json
        self.assertEqual(sorted(each["id"] for each in listed["results"]), [1, 3])

    def test_flipped_bits_in_the_store(self):
        config = self.config(self.nodes(1))
        process = self.miroir(config)
        reply = call(process.port, "POST", "/indexes/gardens/documents?primaryKey=id", MASTER_KEY, [{"id": 1}])
        self.assertEqual(reply.status, 202)
        wait_until(lambda: call(process.port, "GET", "/tasks/0", MASTER_KEY).json["status"] == "succeeded", "it is in")
        process.terminate()
        self.assertEqual(process.exit_code(), 0)
        store = config["task_store"]["path"]
        with open(store, "rb") as file:
            kept = file.read()
        self.assertIn(b"documentAdditionOrUpdate", kept)
        with open(store, "wb") as file:
            file.write(kept.replace(b"documentAdditionOrUpdate", b"documentAdditionOrUpdatf"))
        self.assertIn("of `tasks` is not what was written", self.refused(config))

    def test_two_on_one_store(self):
        nodes = self.nodes(1)
        self.miroir(self.config(nodes))
        self.assertIn("is in use by another process", self.refused(self.config(nodes)))

    def test_two_nodes_on_one_folder(self):
        [node] = self.nodes(1, Node)  # two embedded ones
        code, lines = run("node", "--http-addr", f"127.0.0.1:{free_port()}", "--db-path", node.folder)
        self.assertEqual((code, len(lines)), (2, 1), lines)
        self.assertIn("is in use by another process", lines[0])

    def test_another_engine_over_the_folder_of_dev(self):
        data = os.path.join(self.folder, "data")
        os.makedirs(os.path.join(data, "node-1", "db"))
        flags = ("--http-addr", f"127.0.0.1:{free_port()}", "--metrics-addr", f"127.0.0.1:{free_port()}", "--nodes", "1",
                 "--db-path", data)
        code, lines = run("dev", "--engine", "embedded", *flags)
        self.assertEqual((code, len(lines)), (2, 1), lines)
        self.assertIn("was written by Meilisearch", lines[0])
        os.rmdir(os.path.join(data, "node-1", "db"))
        with open(os.path.join(data, "node-1", "log.0"), "w"):
            pass
        code, lines = run("dev", "--engine", "meilisearch", *flags, env=dict(os.environ, MEILISEARCH_BIN="/bin/true"))
        self.assertEqual((code, len(lines)), (2, 1), lines)
        self.assertIn("was written by the embedded engine", lines[0])


if __name__ == "__main__":
    unittest.main()

"""The key of the nodes is changed while clients search and write: SIGHUP makes Miroir read its configuration again, the nodes are
restarted one after another with the new key. Neither key is ever shown.

Run: python3 tests/e2e/node_key_test.py (MIROIR_BIN names another program than bin/miroir).
"""

import json
import os
import signal
import subprocess
import threading
import unittest

from node_process import Engine, call
from serve_process import ADMIN_KEY, MIROIR, NODE_KEY, wait_until
from whole_places import Cluster

NEW_KEY = "another-node-key-of-the-test"


def restarted(node, key):
    """The node comes back with another master key."""
    node.kill()
    if isinstance(node, Engine):
        node.key = key
        node.start()
        return
    node.process = subprocess.Popen(
        [MIROIR, "node", "--http-addr", f"127.0.0.1:{node.port}", "--db-path", node.folder, "--master-key", key,
         "--experimental-replication-parameters", "--log-level", "error"], cwd=node.root, stdin=subprocess.DEVNULL)
    wait_until(node.healthy, "a node answers")


class NodeKey(unittest.TestCase):
    def setUp(self):
        self.cluster = Cluster(3, 2)
        self.addCleanup(self.cluster.close)
        self.cluster.config["health"] = {"interval_ms": 200, "timeout_ms": 200}
        self.cluster.start()

    def read_again(self, **change):
        miroir = self.cluster.miroir
        self.cluster.config.update(change)
        with open(miroir.file, "w", encoding="utf-8") as out:
            json.dump(self.cluster.config, out)
        before = len(self.told())
        os.kill(miroir.process.pid, signal.SIGHUP)
        wait_until(lambda: len(self.told()) > before, "Miroir has read its configuration")
        return self.told()[-1]

    def told(self):
        return [line["message"] for line in map(json.loads, filter(lambda line: line.startswith("{"), self.cluster.miroir.lines))
                if line["target"] == "config"]

    def test_the_key_changes_while_clients_search(self):
        cluster = self.cluster
        cluster.done(cluster.call("POST", "/indexes/books/documents?primaryKey=id", [{"id": i} for i in range(100)]))
        over, bad = threading.Event(), []

        def search():
            while not over.is_set():
                reply = cluster.call("POST", "/indexes/books/search", {"q": ""})
                if reply.status >= 300:
                    bad.append(reply.text)

        worker = threading.Thread(target=search)
        worker.start()
        self.addCleanup(over.set)
        self.assertIn("another key", self.read_again(node_master_key=NEW_KEY))
        for number, node in enumerate(cluster.nodes):
            cluster.done(cluster.call("POST", "/indexes/books/documents", [{"id": 1000 + number}]))
            restarted(node, NEW_KEY)
            wait_until(self.all_healthy, "the node is back", 60)
            cluster.done(cluster.call("POST", "/indexes/books/documents", [{"id": 2000 + number}]))
        over.set()
        worker.join()
        self.assertEqual(bad, [])
        # All nodes want the new key alone, and all that was written is there.
        self.assertEqual(cluster.call("GET", "/indexes/books/stats").json["numberOfDocuments"], 106)
        self.assertIn("the same", self.read_again())
        self.assertIn("not sound", self.read_again(shards=-1))
        shown = "\n".join(cluster.miroir.lines) + call(cluster.port, "GET", "/_miroir/topology", ADMIN_KEY).text \
            + call(cluster.port, "GET", "/_miroir/metrics", ADMIN_KEY).text
        for key in (NODE_KEY, NEW_KEY):
            self.assertNotIn(key, shown)

    def all_healthy(self):
        nodes = call(self.cluster.port, "GET", "/_miroir/topology", ADMIN_KEY).json["nodes"]
        return all(node["healthy"] for node in nodes)


if __name__ == "__main__":
    unittest.main()

"""Changes of settings through real processes: three embedded nodes, two replicas, `miroir serve` over them.

Run: python3 tests/e2e/settings_test.py (MIROIR_BIN names another program than bin/miroir).
"""

import time
import unittest

from node_process import call
from serve_process import MASTER_KEY, NODE_KEY, wait_until
from three_nodes import ThreeNodes

BOOKS = 40
VERSION = "X-Miroir-Settings-Version"
FLOOR = "X-Miroir-Min-Settings-Version"


class Settings(ThreeNodes):
    def serve(self, **more):
        super().serve(**more)
        self.carry_out("POST", "/indexes/books/documents?primaryKey=id", [{"id": i, "value": f"book {i}"} for i in range(BOOKS)])

    def change(self, **settings):
        return self.end_of(self.ask("PATCH", "/indexes/books/settings", settings))

    def search(self, words="book", headers=None):
        return self.ask("POST", "/indexes/books/search", {"q": words, "limit": 100}, headers)

    def version(self):
        return int(self.search().headers[VERSION])

    def on_node(self, node, name):
        return call(node.port, "GET", "/indexes/books/settings", NODE_KEY).json[name]

    def metric(self, name):
        text = call(self.miroir.metrics_port, "GET", "/metrics", MASTER_KEY).text
        return sum(float(line.split()[-1]) for line in text.splitlines() if line.startswith((name + " ", name + "{")))

    def check_synonyms(self):
        before = self.version()
        task = self.change(synonyms={"volume": ["book"]})
        self.assertEqual(task["status"], "succeeded", task)
        self.assertEqual(self.version(), before + 1)
        for node in self.nodes:
            wait_until(lambda one=node: self.on_node(one, "synonyms") == {"volume": ["book"]}, "a node has it")
        self.assertEqual(len(self.search("volume").json["hits"]), BOOKS)

    def test_normal_flow(self):
        self.serve()
        self.check_synonyms()
        self.assertEqual(self.metric("miroir_settings_hash_mismatch_total"), 0)

    def test_sequential_works(self):
        self.serve(settings_broadcast={"strategy": "sequential"})
        self.check_synonyms()

    def test_a_node_fails_in_mid_broadcast(self):
        self.serve()
        self.nodes[1].suffer("task-fails=settingsUpdate:times=1")
        self.check_synonyms()
        self.assertGreater(self.metric("miroir_settings_hash_mismatch_total"), 0)

    def test_drift_is_repaired(self):
        self.serve(settings_drift_check={"interval_s": 1})
        self.check_synonyms()
        before = self.version()
        reply = call(self.nodes[2].port, "PATCH", "/indexes/books/settings", NODE_KEY, {"synonyms": {"tome": ["book"]}})
        self.assertEqual(reply.status, 202)
        drift = f"/tasks/{reply.json['taskUid']}"
        wait_until(lambda: call(self.nodes[2].port, "GET", drift, NODE_KEY).json["status"] == "succeeded", "it has drifted")
        wait_until(lambda: self.metric("miroir_settings_drift_repair_total") > 0, "it is found")
        wait_until(lambda: self.on_node(self.nodes[2], "synonyms") == {"volume": ["book"]}, "it is repaired")
        self.assertEqual(self.version(), before)

    def test_the_floor_excludes_stale_nodes(self):
        self.serve()
        old = self.version()
        self.nodes[0].kill()
        self.assertEqual(self.change(synonyms={"volume": ["book"]})["status"], "succeeded")
        new = self.version()
        self.assertEqual(new, old + 1)
        self.nodes[0].flags += ("--fault", "status=503:method=PATCH")  # it comes back and cannot catch up
        self.nodes[0].start()
        for _ in range(20):
            reply = self.search("volume", {FLOOR: str(new)})
            self.assertEqual((reply.status, len(reply.json["hits"])), (200, BOOKS))
            self.assertEqual(reply.headers[VERSION], str(new))
            time.sleep(0.05)
        self.nodes[1].kill()  # what it shares with the stale one has nobody of this version
        wait_until(lambda: self.search("volume").headers.get("X-Miroir-Degraded"), "it is missed")
        stale = self.search("volume", {FLOOR: str(new)})
        self.assertEqual((stale.status, stale.json["code"]), (503, "miroir_settings_version_stale"))
        ahead = self.search("volume", {FLOOR: str(new + 1)})
        self.assertEqual((ahead.status, ahead.json["code"]), (503, "miroir_settings_version_stale"))


if __name__ == "__main__":
    unittest.main()

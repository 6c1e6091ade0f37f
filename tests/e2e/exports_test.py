"""Exports through real processes: a cluster sends its indexes to another server, and to none that it may not reach.

Run: python3 tests/e2e/exports_test.py (MIROIR_BIN names another program than bin/miroir).
"""

import tempfile
import time
import unittest

from node_process import any_node, call, free_port
from serve_process import NODE_KEY, wait_until
from whole_places import Cluster

PATIENCE = 60.0
DOCUMENTS = 300


class Exports(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.folder.cleanup)
        cls.target = any_node(cls.folder.name, "target")
        cls.target.start()
        cls.addClassCleanup(cls.target.kill)
        cls.cluster = cls.started(experimental_allowed_ip_networks="127.0.0.0/8")
        cls.cluster.done(cls.cluster.call("PATCH", "/indexes/books/settings", {"filterableAttributes": ["id"], "stopWords": ["of"]}))
        books = [{"id": i, "title": f"book {i}"} for i in range(DOCUMENTS)]
        cls.cluster.done(cls.cluster.call("POST", "/indexes/books/documents", books))
        cls.cluster.done(cls.cluster.call("POST", "/indexes", {"uid": "empty", "primaryKey": "k"}))

    @classmethod
    def started(cls, **more):
        cluster = Cluster(3, 2)
        cls.addClassCleanup(cluster.close)
        cluster.config.update(more)
        cluster.start()
        return cluster

    def ended(self, cluster, body):
        reply = cluster.call("POST", "/export", body)
        self.assertEqual(reply.status, 200, reply.text)
        self.assertEqual(reply.json["type"], "export")
        path = f"/tasks/{reply.json['taskUid']}"
        wait_until(lambda: cluster.call("GET", path).json["finishedAt"], "the export has ended", PATIENCE)
        return cluster.call("GET", path).json

    def ask(self, method, path):
        return call(self.target.port, method, path, NODE_KEY)

    def settled(self):
        wait_until(lambda: self.ask("GET", "/tasks?statuses=enqueued,processing").json["total"] == 0, "the target is done", PATIENCE)

    def tearDown(self):
        for index in self.ask("GET", "/indexes").json["results"]:
            self.ask("DELETE", "/indexes/" + index["uid"])
        self.settled()

    def test_everything_arrives_once(self):
        task = self.ended(self.cluster, {"url": self.target.address + "/", "apiKey": NODE_KEY, "payloadSize": "1 KiB"})
        self.assertEqual(task["status"], "succeeded", task)
        told = {"filter": None, "overrideSettings": False}
        self.assertEqual(task["details"]["indexes"], {"books": {**told, "matched_documents": DOCUMENTS},
                                                     "empty": {**told, "matched_documents": 0}})
        self.assertNotIn(NODE_KEY, str(self.cluster.call("GET", "/tasks").json))
        self.settled()
        self.assertEqual(self.ask("GET", "/indexes/empty").json["primaryKey"], "k")
        self.assertEqual(self.ask("GET", "/indexes/books/settings/stop-words").json, ["of"])
        self.assertEqual(self.ask("GET", "/indexes/books/settings/filterable-attributes").json, ["id"])
        there = self.ask("GET", f"/indexes/books/documents?limit={DOCUMENTS}").json
        self.assertEqual(there["total"], DOCUMENTS)
        self.assertEqual(there["results"], self.cluster.call("GET", f"/indexes/books/documents?limit={DOCUMENTS}").json["results"])
        self.assertGreater(self.ask("GET", "/tasks?types=documentAdditionOrUpdate").json["total"], 5)

    def test_a_filter_and_settings_that_are_there(self):
        wish = {"url": self.target.address, "apiKey": NODE_KEY, "indexes": {"bo*": {"filter": "id < 10"}}}
        self.ended(self.cluster, wish)
        self.settled()
        self.assertEqual(self.ask("GET", "/indexes/books/documents").json["total"], 10)
        self.assertEqual(self.ask("GET", "/indexes").json["total"], 1)
        call(self.target.port, "PUT", "/indexes/books/settings/stop-words", NODE_KEY, ["mine"])
        self.settled()
        self.ended(self.cluster, wish)
        self.settled()
        self.assertEqual(self.ask("GET", "/indexes/books/settings/stop-words").json, ["mine"])
        wish["indexes"]["bo*"]["overrideSettings"] = True
        self.ended(self.cluster, wish)
        self.settled()
        self.assertEqual(self.ask("GET", "/indexes/books/settings/stop-words").json, ["of"])

    def test_what_cannot_be_sent_says_why(self):
        good = {"url": self.target.address, "apiKey": NODE_KEY}
        for change, words in (({"apiKey": "wrong"}, "remote server invalid_api_key (auth): The provided API key is invalid."),
                              ({"indexes": {"books": {"filter": "title = x"}}}, "Index `books`: Attribute `title` is not filterable"),
                              ({"indexes": {"books": {"filter": 7}}}, "expected String, Array, found: 7"),
                              ({"url": "nowhere"}, "Failed to export documents to remote server")):
            with self.subTest(change):
                task = self.ended(self.cluster, {**good, **change})
                self.assertEqual(task["status"], "failed")
                self.assertIn(words, task["error"]["message"])
                self.assertNotIn("_miroir", task["error"]["message"])
        self.assertEqual(self.ask("GET", "/indexes").json["total"], 0)

    def test_private_networks_are_closed_unless_named(self):
        careful = self.started()
        careful.done(careful.call("POST", "/indexes/books/documents", [{"id": 1}]))
        before = self.ask("GET", "/tasks").json["total"]
        for host in ("127.0.0.1", "localhost", "0.0.0.0", "[::1]", "169.254.169.254"):
            with self.subTest(host):
                task = self.ended(careful, {"url": f"http://{host}:{self.target.port}", "apiKey": NODE_KEY})
                self.assertEqual(task["status"], "failed")
                self.assertIn("Rejected IP", task["error"]["message"])
        self.assertEqual(self.ask("GET", "/tasks").json["total"], before)

    def test_writes_go_on_while_a_server_does_not_answer(self):
        slow = self.cluster.call("POST", "/export", {"url": f"http://127.0.0.1:{free_port()}"}).json["taskUid"]
        began = time.monotonic()
        self.cluster.done(self.cluster.call("POST", "/indexes/other/documents", [{"id": 1}]))
        self.assertLess(time.monotonic() - began, 10)
        self.cluster.call("POST", f"/tasks/cancel?uids={slow}")
        wait_until(lambda: self.cluster.call("GET", f"/tasks/{slow}").json["status"] == "canceled", "it is called off", PATIENCE)
        self.cluster.done(self.cluster.call("DELETE", "/indexes/other"))


if __name__ == "__main__":
    unittest.main()

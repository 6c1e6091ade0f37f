"""One batch, one verdict: whatever makes one server fail a batch makes Miroir fail it with the same words, and not one of
its good documents is applied anywhere. Each kind is sent to a server alone and through Miroir to three.

Run: python3 tests/e2e/verdict_test.py (MIROIR_BIN names another program than bin/miroir).
"""

import unittest

from node_process import any_node, call
from serve_process import MASTER_KEY, NODE_KEY, wait_until
from three_nodes import ThreeNodes

VECTORS = {"embedders": {"own": {"source": "userProvided", "dimensions": 2}}}
GEO = {"filterableAttributes": ["_geo"], "sortableAttributes": ["_geo"]}


def good(count=60):
    return [{"id": i, "title": f"good {i}"} for i in range(count)]


def with_vectors():
    return [{"id": i, "_vectors": {"own": [0.5, 0.5]}} for i in range(60)]


# Its name, the settings of the index, documents that are there before (or none), the question mark and what follows, the batch.
KINDS = [
    ("no id", {}, True, "", [*good(), {"title": "nobody"}]),
    ("an id with a blank", {}, True, "", [*good(), {"id": "a b"}]),
    ("an id too long", {}, True, "", [*good(), {"id": "a" * 513}]),
    ("a null id", {}, True, "", [*good(), {"id": None}]),
    ("an id that is a list", {}, True, "", [*good(), {"id": [1]}]),
    ("an id that is a fraction", {}, True, "", [*good(), {"id": 1.5}]),
    ("an id that is an object", {}, True, "", [*good(), {"id": {"a": 1}}]),
    ("another primary key", {}, True, "?primaryKey=title", good()),
    ("no primary key to be found", {}, False, "", [{"title": f"good {i}"} for i in range(60)]),
    ("two primary keys to be found", {}, False, "", [{"id": i, "other_id": i} for i in range(60)]),
    ("an inferred key that one lacks", {}, False, "", [*good(), {"title": "nobody"}]),
    ("half a place", GEO, True, "", [*good(), {"id": 99, "_geo": {"lat": 1.5}}]),
    ("a place in words", GEO, True, "", [*good(), {"id": 99, "_geo": {"lat": "north", "lng": 1}}]),
    ("a place that is a list", GEO, True, "", [*good(), {"id": 99, "_geo": [1, 2]}]),
    ("a place with more", GEO, True, "", [*good(), {"id": 99, "_geo": {"lat": 1, "lng": 1, "alt": 1}}]),
    ("a vector too long", VECTORS, True, "", [*with_vectors(), {"id": 99, "_vectors": {"own": [1, 2, 3]}}]),
    ("a vector in words", VECTORS, True, "", [*with_vectors(), {"id": 99, "_vectors": {"own": "north"}}]),
    ("vectors that are a list", VECTORS, True, "", [*with_vectors(), {"id": 99, "_vectors": [1, 2]}]),
    ("vectors that are a word", VECTORS, True, "", [*with_vectors(), {"id": 99, "_vectors": "north"}]),
    ("vectors that are a number", VECTORS, True, "", [*with_vectors(), {"id": 99, "_vectors": -1.5}]),
    ("null vectors", VECTORS, True, "", [*with_vectors(), {"id": 99, "_vectors": None}]),
    ("a list of vectors for nobody", {}, True, "", [*good(), {"id": 99, "_vectors": [1, 2]}]),
    ("a list of vectors in a fresh index", {}, False, "", [*good(), {"id": 99, "_vectors": [1, 2]}]),
    ("no vector", VECTORS, True, "", [*with_vectors(), {"id": 99}]),
]


class Verdict(ThreeNodes):
    make_node = any_node

    def setUp(self):
        super().setUp()
        self.alone = type(self).make_node(self.folder, "alone")
        self.addCleanup(self.alone.kill)
        self.alone.start()
        self.serve()

    def verdict(self, port, key, method, path, body):
        reply = call(port, method, path, key, body)
        if reply.status != 202:
            return reply.status, reply.json
        uid = reply.json["taskUid"]
        wait_until(lambda: call(port, "GET", f"/tasks/{uid}", key).json["status"] in ("succeeded", "failed"), "it ends")
        task = call(port, "GET", f"/tasks/{uid}", key).json
        return task["status"], task["details"], task["error"]

    def play(self, port, key, number, kind):
        _, settings, filled, question, batch = kind
        index = f"/indexes/kind{number}"
        if settings:
            self.verdict(port, key, "PATCH", index + "/settings", settings)
        if filled:
            first = {"id": "before", "_vectors": {"own": [1, 0]}} if settings == VECTORS else {"id": "before"}
            self.assertEqual(self.verdict(port, key, "POST", index + "/documents", [first])[0], "succeeded")
        return self.verdict(port, key, "POST", index + "/documents" + question, batch)

    def ids_on(self, port, key, number):
        reply = call(port, "GET", f"/indexes/kind{number}/documents?limit=1000&fields=id", key)
        return [document.get("id") for document in reply.json["results"]] if reply.status == 200 else []

    def test_every_kind(self):
        for number, kind in enumerate(KINDS):
            with self.subTest(kind[0]):
                expected = self.play(self.alone.port, NODE_KEY, number, kind)
                self.assertEqual(expected[0], "failed", expected)
                self.assertEqual(self.play(self.miroir.port, MASTER_KEY, number, kind), expected)
                before = self.ids_on(self.alone.port, NODE_KEY, number)
                self.assertEqual(self.ids_on(self.miroir.port, MASTER_KEY, number), before)
                found = [i for node in self.nodes for i in self.ids_on(node.port, NODE_KEY, number)]
                self.assertEqual(sorted(found), sorted(before * 2), "a part of the batch was applied")


if __name__ == "__main__":
    unittest.main()

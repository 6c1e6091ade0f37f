"""Dynamic search rules reach every node: one that was emptied, one that joins, one whose rules were changed behind
Miroir's back. What a search pins must not depend on who answers.

Run: python3 tests/e2e/rules_test.py (MIROIR_BIN names another program than bin/miroir; MEILISEARCH_BIN real nodes).
"""

import unittest

from node_process import any_node, call
from serve_process import ADMIN_KEY, NODE_KEY, wait_until
from three_nodes import ThreeNodes

RULES = "/dynamic-search-rules"


def pin(position, document):
    return {"actions": [{"selector": {"indexUid": "books", "id": str(document)}, "action": {"type": "pin", "position": position}}]}


class Rules(ThreeNodes):
    make_node = any_node
    patience = 60

    def setUp(self):
        super().setUp()
        self.serve(settings_drift_check={"interval_s": 1}, rebalancer={"grace_s": 1})
        self.assertEqual(self.ask("PATCH", "/experimental-features", {"dynamicSearchRules": True}).status, 200)
        self.carry_out("POST", "/indexes/books/documents?primaryKey=id", [{"id": i, "value": "book"} for i in range(60)])
        for name, position, document in (("zebra", 0, 40), ("gone", 3, 3), ("ape", 1, 41), ("mouse", 2, 42)):
            self.carry_out("PATCH", f"{RULES}/{name}", pin(position, document))
        self.carry_out("DELETE", f"{RULES}/gone")

    def shown(self, node):
        reply = call(node.port, "POST", RULES, NODE_KEY, {"limit": 100})
        return {rule["uid"]: rule["actions"] for rule in reply.json["results"]} if reply.status == 200 else None

    def expect_rules_on(self, nodes):
        rules = {rule["uid"]: rule["actions"] for rule in self.ask("POST", RULES, {"limit": 100}).json["results"]}
        for node in nodes:
            wait_until(lambda node=node: self.shown(node) == rules, "a node has the rules", self.patience)

    def at_rest(self):
        shards = call(self.miroir.port, "GET", "/_miroir/shards", ADMIN_KEY).json
        return not shards["debts"] and not shards["behind"]

    def expect_pinned(self):
        for turn in range(12):
            hits = self.ask("POST", "/indexes/books/search", {"q": "book" + " " * turn}).json["hits"]
            self.assertEqual([hit["id"] for hit in hits[:4]], [40, 41, 42, 0])

    def test_an_emptied_node_gets_them(self):
        self.nodes[1].empty()
        self.expect_rules_on(self.nodes)
        wait_until(self.at_rest, "it has its documents", self.patience)
        self.expect_pinned()
        self.carry_out("DELETE", f"{RULES}/ape")
        self.expect_rules_on(self.nodes)

    def test_a_node_that_joins_gets_them(self):
        fourth = type(self).make_node(self.folder, "node-3")
        self.addCleanup(fourth.kill)
        fourth.start()
        reply = call(self.miroir.port, "POST", "/_miroir/nodes", ADMIN_KEY, {"id": "node-3", "address": fourth.address})
        self.assertEqual(reply.status, 202, reply.text)
        self.expect_rules_on([*self.nodes, fourth])
        self.expect_pinned()

    def test_what_was_changed_behind_our_back_is_put_right(self):
        node = self.nodes[2]
        call(node.port, "DELETE", f"{RULES}/ape", NODE_KEY)
        call(node.port, "PATCH", f"{RULES}/stray", NODE_KEY, pin(0, 50))
        wait_until(lambda: "ape" not in self.shown(node) or "stray" in self.shown(node), "it differs", self.patience)
        self.expect_rules_on(self.nodes)
        self.expect_pinned()


if __name__ == "__main__":
    unittest.main()

"""Swaps and renames while clients read: three nodes that do not carry them out at the same time, one copy of everything.
Every answer is of the index that had the name before or of the one that has it afterwards, never of both.

Run: python3 tests/e2e/swap_test.py (MIROIR_BIN names another program than bin/miroir).
"""

import threading
import unittest

from three_nodes import ThreeNodes

OLD, NEW = 60, 110
SWAPS = 6


class Swap(ThreeNodes):
    def setUp(self):
        super().setUp()
        self.serve(shards=16, replication_factor=1)
        for name, count in (("old", OLD), ("new", NEW)):
            documents = [{"id": f"{name}-{i}", "is": name} for i in range(count)]
            self.carry_out("POST", f"/indexes/{name}/documents?primaryKey=id", documents)

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

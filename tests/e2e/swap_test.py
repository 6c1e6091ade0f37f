"""Swaps and renames while clients read: three nodes that do not carry them out at the same time, one copy of everything.
Every answer is of the index that had the name before or of the one that has it afterwards, never of both. With
MEILISEARCH_BIN the nodes are real ones, which cannot be told to be late: something before them is.

Run: python3 tests/e2e/swap_test.py (MIROIR_BIN names another program than bin/miroir).
"""

import socket
import threading
import time
import unittest

from node_process import ENGINE, any_node
from three_nodes import ThreeNodes

OLD, NEW = 60, 110
SWAPS = 6
LAGS = (0, 0.12, 0.24)  # seconds


class Late:
    """Stands before a node, and hands on all that comes, requests to swap a while later."""

    def __init__(self, port, seconds):
        self.port, self.seconds = port, seconds
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.address = "http://127.0.0.1:%d" % self.listener.getsockname()[1]
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                client = self.listener.accept()[0]
            except OSError:
                return  # closed
            node = socket.create_connection(("127.0.0.1", self.port))
            for source, target in ((client, node), (node, client)):
                threading.Thread(target=self.carry, args=(source, target), daemon=True).start()

    def carry(self, source, target):
        try:
            while piece := source.recv(1 << 16):
                if piece.startswith(b"POST /swap-indexes"):
                    time.sleep(self.seconds)
                target.sendall(piece)
            target.shutdown(socket.SHUT_WR)
        except OSError:
            source.close()
            target.close()


class Swap(ThreeNodes):
    make_node = staticmethod(any_node)
    patience = 60 if ENGINE else ThreeNodes.patience

    def setUp(self):
        super().setUp()
        for node, seconds in zip(self.nodes, LAGS):
            late = Late(node.port, seconds)
            self.addCleanup(late.listener.close)
            node.address = late.address
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
        # A busy Meilisearch may need more than the two seconds after which answers say that they may be of both.
        told = {answer for answer in seen if ENGINE and "in the midst of swapping" in (answer[2] or "")}
        self.assertEqual(set(seen) - told, whole, seen)


if __name__ == "__main__":
    unittest.main()

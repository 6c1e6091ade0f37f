"""Machines that come back on each other's addresses, while clients write and read: nobody has lost anything, so nothing is
copied, nothing is told as lost, no write is acknowledged by the wrong one.

Run: python3 tests/e2e/addresses_test.py (MIROIR_BIN names another program than bin/miroir).
"""

import os
import tempfile
import threading
import time
import unittest

from node_process import Node, call
from serve_process import ADMIN_KEY, MASTER_KEY, NODE_KEY, PATIENCE, Miroir, wait_until

BEFORE = 300


class Addresses(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.nodes = [Node(self.folder.name, f"node-{i}") for i in range(3)]
        for node in self.nodes:
            self.addCleanup(node.kill)
            node.start()
        self.config = {
            "http_addr": "127.0.0.1:0", "metrics_addr": "127.0.0.1:0", "master_key": MASTER_KEY, "node_master_key": NODE_KEY,
            "admin": {"api_key": ADMIN_KEY}, "shards": 16, "replication_factor": 2,
            "task_store": {"path": os.path.join(self.folder.name, "tasks.db")},
            "nodes": [{"id": f"node-{i}", "address": node.address} for i, node in enumerate(self.nodes)],
        }
        self.start_miroir()
        reply = self.ask("POST", "/indexes/books/documents?primaryKey=id", [{"id": i} for i in range(BEFORE)])
        wait_until(lambda: self.ask("GET", f"/tasks/{reply.json['taskUid']}").json["status"] == "succeeded", "they are in")
        self.written = set(range(BEFORE))
        self.refused = set()
        self.wrong = []

    def start_miroir(self):
        self.miroir = Miroir(self.config)
        self.addCleanup(self.miroir.close)
        wait_until(lambda: self.miroir.ask("/_miroir/ready").status == 200, "it is ready")

    def ask(self, method, path, body=None):
        return call(self.miroir.port, method, path, MASTER_KEY, body, PATIENCE)

    def exchange(self, one, other):
        """Both are started again at once, on each other's address: faster than a probe may see."""
        for node in (one, other):
            node.kill()
        one.port, other.port = other.port, one.port
        threads = [threading.Thread(target=node.start) for node in (one, other)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def write(self, stop):
        number = BEFORE
        while not stop.is_set():
            number += 1
            reply = self.ask("POST", "/indexes/books/documents", [{"id": number}])
            (self.written if reply.status == 202 else self.refused).add(number)
            time.sleep(0.005)

    def read(self, stop):
        """What was there before all this is in every answer that does not say otherwise."""
        while not stop.is_set():
            reply = self.ask("POST", "/indexes/books/documents/fetch", {"limit": 100000})
            if reply.status != 200 or "x-miroir-degraded" in {name.lower() for name in reply.headers}:
                continue
            found = {document["id"] for document in reply.json["results"]}
            if not found >= set(range(BEFORE)) or len(found) != len(reply.json["results"]):
                self.wrong.append(len(found))

    def ids(self):
        reply = self.ask("POST", "/indexes/books/documents/fetch", {"limit": 100000})
        degraded = {name.lower() for name in reply.headers} & {"x-miroir-degraded"}
        return {document["id"] for document in reply.json["results"]} if reply.status == 200 and not degraded else None

    def copies(self):
        return sorted(document["id"] for node in self.nodes
                      for document in call(node.port, "GET", "/indexes/books/documents?limit=100000", NODE_KEY).json["results"])

    def check_whole(self):
        """All of it is found, without anybody having been filled anew."""
        def is_whole():
            shown = self.miroir.ask_admin("/_miroir/shards").json
            found = self.ids()  # what was refused for want of a node may be completed later
            whole = found is not None and self.written <= found <= self.written | self.refused
            return whole and not shown["debts"] and self.copies() == sorted(2 * list(found))
        wait_until(is_whole, "all that was acknowledged is found, on the two nodes it belongs to and on no other")
        self.assertEqual(self.wrong, [])
        for untrue in ("a node is not what it was: what it held is copied anew",
                       "documents are lost: no replica has them any more"):
            self.assertEqual(self.miroir.events(untrue), [])

    def test_two_nodes_exchange_their_addresses_and_back(self):
        stop = threading.Event()
        clients = [threading.Thread(target=work, args=(stop,)) for work in (self.write, self.read)]
        for client in clients:
            client.start()
        try:
            self.exchange(self.nodes[0], self.nodes[1])
            wait_until(lambda: self.miroir.events("a node is where another was: their addresses are exchanged"), "it is seen")
            time.sleep(1)
        finally:
            stop.set()
            for client in clients:
                client.join()
        self.check_whole()
        self.exchange(self.nodes[0], self.nodes[1])
        self.check_whole()

    def test_found_where_they_are_after_a_start(self):
        self.exchange(self.nodes[0], self.nodes[2])
        self.check_whole()
        self.miroir.close()
        self.start_miroir()  # the configuration names the addresses of before
        self.check_whole()
        self.miroir.close()
        self.exchange(self.nodes[1], self.nodes[2])
        self.start_miroir()
        self.check_whole()


if __name__ == "__main__":
    unittest.main()

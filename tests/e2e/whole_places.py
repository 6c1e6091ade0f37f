"""Where clients may send their requests: a cluster with Miroir before it, and one Meilisearch that it stands for."""

import os
import shutil
import tempfile
import time

from node_process import Engine, any_node, call
from serve_process import ADMIN_KEY, MASTER_KEY, NODE_KEY, Miroir, wait_until

DOCUMENTS = int(os.environ.get("DUMP_DOCUMENTS", "8000"))  # that dumps hold
LONG_PATIENCE = 60.0 + DOCUMENTS / 250  # seconds, for what is done to all documents


class Place:
    """Where clients may send their requests."""

    def call(self, method, path, body=None):
        return call(self.port, method, path, MASTER_KEY, body, LONG_PATIENCE)

    def done(self, reply):
        assert reply.status == 202, reply.text
        uid = reply.json["taskUid"]
        end = time.monotonic() + LONG_PATIENCE
        while not self.call("GET", f"/tasks/{uid}").json["finishedAt"]:
            assert time.monotonic() < end, f"task {uid} does not end"
            time.sleep(0.02)
        task = self.call("GET", f"/tasks/{uid}").json
        assert task["status"] == "succeeded", task
        return task


class OneEngine(Place, Engine):
    """The one server that a cluster stands for. It may have a dump to load first."""

    patience = LONG_PATIENCE


class Cluster(Place):
    """Nodes and a Miroir over them in a folder of their own."""

    def __init__(self, nodes, replicas, arguments=(), folder=None):
        self.folder = folder or tempfile.mkdtemp()
        self.nodes = [any_node(self.folder, f"node-{i}") for i in range(nodes)] if isinstance(nodes, int) else nodes
        self.store = os.path.join(self.folder, "tasks.db")
        self.dumps = os.path.join(self.folder, "dumps")
        self.config = {
            "http_addr": "127.0.0.1:0", "metrics_addr": "127.0.0.1:0", "master_key": MASTER_KEY,
            "node_master_key": NODE_KEY, "admin": {"api_key": ADMIN_KEY}, "shards": 8, "replication_factor": replicas,
            "health": {"interval_ms": 2000, "timeout_ms": 2000}, "task_store": {"path": self.store},
            "dump_dir": self.dumps,
            "nodes": [{"id": f"node-{i}", "address": each.address} for i, each in enumerate(self.nodes)]}
        self.arguments = arguments
        self.miroir = None

    def start(self):
        for each in self.nodes:
            if each.process is None:
                each.start()
        began = time.monotonic()
        self.miroir = Miroir(self.config, self.arguments, patience=LONG_PATIENCE)
        self.port = self.miroir.port
        wait_until(lambda: self.miroir.ask("/_miroir/ready").status == 200, "all nodes are there")
        self.starting = time.monotonic() - began

    def close(self):
        if self.miroir is not None:
            self.miroir.close()
        for each in self.nodes:
            each.kill()
        shutil.rmtree(self.folder, ignore_errors=True)


def one_engine(case, *arguments):
    """A Meilisearch that runs until the test case or its class is cleaned up."""
    folder = tempfile.mkdtemp()
    clean_up = case.addClassCleanup if isinstance(case, type) else case.addCleanup
    clean_up(shutil.rmtree, folder, ignore_errors=True)
    made = OneEngine(folder, "one", arguments, MASTER_KEY)
    clean_up(made.kill)
    made.start()
    return made

"""Miroir over nodes, as a context that gives the URL to ask. The nodes are embedded ones, or real ones where MEILISEARCH_BIN
names a Meilisearch."""
import json
import os
import pathlib
import signal
import subprocess
import tempfile
import time
import urllib.error
import urllib.request

from run import KEY, START_SECONDS, free_port, wait_until_up

NODE_KEY = "nodeMasterKey"
ADMIN_KEY = "adminKey"
ENGINE = os.environ.get("MEILISEARCH_BIN")
ENGINE_FLAGS = ["--no-analytics", "--max-indexing-memory", "512MiB"]


class Cluster:
    def __init__(self, command, nodes, replicas, groups):
        self.command, self.replicas, self.groups = command, replicas, groups
        self.folder = tempfile.TemporaryDirectory(prefix="miroir-compat-")
        self.ports = [free_port() for _ in range(nodes)]
        self.port = free_port()
        self.processes = []
        self.url = f"http://127.0.0.1:{self.port}"

    def __enter__(self):
        try:
            for number, port in enumerate(self.ports):
                self.start_node(port, f"node-{number}", NODE_KEY, "--experimental-replication-parameters")
            config = pathlib.Path(self.folder.name, "miroir.yaml")
            config.write_text(json.dumps(self.configuration()))
            self.start("serve", [self.command, "serve", "--config", str(config)])
            if not wait_until_up(self.url, self.processes[-1]) or not self.ready():
                raise RuntimeError("Miroir did not start")
        except BaseException:
            self.__exit__()
            raise
        return self

    def start_node(self, port, name, key, *flags):
        folder = pathlib.Path(self.folder.name, name)
        folder.mkdir()
        program = [ENGINE, *ENGINE_FLAGS] if ENGINE else [self.command, "node"]
        self.start(name, [*program, "--http-addr", f"127.0.0.1:{port}", "--db-path", str(folder / "data"), "--master-key", key,
                          "--experimental-allowed-ip-networks", "127.0.0.0/8", *flags], folder)
        if not wait_until_up(f"http://127.0.0.1:{port}", self.processes[-1]):
            raise RuntimeError(f"{name} did not start")

    def start(self, name, arguments, folder=None):
        with open(f"{self.folder.name}/{name}.log", "wb") as log:
            self.processes.append(subprocess.Popen(arguments, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=folder))

    def configuration(self):
        nodes = [{"id": f"node-{number}", "address": f"http://127.0.0.1:{port}", "replica_group": number % self.groups}
                 for number, port in enumerate(self.ports)]
        return {"http_addr": f"127.0.0.1:{self.port}", "metrics_addr": f"127.0.0.1:{free_port()}", "master_key": KEY,
                "node_master_key": NODE_KEY, "admin": {"api_key": ADMIN_KEY}, "shards": 16, "replication_factor": self.replicas,
                "replica_groups": self.groups, "experimental_allowed_ip_networks": "127.0.0.0/8",
                "task_store": {"path": f"{self.folder.name}/tasks.db"}, "dump_dir": f"{self.folder.name}/dumps",
                "health": {"interval_ms": 500, "timeout_ms": 500}, "nodes": nodes}

    def ready(self):
        end = time.monotonic() + START_SECONDS
        while time.monotonic() < end:
            try:
                with urllib.request.urlopen(self.url + "/_miroir/ready", timeout=1):
                    return True
            except (urllib.error.URLError, OSError):
                time.sleep(0.02)
        return False

    def kill_node(self, number):
        node = self.processes.pop(number)
        node.kill()
        node.wait()

    def report_ended(self):
        """Says which processes ended on their own; returns how many."""
        ended = [process for process in self.processes if process.poll() is not None]
        for process in ended:
            print(f"{' '.join(process.args)} ended on its own, exit code {process.returncode}")
        return len(ended)

    def __exit__(self, *_):
        for process in reversed(self.processes):
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
                try:
                    process.wait(timeout=20)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()
        self.folder.cleanup()

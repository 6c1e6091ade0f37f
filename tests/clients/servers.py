"""What the client programs talk to: Miroir over three embedded nodes with two copies of everything, or one node alone."""
import http.client
import os
import pathlib
import re
import socket
import subprocess
import tempfile
import time

MIROIR = os.environ.get("MIROIR_BIN", str(pathlib.Path(__file__).resolve().parents[2] / "bin" / "miroir"))
KEY = "a-master-key-for-the-clients"
NODE_KEY = "the-master-key-of-the-nodes"
PATIENCE = 20.0


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def answers(port, path="/health"):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


def wait_until(holds, what):
    end = time.monotonic() + PATIENCE
    while not holds():
        if time.monotonic() > end:
            raise AssertionError("waited in vain until " + what)
        time.sleep(0.02)


class Process:
    """One server; after `kill` it can be started again."""

    def __init__(self, port, command, log):
        self.port, self.command, self.log, self.process = port, command, log, None
        self.start()

    def start(self):
        environment = {name: value for name, value in os.environ.items() if not name.startswith(("MIROIR_", "MEILI_"))}
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(self.command, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        wait_until(lambda: self.process.poll() is not None or answers(self.port), f"{self.command[1]} answers")
        if self.process.poll() is not None:
            raise AssertionError(f"{self.command[0]} ended: " + pathlib.Path(self.log).read_text(errors="replace")[-500:])

    def kill(self):
        self.process.kill()
        self.process.wait()

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                self.kill()


def start_node(folder, name, key):
    """An embedded node, or the engine that MEILISEARCH_BIN names."""
    port = free_port()
    engine = os.environ.get("MEILISEARCH_BIN")
    command = [engine] if engine else [MIROIR, "node"]
    command += ["--http-addr", f"127.0.0.1:{port}", "--db-path", f"{folder}/{name}", "--master-key", key,
                "--experimental-replication-parameters"]
    if engine:
        command += ["--no-analytics", "--max-indexing-memory", "512MiB", "--experimental-allowed-ip-networks", "127.0.0.0/8",
                    "--dump-dir", f"{folder}/{name}.dumps", "--snapshot-dir", f"{folder}/{name}.snapshots"]
    return Process(port, command, f"{folder}/{name}.log")


class Single:
    def __init__(self):
        self.folder = tempfile.TemporaryDirectory(prefix="miroir-clients-")
        self.node = start_node(self.folder.name, "node", KEY)
        self.url = f"http://127.0.0.1:{self.node.port}"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.node.stop()
        self.folder.cleanup()


class Cluster:
    """Three nodes, R = 2, `miroir serve` in front."""

    def __init__(self, nodes=3, replicas=2, shards=16, more=""):
        self.folder = tempfile.TemporaryDirectory(prefix="miroir-clients-")
        folder = self.folder.name
        self.nodes = []
        try:
            self.nodes += [start_node(folder, f"node-{i}", NODE_KEY) for i in range(nodes)]
            config = pathlib.Path(folder, "miroir.yaml")
            config.write_text(self.configuration(replicas, shards) + more)
            log = pathlib.Path(folder, "miroir.log")
            self.miroir = self.serve(config, log)
        except BaseException:
            self.__exit__()
            raise

    def configuration(self, replicas, shards):
        nodes = "".join(f"  - {{id: node-{i}, address: 'http://127.0.0.1:{node.port}'}}\n" for i, node in enumerate(self.nodes))
        return (f"http_addr: 127.0.0.1:{free_port()}\nmetrics_addr: 127.0.0.1:{free_port()}\nmaster_key: {KEY}\n"
                f"node_master_key: {NODE_KEY}\nadmin: {{api_key: {KEY}-of-operators}}\nshards: {shards}\n"
                f"replication_factor: {replicas}\nhealth: {{interval_ms: 500, timeout_ms: 500}}\n"
                f"task_store: {{path: {self.folder.name}/tasks.db}}\nnodes:\n{nodes}")

    def serve(self, config, log):
        port = int(re.search(r"http_addr: 127.0.0.1:(\d+)", config.read_text()).group(1))
        self.url = f"http://127.0.0.1:{port}"
        miroir = Process(port, [MIROIR, "serve", "--config", str(config)], str(log))
        wait_until(lambda: answers(port, "/_miroir/ready"), "Miroir is ready")
        return miroir

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for process in [getattr(self, "miroir", None), *self.nodes]:
            if process is not None:
                process.stop()
        self.folder.cleanup()

"""What the benchmarks stand on: processes on free loopback ports in one temporary folder, their CPU and memory."""

import http.client
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import time

KEY = "a-key-for-the-benchmarks"
PATIENCE = 60.0  # seconds until a wait is called failed


class Trouble(Exception):
    """The benchmark cannot be run; the text says why."""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_until(holds, what):
    end = time.monotonic() + PATIENCE
    while not holds():
        if time.monotonic() > end:
            raise Trouble("waited in vain until " + what)
        time.sleep(0.02)


class Server:
    """One process and what /proc knows of it and of its children."""

    def __init__(self, command, port, log, folder=None):
        self.port = port
        environment = {name: value for name, value in os.environ.items() if not name.startswith(("MIROIR_", "MEILI_"))}
        with open(log, "ab") as out:
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=out, cwd=folder, env=environment)
        self.log = log
        self.folder = folder

    @property
    def address(self):
        return f"http://127.0.0.1:{self.port}"

    def family(self):
        pids = [self.process.pid]
        for task in pathlib.Path(f"/proc/{self.process.pid}/task").iterdir():
            pids += [int(pid) for pid in (task / "children").read_text().split()]
        return pids

    def cpu(self):
        """Seconds of CPU so far, from the scheduler's own count (the clock ticks of `stat` are 10 ms apart)."""
        total = 0
        for pid in self.family():
            for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
                try:
                    total += int((task / "schedstat").read_text().split()[0])
                except (FileNotFoundError, ProcessLookupError):
                    pass
        return total / 1e9

    def memory(self, what):
        """VmRSS or VmHWM in MB."""
        text = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(what + r":\s+(\d+) kB", text)[1]) / 1000

    def healthy(self):
        if self.process.poll() is not None:
            raise Trouble(f"{self.process.args[0]} has ended: " + pathlib.Path(self.log).read_text()[-600:])
        return self.status("/health") == 200

    def status(self, path):
        try:
            return ask(self, "GET", path)[0]
        except OSError:
            return 0

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


def ask(server, method, path, body=None, media="application/json"):
    """Status and parsed body. `body`: bytes, or something for JSON."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=120)
    data = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
    headers = {"Authorization": "Bearer " + KEY, "X-Admin-Key": KEY}
    if data is not None:
        headers["Content-Type"] = media
    try:
        connection.request(method, path, data, headers)
        reply = connection.getresponse()
        text = reply.read()
        return reply.status, json.loads(text) if text.startswith((b"{", b"[")) else None
    finally:
        connection.close()


def must(server, method, path, body=None, media="application/json"):
    status, reply = ask(server, method, path, body, media)
    if status >= 300:
        raise Trouble(f"{method} {path} was answered with {status}: {str(reply)[:300]}")
    return reply


def sum_of(miroir, series, label):
    """The sum of all lines of a metric that have the label."""
    connection = http.client.HTTPConnection("127.0.0.1", miroir.port, timeout=10)
    try:
        connection.request("GET", "/_miroir/metrics", headers={"X-Admin-Key": KEY})
        text = connection.getresponse().read().decode()
    finally:
        connection.close()
    return sum(float(line.rsplit(" ", 1)[1]) for line in text.splitlines() if line.startswith(series + "{") and label in line)


def await_task(server, summary, patience=600):
    end = time.monotonic() + patience
    while True:
        task = must(server, "GET", f"/tasks/{summary['taskUid']}")
        if task["status"] == "succeeded":
            return
        if task["status"] in ("failed", "canceled"):
            raise Trouble(f"a task has {task['status']}: {str(task['error'])[:300]}")
        if time.monotonic() > end:
            raise Trouble("a task does not end")
        time.sleep(0.01)


class Stage:
    """Starts servers; leaving it stops them all, the last one first."""

    def __init__(self, build, folder, engine=""):
        self.bin = pathlib.Path(build) / "bin"
        self.folder = pathlib.Path(folder)
        self.engine = engine  # path of a Meilisearch, or empty: the embedded node
        self.servers = []
        self.places = 0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for server in reversed(self.servers):
            server.stop()

    def named(self, name):
        self.places += 1
        place = self.folder / f"{name}-{self.places}"
        place.mkdir()
        return place

    def start(self, command, port, place):
        server = Server([str(word) for word in command], port, place / "log", place)
        self.servers.append(server)
        return server

    def drop(self, server):
        server.stop()
        self.servers.remove(server)

    def node(self, *flags):
        place, port = self.named("node"), free_port()
        command = [self.engine] if self.engine else [self.bin / "miroir", "node", *flags]
        command += ["--http-addr", f"127.0.0.1:{port}", "--db-path", place / "data", "--master-key", KEY,
                    "--http-payload-size-limit", "300000000", "--no-analytics", "--log-level", "ERROR" if self.engine else "error"]
        if self.engine:  # as the README says nodes are to be started
            command += ["--experimental-replication-parameters", "--max-indexing-memory", "512MiB"]
        server = self.start(command, port, place)
        wait_until(server.healthy, "a node is healthy")
        return server

    def miroir_command(self, place, nodes, port, **more):
        config = {"http_addr": f"127.0.0.1:{port}", "metrics_addr": f"127.0.0.1:{free_port()}", "master_key": KEY,
                  "node_master_key": KEY, "admin": {"api_key": KEY}, "shards": 64, "replication_factor": 1, "log_level": "warn",
                  "task_store": {"path": str(place / "tasks.db")},
                  "nodes": [{"id": f"node-{i}", "address": node.address} for i, node in enumerate(nodes)]}
        config.update(more)
        (place / "miroir.yaml").write_text(json.dumps(config))
        return [self.bin / "miroir", "serve", "--config", place / "miroir.yaml"]

    def miroir(self, nodes, port=None, **more):
        place, port = self.named("miroir"), port or free_port()
        server = self.start(self.miroir_command(place, nodes, port, **more), port, place)
        wait_until(server.healthy, "Miroir is healthy")
        wait_until(lambda: server.status("/_miroir/ready") == 200, "Miroir is ready")
        return server

    def nginx(self, node, access_log):
        """One worker that passes everything to the node over kept connections."""
        program = shutil.which("nginx", path=os.environ.get("PATH", "") + ":/usr/sbin")
        if program is None:
            raise Trouble("there is no nginx here (./dev setup bench)")
        place, port = self.named("nginx"), free_port()
        log = f"access_log {place}/access.log" if access_log else "access_log off"
        temporary = "".join(f"{kind}_temp_path {place}/{kind};\n" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        (place / "nginx.conf").write_text(f"""
daemon off; worker_processes 1; pid {place}/pid; error_log {place}/log; {"user root;" if os.geteuid() == 0 else ""}
events {{ worker_connections 4096; }}
http {{
{temporary}{log}; tcp_nodelay on; keepalive_requests 100000000;
upstream node {{ server 127.0.0.1:{node.port}; keepalive 64; keepalive_requests 100000000; }}
server {{ listen 127.0.0.1:{port}; location / {{ proxy_pass http://node; proxy_http_version 1.1; proxy_set_header Connection ""; }} }}
}}
""")
        server = self.start([program, "-p", place, "-c", place / "nginx.conf", "-e", place / "log"], port, place)
        wait_until(server.healthy, "nginx is healthy")
        return server


UNITS = {"us": 1.0, "ms": 1e3, "s": 1e6}


def wrk(server, path, connections, seconds, threads=1, script=None):
    """Requests, failures, requests a second, p50 and p99 in microseconds. `script`: a file for wrk's -s."""
    if shutil.which("wrk") is None:
        raise Trouble("there is no wrk here (./dev setup bench)")
    text = subprocess.run(["wrk", f"-t{threads}", f"-c{connections}", f"-d{seconds}s", "--latency", "-H", "Authorization: Bearer " + KEY,
                           *(["-s", str(script)] if script else []), server.address + path], check=True, capture_output=True, text=True).stdout
    found = {share: float(number) * UNITS[unit] for share, number, unit in re.findall(r"(50|99)%\s+([\d.]+)(us|ms|s)\b", text)}
    requests = int(re.search(r"(\d+) requests in", text)[1])
    errors = re.search(r"Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)", text)
    wrong = re.search(r"Non-2xx or 3xx responses: (\d+)", text)
    failed = sum(map(int, errors.groups())) if errors else 0
    return {"requests": requests, "failed": failed + (int(wrong[1]) if wrong else 0), "p50": found["50"], "p99": found["99"],
            "per_second": float(re.search(r"Requests/sec:\s+([\d.]+)", text)[1])}

"""What Miroir costs as a server: beside nginx on one GET, at start, in memory, with many who wait."""

import socket
import time

import stage
from rooms import Row, at_most

DOCUMENT = "/indexes/packages/documents/1"
LATENCY_CONNECTIONS = 1
LOAD_CONNECTIONS = 32


def with_documents(miroir, count=1000):
    documents = [{"id": i, "name": f"package-{i}", "summary": "A library of routines that does what its name says.",
                  "section": "games", "size": 12972 + i, "depends": ["libc6", "libgames"]} for i in range(1, count + 1)]
    stage.await_task(miroir, stage.must(miroir, "POST", "/indexes/packages/documents?primaryKey=id", documents))


def load(server, connections, seconds):
    before = server.cpu()
    found = stage.wrk(server, DOCUMENT, connections, seconds)
    if found["failed"]:
        raise stage.Trouble(f"{found['failed']} of {found['requests']} requests failed")
    found["cpu"] = (server.cpu() - before) / found["requests"] * 1e6
    return found


def sides_by_turns(miroir, nginx, node, quick):
    rounds = []
    for server in (miroir, nginx):
        stage.wrk(server, DOCUMENT, LOAD_CONNECTIONS, 1)
    for _ in range(2 if quick else 5):
        found = {}
        for name, server in (("miroir", miroir), ("nginx", nginx), ("node", node)):
            found[name] = load(server, LATENCY_CONNECTIONS, 1)
            if name != "node":
                found[name + " loaded"] = load(server, LOAD_CONNECTIONS, 1 if quick else 2)
        rounds.append(found)
    return rounds


def pass_through(place, quick):
    node = place.node()
    loader = place.miroir([node])
    with_documents(loader)
    catalog = str(loader.folder / "tasks.db")
    place.drop(loader)
    rows = []
    for logs, level in ((True, "info"), (False, "warn")):
        miroir = place.miroir([node], server={"threads": 1}, log_level=level,
                              task_store={"path": catalog})
        nginx = place.nginx(node, logs)
        rounds = sides_by_turns(miroir, nginx, node, quick)
        place.drop(nginx)
        place.drop(miroir)
        rows += rows_of(rounds, "both log requests" if logs else "neither logs")
    return rows


def rows_of(rounds, how):
    def ratio(name, key):
        return [found["miroir" + name][key] / found["nginx" + name][key] for found in rounds]

    def value(name, key):
        return [found[name][key] for found in rounds]
    more = [found["miroir"]["p50"] - found["nginx"]["p50"] for found in rounds]
    added = [found["miroir"]["p50"] - found["node"]["p50"] for found in rounds]
    return [Row(f"GET of a document ({how}): CPU a request / nginx, {LOAD_CONNECTIONS} connections", ratio(" loaded", "cpu"), "x",
                "<= 1.3 (aim 1.0)", at_most(1.3)),
            Row(f"  Miroir's own CPU a request", value("miroir loaded", "cpu"), "us"),
            Row(f"  CPU a request / nginx, {LATENCY_CONNECTIONS} connection", ratio("", "cpu"), "x"),
            Row("  p50 more than nginx's, 1 connection", more, "us", "<= 100", at_most(100)),
            Row("  p50 more than the bare node's, 1 connection", added, "us"),
            Row(f"  requests/s / nginx, {LOAD_CONNECTIONS} connections", ratio(" loaded", "per_second"), "x"),
            Row("  requests/s", value("miroir loaded", "per_second"), "1/s")]


def seconds_to_health(place, command, port):
    begun = time.monotonic()
    server = place.start(command, port, place.named("start"))
    while time.monotonic() - begun < stage.PATIENCE:
        try:
            with socket.create_connection(("127.0.0.1", port), 1) as line:
                line.sendall(b"GET /health HTTP/1.1\r\nhost: localhost\r\n\r\n")
                if line.recv(64).startswith(b"HTTP/1.1 200"):
                    return time.monotonic() - begun, server
        except OSError:
            time.sleep(0.0005)
    raise stage.Trouble("Miroir does not answer /health")


def body_of_100_mb():
    line = b'{"id":%d,"name":"package","summary":"' + b"A library of routines that does what its name says. " * 18 + b'"}'
    lines, size = [], 2
    while size + len(line) + 10 < 99_999_000:
        lines.append(line % len(lines))
        size += len(lines[-1]) + 1
    return b"[" + b",".join(lines) + b"]"


def start_and_memory(place, quick):
    nodes = [place.node() for _ in range(3)]
    starts, idle, busy = [], [], []
    for _ in range(5 if quick else 11):
        folder, port = place.named("start"), stage.free_port()
        took, server = seconds_to_health(place, place.miroir_command(folder, nodes, port), port)
        starts.append(took * 1000)
        stage.wait_until(lambda: server.status("/_miroir/ready") == 200, "Miroir is ready")
        idle.append(server.memory("VmRSS"))
        place.drop(server)
    body = body_of_100_mb()
    for at in range(1 if quick else 3):
        miroir = place.miroir(nodes)
        stage.await_task(miroir, stage.must(miroir, "POST", "/indexes", {"uid": f"big{at}", "primaryKey": "id"}))
        stage.must(miroir, "POST", f"/indexes/big{at}/documents", body)
        time.sleep(1 if quick else 3)  # the nodes are given their parts
        busy.append(miroir.memory("VmHWM"))
        place.drop(miroir)
    return [Row("start to /health 200", starts, "ms", "< 100 (aim 30)", at_most(100)),
            Row("resident memory, idle, 3 nodes", idle, "MB", "< 50 (aim 30)", at_most(50)),
            Row("peak memory while taking a body of 100 MB", busy, "MB", "< 300 (aim 200)", at_most(300))]


def open_idle(server, count):
    lines = []
    for _ in range(count):
        line = socket.create_connection(("127.0.0.1", server.port), 5)
        lines.append(line)
        line.sendall(b"GET /health HTTP/1.1\r\nhost: localhost\r\n\r\n")
    for line in lines:
        if not line.recv(4096).startswith(b"HTTP/1.1 200"):
            raise stage.Trouble("an idle connection was refused")
    return lines


def still_alive(lines):
    alive = 0
    for line in lines:
        try:
            line.sendall(b"GET /health HTTP/1.1\r\nhost: localhost\r\n\r\n")
            alive += line.recv(4096).startswith(b"HTTP/1.1 200")
        except OSError:
            pass
        line.close()
    return alive


def idle_connections(place, quick):
    idle_count, busy_count, seconds = 1000, 200, 2 if quick else 3
    miroir = place.miroir([place.node()])
    with_documents(miroir)
    stage.wrk(miroir, DOCUMENT, busy_count, 1)
    ratios, errors, p99 = [], [], []
    for _ in range(2 if quick else 5):
        alone = stage.wrk(miroir, DOCUMENT, busy_count, seconds)
        lines = open_idle(miroir, idle_count)
        beside = stage.wrk(miroir, DOCUMENT, busy_count, seconds)
        dead = idle_count - still_alive(lines)
        ratios.append(beside["p99"] / alone["p99"])
        errors.append(alone["failed"] + beside["failed"] + dead)
        p99.append(beside["p99"] / 1000)
    what = f"{idle_count:,} idle connections, {busy_count} busy"
    return [Row(what + ": p99 / without the idle ones", ratios, "x", "<= 1.5", at_most(1.5)),
            Row("  p99", p99, "ms"),
            Row("  errors, idle ones lost among them", errors, "", "0", at_most(0))]

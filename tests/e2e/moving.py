"""Three nodes become four and three again under writes and searches, with real processes: once in peace, which gives the
figures, and once with kill -9 of the new owner, the old owner and Miroir in the middle of each way. No acknowledged write
may be lost, no search may be wrong unsaid, and every document ends on its owners alone.

  python3 tests/e2e/moving.py [--documents N] [--writes N] [--searches N] [--copies R] [--calm SECONDS] [--connections N]

Writes and searches are offered at their rates, whatever the answers: what is offered, accepted and finished a second is
told apart. Too few connections for the rate at which answers come are seen in what is accepted.

The nodes are embedded ones, or real ones where MEILISEARCH_BIN names one; MIROIR_BIN names another Miroir than that in
bin/. Exits 1 where something was lost or wrong; a figure that misses its bar is said, not failed for."""

import argparse
import collections
import http.client
import json
import os
import random
import subprocess
import sys
import tempfile
import threading
import time

from node_process import Node, call
from serve_process import ADMIN_KEY, MASTER_KEY, NODE_KEY, Miroir, wait_until

ENGINE = os.environ.get("MEILISEARCH_BIN")
WORDS = 100  # documents that share a word: what a search for it must count
OWN = 10_000_000  # ids of the writers begin here
INDEX = "books"


def patiently(holds, what, seconds=900):
    wait_until(holds, what, seconds)


class Engine(Node):
    """A real Meilisearch, started as production would start it."""

    def start(self):
        with open(self.folder + ".log", "ab") as log:
            self.process = subprocess.Popen(
                [ENGINE, "--http-addr", f"127.0.0.1:{self.port}", "--db-path", self.folder, "--master-key", self.key, "--no-analytics",
                 "--experimental-replication-parameters", "--max-indexing-memory", "512MiB",
                 "--experimental-allowed-ip-networks", "127.0.0.0/8"], cwd=self.root, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        wait_until(self.healthy, "a node answers", 60)


class Line:
    """One kept connection, made anew after each failure."""

    def __init__(self, where, key=MASTER_KEY):
        self.where = where
        self.key = key
        self.connection = None
        self.port = None

    def ask(self, method, path, body):
        self.send(method, path, body)
        return self.hear()

    def send(self, method, path, body):
        if self.connection is None or self.port != self.where["port"]:
            self.close()
            self.port = self.where["port"]
            self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            self.connection.request(method, path, json.dumps(body),
                                    {"Authorization": f"Bearer {self.key}", "Content-Type": "application/json"})
        except (OSError, http.client.HTTPException):
            self.close()

    def hear(self):
        if self.connection is None:
            return 0, {}, None
        try:
            reply = self.connection.getresponse()
            return reply.status, reply.headers, json.loads(reply.read())
        except (OSError, http.client.HTTPException, ValueError):
            self.close()
            return 0, {}, None

    def close(self):
        if self.connection is not None:
            self.connection.close()
            self.connection = None


class Load:
    """Writers and searchers on threads of their own, each at its pace; a late one makes up for it at once. A writer has
    keys of his own, so that he knows which of his writes was the last."""

    def __init__(self, where, writes, searches, words, connections):
        self.where = where
        self.words = words
        self.ended = threading.Event()
        self.expected = {}  # id → values that it may have; None: not there
        self.acknowledged = 0
        self.refused = 0
        self.searched = []  # (when, how long)
        self.said = 0  # searches that said they were incomplete, or failed
        self.wrong = collections.Counter()
        self.written = []  # (when, how long): of those that were acknowledged
        self.rate = writes
        self.threads = [threading.Thread(target=self.write, args=(i, writes / connections), daemon=True) for i in range(connections)]
        self.threads += [threading.Thread(target=self.search, args=(i, searches / 4), daemon=True) for i in range(4)]

    def start(self):
        for thread in self.threads:
            thread.start()

    def stop(self):
        self.ended.set()
        for thread in self.threads:
            thread.join()

    def paced(self, rate, number):
        due = time.monotonic() + number / (len(self.threads) * rate)  # not all at once
        while not self.ended.is_set():
            due += 1 / rate
            pause = due - time.monotonic()
            if pause > 0:
                self.ended.wait(pause)
            elif pause < -2:
                due = time.monotonic()  # it was held up: no storm afterwards
            yield

    def write(self, number, rate):
        line = Line(self.where)
        chance = random.Random(number)
        mine = []
        for count, _ in enumerate(self.paced(rate, number)):
            known = chance.choice(mine) if mine and chance.random() < 0.5 else None
            key = known if known is not None else OWN + number * 1_000_000 + count
            gone = known is not None and chance.random() < 0.3
            value = None if gone else f"own {count}"
            began = time.monotonic()
            if gone:
                status, _, _ = line.ask("POST", f"/indexes/{INDEX}/documents/delete-batch", [key])
            else:
                status, _, _ = line.ask("POST", f"/indexes/{INDEX}/documents", [{"id": key, "value": value}])
            took = time.monotonic() - began
            if status == 202:
                self.expected[key] = {value}
                self.acknowledged += 1
                self.written.append((began, took))
            else:  # it may be there or not, and whatever it was before
                self.expected.setdefault(key, {None}).add(value)
                self.refused += 1
            if known is None:
                mine.append(key)
        line.close()

    def search(self, number, rate):
        line = Line(self.where)
        chance = random.Random(100 + number)
        for _ in self.paced(rate, number):
            word = chance.randrange(self.words)
            began = time.monotonic()
            status, headers, reply = line.ask("POST", f"/indexes/{INDEX}/search", {"q": f'"word{word}x"', "hitsPerPage": 20, "page": 1})
            took = time.monotonic() - began
            if status == 0:
                self.said += 1  # Miroir is away
                continue
            self.searched.append((began, took))
            if status != 200 or headers.get("x-miroir-degraded"):
                self.said += 1
            elif reply["totalHits"] != WORDS or len({hit["id"] for hit in reply["hits"]}) != 20:
                self.wrong[reply["totalHits"]] += 1
        line.close()


def quantile(values, share):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))] if ordered else float("nan")


class Stage:
    def __init__(self, options, folder):
        self.options = options
        self.folder = folder
        self.nodes = {}
        self.copied = 0  # documents, by earlier lives of Miroir
        self.copied_now = 0
        self.longest_pause = 0
        self.figures = []
        self.where = {}
        for i in range(3):
            self.start_node(f"node-{i}")
        self.config = {
            "http_addr": "127.0.0.1:0", "metrics_addr": "127.0.0.1:0", "master_key": MASTER_KEY, "node_master_key": NODE_KEY,
            "admin": {"api_key": ADMIN_KEY}, "shards": options.shards, "replication_factor": options.copies,
            "health": {"interval_ms": 500, "timeout_ms": 500}, "rebalancer": {"grace_s": 2},
            "task_store": {"path": os.path.join(folder, "tasks.db")},
            "nodes": [{"id": name, "address": node.address} for name, node in self.nodes.items()],
        }
        self.miroir = None
        self.start_miroir()

    def start_node(self, name):
        self.nodes[name] = (Engine if ENGINE else Node)(self.folder, name)
        self.nodes[name].start()

    def start_miroir(self):
        self.miroir = Miroir(self.config, patience=60)
        self.where["port"] = self.miroir.port
        patiently(lambda: self.miroir.ask("/_miroir/ready").status == 200, "it is ready", 120)

    def close(self):
        if self.miroir is not None:
            self.miroir.close()
        for node in self.nodes.values():
            node.kill()

    def operate(self, method, path, body=None):
        reply = call(self.miroir.port, method, path, ADMIN_KEY, body, 60)
        assert reply.status < 300, f"{method} {path}: {reply.status} {reply.text}"
        return reply.json

    def status(self):
        now = self.operate("GET", "/_miroir/rebalance/status")
        self.copied_now = now["documents_copied"]
        self.longest_pause = max(self.longest_pause, now["longest_pause_ms"])
        return now

    def roles(self):
        return {node["id"]: node["status"] for node in self.operate("GET", "/_miroir/topology")["nodes"]}

    def kill_miroir(self):
        try:
            self.status()
        except (OSError, AssertionError):
            pass
        self.copied += self.copied_now
        self.copied_now = 0
        self.miroir.close()  # SIGKILL
        time.sleep(0.5)
        self.start_miroir()

    def kill_node(self, name, away=2.0):
        self.nodes[name].kill()
        time.sleep(away)
        self.nodes[name].start()

    def fill(self):
        options = self.options
        for first in range(0, options.documents, 4000):
            some = [{"id": i, "value": f"word{i // WORDS}x {i}"} for i in range(first, min(first + 4000, options.documents))]
            reply = call(self.miroir.port, "POST", f"/indexes/{INDEX}/documents?primaryKey=id", MASTER_KEY, some, 60)
            assert reply.status == 202, reply.text
        self.rest()

    def rest(self, seconds=900):
        """All tasks have ended, and nobody is owed anything."""
        def still():
            reply = call(self.miroir.port, "GET", "/tasks?statuses=enqueued,processing&limit=1", MASTER_KEY, None, 60)
            return reply.json["total"] == 0
        patiently(still, "all tasks have ended", seconds)

    def finished_tasks(self):
        reply = call(self.miroir.port, "GET", "/tasks?statuses=succeeded,failed,canceled&limit=1", MASTER_KEY, None, 60)
        return reply.json["total"]

    def moving(self):
        status = self.status()
        return status["moving"] > 0 or status["planned"] > 0

    def settle(self, done, what):
        """Until the moves are over; keeps the figures of the way."""
        patiently(lambda: done() and not self.moving(), what, 1800)

    def moves_now(self):
        return self.status().get("moves", [])

    def copying(self):
        return any(move["phase"] == "copying" for move in self.moves_now())

    def torment(self):
        """kill -9 of the new owner, the old owner and Miroir, each while shards are being copied; where the copying is over
        before its turn has come, nothing more is killed."""
        killed = []
        for victim in ("to", "from", "Miroir"):
            patiently(lambda: self.copying() or not self.moving(), "shards are being copied", 600)
            move = next((m for m in self.moves_now() if m["phase"] == "copying"), None)
            if move is None:
                break
            if victim == "Miroir":
                self.kill_miroir()
            else:
                self.kill_node(move[victim] or move["to"])
            killed.append(victim)
        print(f"killed amid copying: {', '.join(killed) or 'nobody'}", flush=True)


def since(times, began):
    return [took for when, took in times if when >= began]


def told(times):
    return f"p50 {quantile(times, .5) * 1000:.0f} p99 {quantile(times, .99) * 1000:.0f} slowest {max(times, default=0) * 1000:.0f} ms of {len(times)}"


class Window:
    """What came of the load from now on."""

    def __init__(self, stage, load):
        self.stage, self.load = stage, load
        self.began, self.finished = time.monotonic(), stage.finished_tasks()

    def close(self):
        self.seconds = time.monotonic() - self.began
        self.finished = self.stage.finished_tasks() - self.finished
        self.searches, self.writes = since(self.load.searched, self.began), since(self.load.written, self.began)
        return self

    def told(self):
        return (f"searches {told(self.searches)}, writes {told(self.writes)}; a second {self.load.rate:.0f} writes offered, "
                f"{len(self.writes) / self.seconds:.0f} accepted, {self.finished / self.seconds:.0f} finished; load {os.getloadavg()[0]:.0f}")


def one_way(stage, load, label, begin, done, what, kill=None):
    window = Window(stage, load)
    copied = stage.copied + stage.copied_now
    begin()
    if kill:
        kill()
    stage.settle(done, what)
    window.close()
    moved = stage.copied + stage.copied_now - copied
    print(f"{label}: {window.seconds:.1f} s, {moved} documents copied ({moved / window.seconds:.0f}/s), {window.told()}", flush=True)
    return window.searches, moved, window.writes


def check(stage, load):
    """What is on the nodes, against what was acknowledged. Gives the number of lost and of wrong documents."""
    stage.rest()
    owners = collections.Counter()
    values = collections.defaultdict(set)
    roles = stage.roles()
    for name, node in stage.nodes.items():
        if roles.get(name) not in ("active",):
            continue
        for key, value in documents_of(node).items():
            owners[key] += 1
            values[key].add(value)
    lost = wrong = 0
    for key in range(stage.options.documents):
        good = values[key] == {f"word{key // WORDS}x {key}"}
        lost += not owners[key]
        wrong += bool(owners[key]) and (not good or owners[key] != stage.options.copies)
    for key, may in load.expected.items():
        found = values.get(key, {None})
        if len(found) != 1 or not found <= may or (owners[key] not in (0, stage.options.copies)):
            lost += found == {None}
            wrong += found != {None}
    strangers = [key for key in values if key >= stage.options.documents and key not in load.expected]
    return lost, wrong + len(strangers)


def documents_of(node):
    """All of them, page by page, in the order of their stamps."""
    out = {}
    offset = 0
    while True:
        reply = call(node.port, "POST", f"/indexes/{INDEX}/documents/fetch", NODE_KEY,
                     {"limit": 20_000, "offset": offset, "fields": ["id", "value"]}, 120)
        page = reply.json["results"]
        out.update({document["id"]: document["value"] for document in page})
        if len(page) < 20_000:
            return out
        offset += 20_000


def play(options, folder):
    stage = Stage(options, folder)
    try:
        return play_on(stage, options)
    finally:
        stage.close()


def play_on(stage, options):
    stage.fill()
    load = Load(stage.where, options.writes, options.searches, options.documents // WORDS, options.connections)
    load.start()
    time.sleep(min(5, options.calm))
    window = Window(stage, load)
    time.sleep(options.calm)
    calm = window.close().searches
    print(f"undisturbed: {window.told()}", flush=True)
    stage.status()

    def join(name):
        stage.start_node(name)
        stage.operate("POST", "/_miroir/nodes", {"id": name, "address": stage.nodes[name].address})

    def drain(name):
        stage.operate("POST", f"/_miroir/nodes/{name}/drain", {})

    def is_active(name):
        return lambda: stage.roles().get(name) == "active"

    def has_left(name):
        return lambda: stage.roles().get(name) == "removed"

    added, moved_in, written_in = one_way(stage, load, "3 -> 4", lambda: join("node-3"), is_active("node-3"), "node-3 has joined")
    count = options.documents + len(load.expected)
    ideal = count * options.copies / 4
    drained, moved_out, written_out = one_way(stage, load, "4 -> 3", lambda: drain("node-0"), has_left("node-0"), "node-0 has left")
    pause = stage.longest_pause
    slow_write = max(written_in + written_out, default=0)
    stage.operate("DELETE", "/_miroir/nodes/node-0")
    stage.nodes.pop("node-0").kill()
    one_way(stage, load, "3 -> 4, killing", lambda: join("node-4"), is_active("node-4"), "node-4 has joined",
            stage.torment)
    one_way(stage, load, "4 -> 3, killing", lambda: drain("node-1"), has_left("node-1"), "node-1 has left",
            stage.torment)
    load.stop()
    lost, wrong = check(stage, load)
    p99 = quantile(added + drained, .99) / quantile(calm, .99)
    print(f"searches while moving: p99 {p99:.2f}x undisturbed (bar 1.5x)")
    print(f"writes at cut-overs: paused {pause} ms at most (bar 500 ms); slowest acknowledged write {slow_write * 1000:.0f} ms")
    print(f"documents copied: {moved_in / ideal:.2f}x of a fourth when a node came, {moved_out / ideal:.2f}x when one went (bar 1.1x)")
    print(f"{load.acknowledged} writes acknowledged, {load.refused} not; {len(load.searched)} searches, {load.said} said that "
          f"something was missing or found nobody")
    print(f"lost {lost}, wrong {wrong}, searches that were wrong unsaid {sum(load.wrong.values())} {dict(load.wrong)}", flush=True)
    return {"lost": lost, "wrong": wrong, "unsaid": sum(load.wrong.values()), "pause_ms": pause, "p99": p99,
            "acknowledged": load.acknowledged, "searches": len(load.searched)}


def arguments(words=None):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--documents", type=int, default=64_000)
    parser.add_argument("--writes", type=float, default=200, help="a second")
    parser.add_argument("--searches", type=float, default=50, help="a second")
    parser.add_argument("--copies", type=int, default=2)
    parser.add_argument("--shards", type=int, default=64)
    parser.add_argument("--connections", type=int, default=40, help="of writers")
    parser.add_argument("--calm", type=float, default=20, help="seconds of searches before anything moves")
    return parser.parse_args(words)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as place:
        result = play(arguments(), place)
    sys.exit(1 if result["lost"] or result["wrong"] or result["unsaid"] else 0)

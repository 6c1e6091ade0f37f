"""What single requests cost beside one node that holds everything: enqueueing, polling, deep pages, searches through a
proxy; and what remains of a search's latency when one replica is slow."""

import http.client
import json
import time

import stage
from clusters import batches_of, corpus, engine_name, prepare, send
from rooms import Row, at_most


class Line:
    """One kept connection."""

    def __init__(self, server):
        self.connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)

    def ask(self, method, path, body=None):
        """Microseconds until the reply was read."""
        data = None if body is None else json.dumps(body).encode()
        headers = {"Authorization": "Bearer " + stage.KEY} | ({"Content-Type": "application/json"} if data else {})
        begun = time.perf_counter()
        self.connection.request(method, path, data, headers)
        reply = self.connection.getresponse()
        text = reply.read()
        took = (time.perf_counter() - begun) * 1e6
        if reply.status >= 300:
            raise stage.Trouble(f"{method} {path} was answered with {reply.status}: {text[:200]}")
        return took


def share(times, part):
    return sorted(times)[min(len(times) - 1, int(len(times) * part))]


def by_turns(sides, count, request):
    """The times of each side; `request(i)` is method, path and body of the i-th."""
    lines = {name: Line(server) for name, server in sides.items()}
    times = {name: [] for name in sides}
    for i in range(count):
        for name, line in lines.items():
            times[name].append(line.ask(*request(i)))
    return times


def enqueueing(place, quick):
    nodes = [place.node() for _ in range(3)]
    miroir, alone = place.miroir(nodes), place.node()
    for server in (miroir, alone):
        stage.await_task(server, stage.must(server, "POST", "/indexes", {"uid": "packages", "primaryKey": "id"}))
    ratios, more = [], []
    for at in range(2 if quick else 5):
        times = by_turns({"miroir": miroir, "alone": alone}, 50 if quick else 200,
                         lambda i, at=at: ("POST", "/indexes/packages/documents", [{"id": 1000 * at + i, "name": f"package-{i}"}]))
        ratios.append(share(times["miroir"], 0.5) / share(times["alone"], 0.5))
        more.append((share(times["miroir"], 0.5) - share(times["alone"], 0.5)) / 1000)
    return [Row(f"enqueueing one document, 3 {engine_name(place)}: p50 / one node", ratios, "x"),
            Row("  p50 more than one node's", more, "ms")]


def pollers(place, quick):
    sides = {"miroir": place.miroir([place.node()]), "alone": place.node()}
    for server in sides.values():
        stage.await_task(server, stage.must(server, "POST", "/indexes", {"uid": "polled"}))
    ratios, errors, cpu = [], [], []
    for _ in range(2 if quick else 4):
        found = {}
        for name, server in sides.items():
            before = server.cpu()
            found[name] = stage.wrk(server, "/tasks/0", 1000, 2 if quick else 3)
            found[name]["cpu"] = (server.cpu() - before) / found[name]["requests"] * 1e6
        ratios.append(found["miroir"]["p99"] / found["alone"]["p99"])
        errors.append(found["miroir"]["failed"])
        cpu.append(found["miroir"]["cpu"])
    return [Row("1,000 pollers of /tasks/{uid}: p99 / one embedded node", ratios, "x"),
            Row("  CPU of Miroir a request", cpu, "us"),
            Row("  errors", errors, "", "0", at_most(0))]


def whole_listing(server, pages, size):
    """Seconds for reading all documents page by page."""
    line = Line(server)
    return sum(line.ask("GET", f"/indexes/packages/documents?limit={size}&offset={at * size}") for at in range(pages)) / 1e6


def deep_pages(place, quick):
    nodes = [place.node() for _ in range(3)]
    miroir, alone = place.miroir(nodes), place.node()
    for server in (miroir, alone):
        prepare(server, "packages")
        stage.await_task(server, stage.must(server, "PATCH", "/indexes/packages/settings/pagination", {"maxTotalHits": 100_000}))
        send(server, "packages", batches_of(corpus()))
    rows = []
    depth = 6000  # of 8,000
    for what, request in (("search, first page", ("POST", "/indexes/packages/search", {"q": "lib", "limit": 20})),
                          (f"search, 20 hits behind {depth:,}", ("POST", "/indexes/packages/search", {"q": "", "offset": depth, "limit": 20})),
                          ("documents, first page", ("GET", "/indexes/packages/documents?limit=20", None)),
                          (f"documents, 20 behind {depth:,}", ("GET", f"/indexes/packages/documents?offset={depth}&limit=20", None))):
        ratios, took = [], []
        for _ in range(2 if quick else 5):
            times = by_turns({"miroir": miroir, "alone": alone}, 10 if quick else 25, lambda _, request=request: request)
            ratios.append(share(times["miroir"], 0.5) / share(times["alone"], 0.5))
            took.append(share(times["miroir"], 0.5) / 1000)
        rows += [Row(f"{what}, 3 {engine_name(place)}: p50 / one node", ratios, "x"), Row("  p50 through Miroir", took, "ms")]
    size = 100
    pages = len(corpus()) // size
    ratios, each = [], []
    for _ in range(2 if quick else 4):
        whole = whole_listing(miroir, pages, size)
        ratios.append(whole / whole_listing(alone, pages, size))
        each.append(whole / whole_listing(miroir, pages // 4, size))
    return rows + [Row(f"documents, all {pages} pages of {size} one after another / one node", ratios, "x"),
                   Row("  / its first quarter of the pages", each, "x")]


def proxied_searches(place, quick):
    node = place.node()
    miroir = place.miroir([node], server={"threads": 1})
    prepare(miroir, "packages")
    send(miroir, "packages", batches_of(corpus()))
    nginx = place.nginx(node, False)
    script = place.folder / "search.lua"
    script.write_text('wrk.method = "POST"\nwrk.headers["Content-Type"] = "application/json"\nwrk.body = \'{"q":"library","limit":20}\'\n')
    ratios, more, cpu = [], [], []
    for _ in range(2 if quick else 5):
        found = {}
        for name, server in (("miroir", miroir), ("nginx", nginx)):
            before = server.cpu()
            found[name] = stage.wrk(server, "/indexes/packages/search", 1, 1 if quick else 2, script=script)
            found[name]["cpu"] = (server.cpu() - before) / found[name]["requests"] * 1e6
        ratios.append(found["miroir"]["p50"] / found["nginx"]["p50"])
        more.append(found["miroir"]["p50"] - found["nginx"]["p50"])
        cpu.append(found["miroir"]["cpu"])
    return [Row(f"search over one node, {engine_name(place)}: p50 / nginx before the same node", ratios, "x"),
            Row("  p50 more than nginx's", more, "us"),
            Row("  CPU of Miroir a search of 20 hits", cpu, "us")]


def slow_replica(place, quick):
    """Three nodes, two copies; one of the nodes answers each search 500 ms late."""
    nodes = [place.node("--enable-faults") for _ in range(3)]
    miroir = place.miroir(nodes, replication_factor=2)
    prepare(miroir, "packages")
    send(miroir, "packages", batches_of(corpus()))
    words = [document["name"] for document in corpus()[:400]]

    def searches(round_number):
        line = Line(miroir)
        return [line.ask("POST", "/indexes/packages/search", {"q": words[(i + 97 * round_number) % len(words)]})
                for i in range(200 if quick else 400)]

    def calls():
        return stage.sum_of(miroir, "miroir_node_request_duration_seconds_count", 'operation="search"')
    searches(0)
    ratios, healthy, slow, more = [], [], [], []
    for at in range(2 if quick else 5):
        marks = [calls()]
        well = searches(at)
        marks.append(calls())
        stage.must(nodes[0], "PUT", "/_node/faults", {"faults": ["delay=500ms:path=/indexes/*/search"]})
        ill = searches(at)
        stage.must(nodes[0], "PUT", "/_node/faults", {"faults": []})
        marks.append(calls())
        ratios.append(share(ill, 0.99) / share(well, 0.99))
        healthy.append(share(well, 0.99) / 1000)
        slow.append(share(ill, 0.99) / 1000)
        more.append(100 * ((marks[2] - marks[1]) / (marks[1] - marks[0]) - 1))
    return [Row("one replica of two 500 ms late: p99 of searches / healthy", ratios, "x", "<= 1.3 (aim 1.1)", at_most(1.3)),
            Row("  requests to nodes, more than when healthy", more, "%", "<= 5", at_most(5)),
            Row("  p99 when healthy", healthy, "ms"),
            Row("  p99 with the late one", slow, "ms")]

"""Shards that move to a node more, and copies that are compared: how fast, at whose cost."""

import time

from clusters import batches_of, corpus, engine_name, prepare, send
from rooms import Row, at_most
from stage import Trouble, ask, must, wait_until

INDEX = "packages"


def documents_of(copies):
    out = []
    for copy in range(copies):  # ids stay different
        out += [dict(document, id=document["id"] + 1_000_000 * copy) for document in corpus()]
    return out


def patiently(holds, what, seconds=600):
    end = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > end:
            raise Trouble("waited in vain until " + what)
        time.sleep(0.05)


def moving(place, quick):
    """Three nodes become four: one copy of everything, nobody reads or writes meanwhile."""
    nodes = [place.node() for _ in range(3)]
    miroir = place.miroir(nodes, rebalancer={"grace_s": 0, "max_concurrent_migrations": 64})
    documents = documents_of(1 if quick or place.engine else 8)
    prepare(miroir, INDEX)
    send(miroir, INDEX, batches_of(documents))
    fourth = place.node()
    family = [*nodes, fourth]
    used, used_nodes, begun = miroir.cpu(), sum(node.cpu() for node in family), time.monotonic()
    must(miroir, "POST", "/_miroir/nodes", {"id": "node-3", "address": fourth.address})

    def is_over():
        status = must(miroir, "GET", "/_miroir/rebalance/status")
        joined = must(miroir, "GET", "/_miroir/topology")["nodes"][3]["status"] == "active"
        return joined and status["moving"] == 0 and status["planned"] == 0

    patiently(is_over, "the shards have moved")
    took = time.monotonic() - begun
    used, used_nodes = miroir.cpu() - used, sum(node.cpu() for node in family) - used_nodes
    status = must(miroir, "GET", "/_miroir/rebalance/status")
    copied = status["documents_copied"]
    held = must(fourth, "GET", f"/indexes/{INDEX}/stats")["numberOfDocuments"]
    topology = must(miroir, "GET", "/_miroir/topology")
    ideal = len(documents) * topology["nodes"][3]["shard_count"] / topology["shards"]
    if abs(held - ideal) > len(documents) / 20:
        raise Trouble(f"the new node holds {held} documents, its shards are about {ideal:.0f}")
    return [Row(f"a node more, {len(documents):,} documents, 3 {engine_name(place)}: documents copied / its share", [copied / held],
                "x", "<= 1.1", at_most(1.1)),
            Row("  documents/s copied, from the wish to the last cut-over", [copied / took], "1/s"),
            Row("  longest pause of writes at a cut-over", [status["longest_pause_ms"]], "ms", "< 500", at_most(500)),
            Row("  Miroir's share of the CPU", [100 * used / (used + used_nodes)], "%"),
            Row("  CPU of Miroir a document", [1e6 * used / copied], "us")]


def compared(miroir, nodes, documents, what):
    """One pass of anti-entropy; its cost for a million documents with all their copies."""
    before = must(miroir, "GET", "/_miroir/anti_entropy/status")
    used, used_nodes, begun = miroir.cpu(), sum(node.cpu() for node in nodes), time.monotonic()
    must(miroir, "POST", "/_miroir/anti_entropy")
    status = before

    def is_over():
        nonlocal status
        status = must(miroir, "GET", "/_miroir/anti_entropy/status")
        return status["passes"] > before["passes"] and not status["running"]

    patiently(is_over, "the copies have been compared")
    took = time.monotonic() - begun
    used, used_nodes = miroir.cpu() - used, sum(node.cpu() for node in nodes) - used_nodes
    scale = 1_000_000 / documents
    rows = [Row(f"{what}: CPU of Miroir for a million documents", [used * scale], "s"),
            Row("  CPU of the nodes for a million documents", [used_nodes * scale], "s"),
            Row("  time without a limit of CPU", [took * scale], "s")]
    return rows, status


def used_within(servers, seconds):
    before = sum(server.cpu() for server in servers)
    time.sleep(seconds)
    return sum(server.cpu() for server in servers) - before


def share_kept(miroir, nodes, seconds):
    """CPU of Miroir and its nodes while a pass runs, beyond what they need for nothing, as a share of one core."""
    idle = used_within([miroir, *nodes], seconds)
    must(miroir, "POST", "/_miroir/anti_entropy")
    patiently(lambda: must(miroir, "GET", "/_miroir/anti_entropy/status")["running"], "a pass has begun")
    busy = used_within([miroir, *nodes], seconds)
    if not must(miroir, "GET", "/_miroir/anti_entropy/status")["running"]:
        raise Trouble("the pass ended before its share could be measured")
    return 100 * (busy - idle) / seconds


def comparing(place, quick):
    """Three nodes, two copies of everything. First with the share of CPU that is usual, then with all of a core, so that
    the work shows."""
    nodes = [place.node() for _ in range(3)]
    kept = {"replication_factor": 2, "task_store": {"path": str(place.folder / "comparing.db")}}
    miroir = place.miroir(nodes, **kept, anti_entropy={"schedule": "every 1d"})
    documents = documents_of(1 if quick or place.engine else 8)
    prepare(miroir, INDEX)
    send(miroir, INDEX, batches_of(documents))
    share = share_kept(miroir, nodes, 5 if quick else 10)
    place.drop(miroir)
    miroir = place.miroir(nodes, **kept, anti_entropy={"schedule": "every 1d", "cpu_percent": 100})
    wait_until(lambda: all(node["healthy"] for node in must(miroir, "GET", "/_miroir/topology")["nodes"]), "all nodes answer")
    same, status = compared(miroir, nodes, len(documents), f"comparing 2 copies of {len(documents):,}, {engine_name(place)}, all equal")
    if status["mismatches_last"] != 0 or status["shards_not_compared"] != 0:
        raise Trouble(f"{status['mismatches_last']} copies differ that nobody has changed, {status['shards_not_compared']} shards "
                      "were not compared")
    again, _ = compared(miroir, nodes, len(documents), "the same again, nothing written since")
    held = must(nodes[0], "POST", f"/indexes/{INDEX}/documents/fetch", {"limit": 10, "fields": ["id"]})["results"]
    must(nodes[0], "POST", f"/indexes/{INDEX}/documents/delete-batch", [document["id"] for document in held])
    wait_until(lambda: ask(nodes[0], "GET", f"/indexes/{INDEX}/documents/{held[-1]['id']}")[0] == 404, "ten copies are gone")
    differing, status = compared(miroir, nodes, len(documents), "the same with 10 copies gone, repaired")
    if status["repaired"] != 10:
        raise Trouble(f"of 10 lost copies {status['repaired']} were repaired")
    asked = Row("comparing as configured by default (2 %): CPU of Miroir and nodes, of one core", [share], "%", "<= 2", at_most(2))
    return [asked] + same + again + differing

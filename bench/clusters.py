"""Searches and ingestion through Miroir over three nodes, against the nodes without it."""

import gzip
import json
import pathlib
import subprocess
import time

import recording
import stage
from rooms import Row, at_least, at_most

RANKING = pathlib.Path(__file__).resolve().parents[1] / "tests" / "ranking"
BATCH = 2000


def corpus():
    return json.loads(gzip.decompress((RANKING / "corpus.json.gz").read_bytes()))


def engine_name(place):
    return "Meilisearch" if place.engine else "embedded nodes"


def prepare(server, index):
    settings = json.loads((RANKING / "settings.json").read_text())
    stage.await_task(server, stage.must(server, "POST", "/indexes", {"uid": index, "primaryKey": "id"}))
    stage.await_task(server, stage.must(server, "PATCH", f"/indexes/{index}/settings", settings))


def send(server, index, batches):
    for batch in batches:
        last = stage.must(server, "POST", f"/indexes/{index}/documents", batch)
    stage.await_task(server, last)


def batches_of(documents):
    return [json.dumps(documents[at:at + BATCH]).encode() for at in range(0, len(documents), BATCH)]


def searches(miroir, calls, direct):
    """What each search through Miroir is and, round by round, which calls it makes of the nodes. `calls`: what the proxies between
    them write down; `direct`: where Miroir is to be asked afterwards."""
    found = []
    for line in gzip.decompress((RANKING / "cases.jsonl.gz").read_bytes()).splitlines():
        case = json.loads(line)
        query = case["request"]
        calls.clear()
        if stage.ask(miroir, "POST", "/indexes/packages/search", query)[0] != 200:
            raise stage.Trouble(f"Miroir refuses {query}")
        through = {"address": direct, "target": "/indexes/packages/search", "key": stage.KEY, "body": json.dumps(query)}
        found.append({"kind": case["kind"], "through": through, "rounds": recording.rounds_of(calls)})
    return found


def play(place, asked, seconds, clients):
    """What both sides took, in microseconds."""
    plan = place.folder / "searches.jsonl"
    plan.write_text("".join(json.dumps(line) + "\n" for line in asked))
    done = subprocess.run([str(place.bin / "fanout_bench"), str(plan), str(seconds), str(clients)], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise stage.Trouble("fanout_bench: " + (done.stdout + done.stderr)[-300:])
    return json.loads(done.stdout)


def recorded(place):
    """Three nodes with the corpus, Miroir before them, and all searches of the exam."""
    nodes, calls = [place.node() for _ in range(3)], []
    proxies = [recording.Proxy(node, calls) for node in nodes]
    try:
        miroir = place.miroir(proxies, server={"threads": 1})
        prepare(miroir, "packages")
        send(miroir, "packages", batches_of(corpus()))
        port = stage.free_port()
        asked = searches(miroir, calls, f"http://127.0.0.1:{port}")
        catalog = str(miroir.folder / "tasks.db")
        place.drop(miroir)
    finally:
        for proxy in proxies:
            proxy.stop()
    return place.miroir(nodes, port, server={"threads": 1}, task_store={"path": catalog}), asked


def side_by_side(place, miroir, asked, quick, clients):
    p50, p99, cpu, bare, took = [], [], [], [], []
    for _ in range(2 if quick else 3 if place.engine else 5):
        before = miroir.cpu()
        found = play(place, asked, 2 if quick else 4, clients)
        p50.append(found["through"]["p50"] / found["bare"]["p50"])
        p99.append(found["through"]["p99"] / found["bare"]["p99"])
        cpu.append((miroir.cpu() - before) / found["asked_through"] * 1e6)
        bare.append(found["bare_cpu"])
        took.append(found["through"]["p50"] / 1000)
    return [Row("  p50 / the same calls without Miroir", p50, "x", "<= 1.15 (aim 1.05)", at_most(1.15)),
            Row("  p99 / the same calls without Miroir", p99, "x", "<= 1.25 (aim 1.05)", at_most(1.25)),
            Row("  CPU of Miroir a search", cpu, "us", "<= 250 (aim 120)", at_most(250)),
            Row("  CPU of the client that sends the same calls itself", bare, "us"),
            Row("  p50 through Miroir", took, "ms")]


def search(place, quick):
    miroir, asked = recorded(place)
    simple = [line for line in asked if len(line["rounds"]) == 1]
    rows = []
    for clients in (1, 8):
        for said, those in (("of one round of calls", simple), ("of all kinds", asked)):
            calls = sum(len(calls) for line in those for calls in line["rounds"]) / len(those)
            rows += [Row(f"search, {len(those)} {said}, 3 {engine_name(place)}, {clients} at a time: calls of nodes each", [calls], "")]
            rows += side_by_side(place, miroir, those, quick, clients)
    return rows


def ingest(place, quick):
    nodes = [place.node() for _ in range(3)]
    miroir = place.miroir(nodes)
    alone = place.node()
    documents = []
    copies = 1 if quick or place.engine else 4
    for copy in range(copies):  # ids stay different
        documents += [dict(document, id=document["id"] + 1_000_000 * copy) for document in corpus()]
    batches = batches_of(documents)
    ratios, shares, rate = [], [], []
    for at in range(1 if quick else 2 if place.engine else 3):
        index, speeds = f"packages{at}", {}
        for name, server in (("miroir", miroir), ("alone", alone)):
            prepare(server, index)
            before, before_nodes = miroir.cpu(), sum(node.cpu() for node in nodes)
            begun = time.monotonic()
            send(server, index, batches)
            speeds[name] = len(documents) / (time.monotonic() - begun)
            if name == "miroir":
                used, used_nodes = miroir.cpu() - before, sum(node.cpu() for node in nodes) - before_nodes
                shares.append(100 * used / (used + used_nodes))
        ratios.append(speeds["miroir"] / speeds["alone"])
        rate.append(speeds["miroir"])
    return [Row(f"ingestion of {len(documents):,}, 3 {engine_name(place)}: documents/s / one node", ratios, "x", ">= 0.9 (aim 1.1)",
                at_least(0.9)),
            Row("  documents/s to success", rate, "1/s"),
            share_of_cpu(place, shares)]


def share_of_cpu(place, shares):
    """The bar is about nodes that are Meilisearch; the embedded engine, which does a tenth of the work, shows no more than a trend."""
    if not place.engine:
        return Row("  Miroir's share of the CPU", shares, "%")
    return Row("  Miroir's share of the CPU", shares, "%", "<= 5", at_most(5))

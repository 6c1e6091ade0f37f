"""Writes by the hundreds a second while kill -9 takes nodes and Miroir, one after another: three nodes, two copies, real
processes. Nothing acknowledged may be lost, nothing deleted may be back, every document ends on two nodes, and while a node
is away writes go on.

  python3 tests/e2e/storm.py [--writes N] [--batch N] [--seconds N] [--writers N] [--away SECONDS]

The nodes are embedded ones, or real ones where MEILISEARCH_BIN names one; MIROIR_BIN names another Miroir than that in
bin/. The rate that was reached is printed beside the one that was asked for, and beside that of as
many writers who send each document to two of three nodes by themselves, without Miroir and its promises. Exits 1 where something was lost or wrong."""

import argparse
import random
import sys
import tempfile
import threading
import time

import moving
from moving import INDEX, OWN, Line, quantile


class Storm(moving.Load):
    """Writers alone: batches of documents that are added, changed and deleted."""

    def __init__(self, where, options):
        super().__init__(where, options.writes, 1, 1, options.writers)
        self.batch = options.batch
        self.acks = []  # (when, how long)
        rate = options.writes / options.writers
        self.threads = [threading.Thread(target=self.write, args=(i, rate), daemon=True) for i in range(options.writers)]

    def write(self, number, rate):
        line = Line(self.where)
        chance = random.Random(number)
        mine = []
        for count, _ in enumerate(self.paced(rate, number)):
            known = chance.choice(mine) if mine and chance.random() < 0.3 else None
            first = known if known is not None else OWN + number * 10_000_000 + count * self.batch
            keys = range(first, first + self.batch)
            gone = known is not None and chance.random() < 0.5
            value = None if gone else f"own {number} {count}"
            began = time.monotonic()
            if gone:
                status, _, _ = line.ask("POST", f"/indexes/{INDEX}/documents/delete-batch", list(keys))
            else:
                status, _, _ = line.ask("POST", f"/indexes/{INDEX}/documents", [{"id": key, "value": value} for key in keys])
            took = time.monotonic() - began
            for key in keys:
                if status == 202:
                    self.expected[key] = {value}
                else:  # it may be there or not, and whatever it was before
                    self.expected.setdefault(key, {None}).add(value)
            if status == 202:
                self.acks.append((time.monotonic(), took))
            else:
                self.refused += 1
            if known is None:
                mine.append(first)
        line.close()


def bare(options, folder):
    """Writes a second that three nodes take when each goes to two of them at once, by the hand of its writer."""
    nodes = [(moving.Engine if moving.ENGINE else moving.Node)(folder, f"bare-{i}") for i in range(3)]
    for node in nodes:
        node.start()
    acks = []
    ended = threading.Event()

    def write(number):
        lines = [Line({"port": node.port}, node.key) for node in nodes]
        chance = random.Random(number)
        count = 0
        while not ended.is_set():
            pair = chance.sample(lines, 2)
            documents = [{"id": OWN + number * 10_000_000 + count + i, "value": "own"} for i in range(options.batch)]
            count += options.batch
            for line in pair:
                line.send("POST", f"/indexes/{INDEX}/documents", documents)
            if [line.hear()[0] for line in pair] == [202, 202]:
                acks.append((time.monotonic(), 0))
        for line in lines:
            line.close()

    threads = [threading.Thread(target=write, args=(i,), daemon=True) for i in range(options.writers)]
    try:
        began = time.monotonic()
        for thread in threads:
            thread.start()
        time.sleep(options.calm)
        return rate_of(acks, began, time.monotonic())
    finally:
        ended.set()
        for node in nodes:
            node.kill()
        for thread in threads:
            thread.join()


def rate_of(acks, since, until):
    return sum(since <= when < until for when, _ in acks) / max(until - since, 0.001)


def longest_silence(acks, since, until):
    moments = [since, *sorted(when for when, _ in list(acks) if since <= when < until), until]
    return max(after - before for before, after in zip(moments, moments[1:]))


def play(options, folder):
    without = bare(options, folder)
    print(f"{options.writers} writers who send each write to two of three nodes by themselves, as fast as these answer: "
          f"{without:.0f}/s", flush=True)
    stage = moving.Stage(options, folder)
    try:
        return play_on(stage, options)
    finally:
        stage.close()


def play_on(stage, options):
    stage.fill()
    load = Storm(stage.where, options)
    began = time.monotonic()
    load.start()
    time.sleep(options.calm)
    calm = rate_of(load.acks, began, time.monotonic())
    chance = random.Random(7)
    away, silences = [], []  # rates and silences with a node dead
    killed = {"node": 0, "Miroir": 0}
    end = time.monotonic() + options.seconds
    while time.monotonic() < end or not all(killed.values()):
        name = chance.choice(list(stage.nodes))
        gone = time.monotonic()
        stage.nodes[name].kill()
        time.sleep(options.away)
        back = time.monotonic()
        away.append(rate_of(load.acks, gone, back))
        silences.append(longest_silence(load.acks, gone, back))
        stage.nodes[name].start()
        killed["node"] += 1
        time.sleep(chance.uniform(0, options.away))
        stage.kill_miroir()
        killed["Miroir"] += 1
        time.sleep(chance.uniform(0, options.away))
    load.stop()
    written = time.monotonic()
    overall = rate_of(load.acks, began, written)

    def whole_again():
        shards = stage.operate("GET", "/_miroir/shards")
        return not shards["debts"] and not shards["behind"] and set(stage.roles().values()) == {"active"}

    stage.settle(whole_again, "everybody has everything")
    lost, wrong = moving.check(stage, load)
    rested = time.monotonic() - written
    print(f"asked for {options.writes:.0f} writes/s of {options.batch} documents; acknowledged {calm:.0f}/s undisturbed, "
          f"{sum(away) / len(away):.0f}/s with a node dead, {overall:.0f}/s over the whole storm", flush=True)
    print(f"a write took p50 {quantile([t for _, t in load.acks], .5) * 1000:.1f} ms, p99 {quantile([t for _, t in load.acks], .99) * 1000:.0f} ms; "
          f"with a node dead nothing was acknowledged for {max(silences) * 1000:.0f} ms at most")
    print(f"killed nodes {killed['node']} times, Miroir {killed['Miroir']} times; {len(load.acks)} writes acknowledged, {load.refused} "
          f"refused or unheard; at rest after {rested:.1f} s")
    print(f"{len(load.expected)} documents: lost {lost}, wrong {wrong}", flush=True)
    return {"lost": lost, "wrong": wrong, "acknowledged": len(load.acks), "away": min(away), "rate": overall, "killed": killed}


def arguments(words=None):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--writes", type=float, default=500, help="a second")
    parser.add_argument("--batch", type=int, default=1, help="documents of one write")
    parser.add_argument("--writers", type=int, default=16)
    parser.add_argument("--seconds", type=float, default=40, help="how long somebody is killed")
    parser.add_argument("--away", type=float, default=3, help="how long a node stays dead, in seconds")
    parser.add_argument("--documents", type=int, default=1000, help="that are there before")
    parser.add_argument("--copies", type=int, default=2)
    parser.add_argument("--shards", type=int, default=16)
    parser.add_argument("--calm", type=float, default=5, help="seconds of writes before anybody is killed")
    return parser.parse_args(words)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as place:
        result = play(arguments(), place)
    sys.exit(1 if result["lost"] or result["wrong"] else 0)

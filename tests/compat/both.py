#!/usr/bin/env python3
"""Plays the recorded scenarios on the embedded node and on a real Meilisearch, and prints where the two differ.

  both.py PROGRAM [ARGUMENT ...]     for instance: MEILISEARCH_BIN=/path/to/meilisearch both.py bin/miroir node"""
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

from cluster import ENGINE_FLAGS
from run import KEY, free_port, play_all, wait_until_up


def played(command, folder):
    """The steps that differ from the recordings, and how many were played."""
    folder.mkdir()
    port = free_port()
    server = subprocess.Popen([*command, "--http-addr", f"127.0.0.1:{port}", "--db-path", str(folder / "data"),
                               "--master-key", KEY, "--experimental-allowed-ip-networks", "127.0.0.0/8"],
                              cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        if not wait_until_up(f"http://127.0.0.1:{port}", server):
            sys.exit(f"{command[0]} did not start")
        scenarios = play_all(f"http://127.0.0.1:{port}", folder)
    finally:
        server.terminate()
        server.wait(timeout=30)
    steps = sum(scenario["steps"] for scenario in scenarios)
    return {f"{scenario['name']}/{failure['id']}" for scenario in scenarios for failure in scenario["failures"]}, steps


def main():
    engine = os.environ.get("MEILISEARCH_BIN") or shutil.which("meilisearch")
    if not engine:
        sys.exit("no Meilisearch at hand: set MEILISEARCH_BIN to its binary")
    node = [str(pathlib.Path(sys.argv[1]).resolve()), *sys.argv[2:]]
    with tempfile.TemporaryDirectory(prefix="miroir-both-") as folder:
        ours, steps = played(node, pathlib.Path(folder) / "node")
        theirs, _ = played([engine, *ENGINE_FLAGS], pathlib.Path(folder) / "engine")
    for name in sorted(ours | theirs):
        where = "both" if name in ours and name in theirs else "the embedded node" if name in ours else "this engine"
        print(f"{name}: {where} differ{'' if where == 'both' else 's'} from the recording")
    print(f"{steps} steps; from the recordings differ: the embedded node {len(ours)}, this engine {len(theirs)}, both {len(ours & theirs)}")
    return 1 if ours - theirs else 0


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
"""Plays the recorded scenarios of reads through Miroir over three nodes with two copies of each shard, one node away.

  cluster.py PROGRAM        for instance: cluster.py bin/miroir

The nodes are embedded ones. Ends with 0 when no other steps than those of known_cluster_misses.txt differ."""
import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

import run

SCENARIOS = """distinct documents-fetch documents-get facet-search facets federated-facets federated-search
    filter-contains filter-errors filter-operators foreign-keys geo-filter geo-sort geojson highlight-crop index-list
    index-stats-fields languages matching-strategy multi-search pagination ranking-rules ranking-score search-basics
    search-metadata search-phrases-negative search-refused search-typo-settings searchable-attributes similar sort
    tenant-tokens vectors vocabulary""".split()
NODE_KEY = "nodeKey-of-the-recordings"


def start_node(program, folder, place):
    port = run.free_port()
    node = subprocess.Popen([program, "node", "--http-addr", f"127.0.0.1:{port}", "--db-path", f"{folder}/node-{place}",
                             "--master-key", NODE_KEY, "--experimental-replication-parameters"],
                            stderr=subprocess.DEVNULL)
    return node, f"http://127.0.0.1:{port}"


def start_miroir(program, folder, addresses):
    port = run.free_port()
    config = {
        "http_addr": f"127.0.0.1:{port}", "metrics_addr": "127.0.0.1:0", "master_key": run.KEY, "node_master_key": NODE_KEY,
        "admin": {"api_key": "adminKey-of-the-recordings"}, "shards": 8, "replication_factor": 2,
        "health": {"interval_ms": 500, "timeout_ms": 500},
        "search": {"unavailable_shards": "error"}, "task_store": {"path": f"{folder}/tasks.db"},
        "nodes": [{"id": f"node-{i}", "address": address} for i, address in enumerate(addresses)],
    }
    file = pathlib.Path(folder) / "miroir.yaml"
    file.write_text(json.dumps(config), encoding="utf-8")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("MIROIR_", "MEILI_"))}
    process = subprocess.Popen([program, "serve", "--config", str(file)], env=environment, stderr=subprocess.DEVNULL)
    return process, f"http://127.0.0.1:{port}"


def wait_until_ready(url):
    deadline = time.monotonic() + run.START_SECONDS
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(url + "/_miroir/ready", timeout=1):
                return True
        except (urllib.error.URLError, OSError):
            time.sleep(0.05)
    return False


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-q", "--quiet", action="store_true", help="no differences, only names")
    parser.add_argument("--whole", action="store_true", help="no node is away")
    parser.add_argument("program", help="miroir")
    options = parser.parse_args()
    processes = []
    with tempfile.TemporaryDirectory(prefix="miroir-compat-") as folder:
        try:
            nodes = [start_node(options.program, folder, place) for place in range(3)]
            processes += [node for node, _ in nodes]
            if not all(run.wait_until_up(url, node) for node, url in nodes):
                print("a node did not start")
                return 1
            miroir, url = start_miroir(options.program, folder, [address for _, address in nodes])
            processes.append(miroir)
            if not wait_until_ready(url):
                print("Miroir is not ready")
                return 1
            if not options.whole:
                nodes[1][0].kill()
            listed = run.known_misses("known_cluster_misses.txt")
            surprises = run.judge(run.play(url, pathlib.Path(folder), SCENARIOS), listed, not options.quiet, strict=False)
            if miroir.poll() is not None:
                print(f"Miroir ended on its own, exit code {miroir.returncode}")
                surprises += 1
        finally:
            for process in processes:
                process.kill()
                process.wait()
    return 1 if surprises else 0


if __name__ == "__main__":
    sys.exit(main())

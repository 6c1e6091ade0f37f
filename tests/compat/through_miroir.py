#!/usr/bin/env python3
"""Plays all recorded scenarios through Miroir over three nodes and compares what came with what is known to differ.

  through_miroir.py PROGRAM [--replicas N] [--groups N] [--reversed] [--nodes N] [--one-away]

With --one-away the scenarios of reads are played while a node is dead. Ends with 0 when exactly the steps of
known_misses_through_miroir.txt differ, and those of known_misses_one_away.txt when a node is, and those of
known_misses_two_groups.txt with groups.

The nodes are embedded ones, or real ones when MEILISEARCH_BIN names the binary. Then that Meilisearch alone is asked too, and
where it differs from the recordings Miroir may; so may the steps of loose_over_meilisearch.txt."""
import argparse
import pathlib
import sys
import tempfile

from both import ENGINE_FLAGS, played
from cluster import ENGINE, Cluster
from run import HERE, judge, known_misses, play_all

LAST = "tasks-cancel"
READS = """distinct documents-fetch documents-get facet-search facets federated-facets federated-search
    filter-contains filter-errors filter-operators foreign-keys geo-filter geo-sort geojson highlight-crop index-list
    index-stats-fields languages matching-strategy multi-search pagination ranking-rules ranking-score search-basics
    search-metadata search-phrases-negative search-refused search-typo-settings searchable-attributes similar sort
    tenant-tokens vectors vocabulary""".split()


def own_misses():
    """Where this Meilisearch differs from the recorded one."""
    with tempfile.TemporaryDirectory(prefix="miroir-compat-") as folder:
        return played([ENGINE, *ENGINE_FLAGS], pathlib.Path(folder) / "engine")[0]


def parts_of(names):
    """What is played on one cluster: real nodes are not at rest when calling tasks off has been tried."""
    alone = [name for name in names if ENGINE and name == LAST]
    return [part for part in ([name for name in names if name not in alone], alone) if part]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-q", "--quiet", action="store_true", help="no differences, only names")
    parser.add_argument("--nodes", type=int, default=3)
    parser.add_argument("--replicas", type=int, default=1)
    parser.add_argument("--groups", type=int, default=1)
    parser.add_argument("--reversed", action="store_true", help="the last scenario first")
    parser.add_argument("--one-away", action="store_true", help="play what reads while a node is dead")
    parser.add_argument("--only", action="append", default=[], help="these scenarios alone")
    parser.add_argument("program", type=pathlib.Path)
    options = parser.parse_args()
    only = options.only or (READS if options.one_away else [])
    listed = known_misses("known_misses_through_miroir.txt", only)
    if options.one_away:
        listed |= known_misses("known_misses_one_away.txt", only)
    if options.groups > 1:
        listed |= known_misses("known_misses_two_groups.txt", only)
    loose, scenarios, surprises = set(), [], 0
    if ENGINE:
        loose = set(known_misses("loose_over_meilisearch.txt")) | own_misses()
    for names in parts_of(only or [path.stem for path in (HERE / "scenarios").glob("*.json")]):
        with tempfile.TemporaryDirectory(prefix="miroir-compat-") as folder, \
                Cluster(str(options.program.resolve()), options.nodes, options.replicas, options.groups) as cluster:
            if options.one_away:
                cluster.kill_node(1)
            scenarios += play_all(cluster.url, pathlib.Path(folder), options.reversed, names)
            surprises += cluster.report_ended()
    surprises += judge(scenarios, listed, not options.quiet, loose)
    return 1 if surprises else 0


if __name__ == "__main__":
    sys.exit(main())

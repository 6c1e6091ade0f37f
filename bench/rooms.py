"""The measurements that need no server: programs written with Google Benchmark, and the rows that all parts give."""

import dataclasses
import json
import subprocess
import typing

import stage


@dataclasses.dataclass
class Row:
    """One line of the table. `holds` judges the median; None: there is no bar."""
    what: str
    values: list | None
    unit: str = ""
    bar: str = ""
    holds: typing.Callable | None = None
    note: str = ""


def at_most(bar):
    return lambda value: value <= bar


def at_least(bar):
    return lambda value: value >= bar


def times_of(place, program, name, quick, counter="cpu_time"):
    """CPU time of each repetition in the unit of the benchmark, or one of its counters."""
    command = [str(place.bin / program), f"--benchmark_filter=^{name}$", f"--benchmark_repetitions={3 if quick else 5}",
               f"--benchmark_min_time={0.1 if quick else 0.3}", "--benchmark_format=json"]
    try:
        done = subprocess.run(command, check=True, capture_output=True, text=True)
    except (OSError, subprocess.CalledProcessError) as failed:
        raise stage.Trouble(f"{program} cannot be run: {failed}") from failed
    return [line[counter] for line in json.loads(done.stdout)["benchmarks"] if line["run_type"] == "iteration"]


def placement(place, quick):
    return [Row("placement of 10,000 ids, 64 shards, 3 nodes", times_of(place, "placement_bench", "route_10k/3/1", quick),
                "ms CPU", "< 0.25 (aim 0.15)", at_most(0.25))]


def merge(place, quick):
    rows = [Row("merge of 3 x 1,000 hits, 2 MB, page of 1,000", times_of(place, "merge_bench", "merge_2mb/1000", quick),
                "ms CPU", "< 3 (aim 1.2)", at_most(3.0)),
            Row("the same, page of 20", times_of(place, "merge_bench", "merge_2mb/20", quick), "ms CPU")]
    for part, what in (("part_read", "of it: reading the replies"), ("part_order/1000", "of it: putting in order"),
                       ("part_write/1000", "of it: writing 1,000 hits")):
        rows.append(Row(what, times_of(place, "merge_bench", part, quick), "ms CPU"))
    return rows


def split(place, quick):
    def megabytes(name):
        return [rate / 1e6 for rate in times_of(place, "split_bench", name, quick, "bytes_per_second")]
    return [Row("splitting JSON over 3 nodes, 1,000 documents", megabytes("split/1000"), "MB/s", ">= 400 (aim 1,000)", at_least(400)),
            Row("the same, 20,000 documents", megabytes("split/20000"), "MB/s", ">= 400 (aim 1,000)", at_least(400)),
            Row("of it: parsing", megabytes("part_parse/1000"), "MB/s"),
            Row("of it: order_documents", megabytes("part_order/1000"), "MB/s")]

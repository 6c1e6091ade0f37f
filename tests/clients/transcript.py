"""Transcripts of client programs: one JSON line a call. `compare` says where two of them differ in what a client can see,
once times, random identifiers and figures of one machine are out of the way."""
import json
import re

TIME = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)?")
UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
SECRET = re.compile(r"\b[0-9a-f]{64}\b")
# Named as the languages name them, without underscores and in small letters.
OPAQUE = {"duration", "processingtimems", "requestuid", "queryuid", "dumpuid", "batchuid", "commitsha", "commitdate", "pkgversion",
          "databasesize", "useddatabasesize", "rawdocumentdbsize", "avgdocumentsize", "precompactionsize",
          "postcompactionsize", "internaldatabasesizes", "performancedetails", "progresstrace", "writechannelcongestion"}


class Names:
    """Gives what is random a name by the order of its first appearance."""

    def __init__(self):
        self.known = {}

    def of(self, kind, text):
        return self.known.setdefault(text, f"<{kind} {len(self.known) + 1}>")


def normal(value, names):
    if isinstance(value, dict):
        return {names_in(name, names): "<opaque>" if opaque(name, part) else normal(part, names) for name, part in value.items()}
    if isinstance(value, list):
        return [normal(part, names) for part in value]
    return names_in(value, names) if isinstance(value, str) else value


def opaque(name, part):
    return part is not None and name.replace("_", "").lower() in OPAQUE


def names_in(text, names):
    text = TIME.sub("<time>", text)
    text = UUID.sub(lambda match: names.of("uid", match.group()), text)
    return SECRET.sub(lambda match: names.of("key", match.group()), text)


def read(text):
    """The calls of a transcript, made comparable, and its last line: what was called."""
    lines = [json.loads(line) for line in text.splitlines()]
    names = Names()
    return [normal(line, names) for line in lines[:-1]], lines[-1] if lines else {}


def paths(left, right, at=""):
    """Where two values differ: (path, left, right)."""
    if isinstance(left, dict) and isinstance(right, dict):
        for name in sorted(set(left) | set(right)):
            yield from paths(left.get(name, "<absent>"), right.get(name, "<absent>"), f"{at}.{name}")
    elif isinstance(left, list) and isinstance(right, list) and len(left) == len(right):
        for place, (one, other) in enumerate(zip(left, right)):
            yield from paths(one, other, f"{at}[{place}]")
    elif left != right:
        yield at.lstrip("."), left, right


def compare(left, right, known):
    """Complaints, as lines. `known` holds (call, path) patterns that may differ; where the path is that of a whole call
    (``), its answer and the tasks it made are not compared at all."""
    out = []
    left, right = list(left), list(right)
    while left and right:
        one, other = left.pop(0), right.pop(0)
        label = one.get("do") or ""
        allowed = [place for call, place in known if call.fullmatch(label)]
        if label == other.get("do") and any(place.fullmatch("") for place in allowed):
            for rest in (left, right):
                while rest and rest[0].get("do") == "wait":
                    rest.pop(0)
            continue
        found = [(path, a, b) for path, a, b in paths(one, other) if not any(place.fullmatch(path) for place in allowed)]
        out += [f"{label} ({one.get('of')}): {path}\n    {short(a)}\n    {short(b)}" for path, a, b in found[:3]]
        if label != other.get("do"):
            return out + ["the programs went different ways from here on"]
    return out + [f"{len(rest)} calls more on one side" for rest in (left, right) if rest]


def short(value):
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 300 else text[:300] + "…"

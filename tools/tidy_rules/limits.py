"""Files, functions and folders stay small. What was too large when a limit came stands in tools/ratchet.toml and may
only shrink."""
import collections
import pathlib
import re
import tomllib

SOURCE_LINES = 600
HEADER_LINES = 200
FUNCTION_LINES = 70
FOLDER_SOURCES = 20
CONTRACT_LINES = 8
OURS = ("src/", "node/", "sim/", "bench/", "tests/")
RATCHET = "tools/ratchet.toml"

_SCOPE = re.compile(r"(?:^|\s)(?:namespace|class|struct|union|enum|extern)\b")
_ASSIGNED = re.compile(r"(?<![=!<>+\-*/|&^%])=(?![=])")


def functions(code):
    """(name, first line, number of lines) of every function body outside other functions."""
    code = re.sub(r"^[ \t]*#(?:[^\n\\]|\\\n|\\.)*", lambda m: re.sub(r"[^\n]", " ", m.group(0)), code, flags=re.MULTILINE)
    depth_of_function = None
    stack = []
    head_start = 0
    for match in re.finditer(r"[{};]", code):
        char, position = match.group(0), match.start()
        if char == ";":
            head_start = position + 1
        elif char == "{":
            if depth_of_function is None:
                head = code[head_start:position]
                if "opaque" in stack:
                    stack.append("opaque")
                elif is_function(head):
                    depth_of_function = len(stack)
                    first = position - len(head.lstrip())
                    stack.append((name_of(head), first))
                else:
                    stack.append("scope" if _SCOPE.search(head) or not head.strip() else "opaque")
            else:
                stack.append("block")
            head_start = position + 1
        else:
            top = stack.pop() if stack else None
            if depth_of_function is not None and len(stack) == depth_of_function:
                name, first = top
                line = code.count("\n", 0, first) + 1
                yield name, line, code.count("\n", first, position) + 1
                depth_of_function = None
            head_start = position + 1


def is_function(head):
    if ")" not in head:
        return False
    flat = head
    while True:
        flatter = re.sub(r"\([^()]*\)", "@", flat)
        if flatter == flat:
            break
        flat = flatter
    if "operator" in head:
        return True
    if _SCOPE.search(flat.split("@")[0]) and "@" not in flat.split(":")[0]:
        return False
    return not _ASSIGNED.search(re.sub(r"<[^<>]*>", "", flat))


def name_of(head):
    names = re.findall(r"([~\w]+(?:::[~\w]+)*|operator\s*\S+?)\s*\(", head)
    if names and re.fullmatch(r"(TYPED_)?TEST(_[FP])?|BENCHMARK\w*", names[0]):
        inside = re.search(r"\(([^()]*)\)", head)
        return "".join(inside.group(1).split()) if inside else names[0]
    return names[0] if names else "?"


def measure(tree):
    """kind -> {what: (size, limit, path, line)} of everything over its limit or in the ratchet."""
    sizes = {"files": {}, "functions": {}, "folders": {}}
    stems = collections.defaultdict(set)
    for file in tree.cpp(*OURS):
        if file.suffix == ".inc":
            continue
        limit = HEADER_LINES if file.suffix == ".h" else SOURCE_LINES
        sizes["files"][file.path] = (len(file.lines), limit, file.path, 1)
        for name, line, length in functions(file.code):
            key = f"{file.path}:{name}"
            if length > sizes["functions"].get(key, (0,))[0]:
                sizes["functions"][key] = (length, FUNCTION_LINES, file.path, line)
        if not file.is_test:
            path = pathlib.PurePath(file.path)
            stems[str(path.parent)].add(path.stem)
    for folder, names in stems.items():
        sizes["folders"][folder] = (len(names), FOLDER_SOURCES, folder, 0)
    return sizes


def ratchet(tree):
    place = tree.root / RATCHET
    return tomllib.loads(place.read_text()) if place.exists() else {}


UNITS = {"files": "lines", "functions": "lines", "folders": "sources"}


def check(tree):
    sizes = measure(tree)
    allowed = ratchet(tree)
    for kind, found in sizes.items():
        old = allowed.get(kind, {})
        for what, (size, limit, path, line) in found.items():
            over = old.get(what, limit)
            name = what.split(":", 1)[1] + " " if kind == "functions" else ""
            if size > max(over, limit):
                yield path, line, f"{name}has {size} {UNITS[kind]}, allowed are {max(over, limit)}; cut it where the thought changes"
        for what, over in old.items():
            size, limit = found.get(what, (0, 0))[:2]
            if over > max(size, limit) or size <= limit:
                yield RATCHET, 0, f"{what} is down to {size}: run tools/tidy --shrink"


def shrink(tree):
    sizes = measure(tree)
    out = ["# What is larger than the limits of tools/tidy. Numbers only go down: tools/tidy --shrink.\n"]
    for kind, old in ratchet(tree).items():
        out.append(f"\n[{kind}]\n")
        for what, over in sorted(old.items()):
            size, limit = sizes[kind].get(what, (0, 0))[:2]
            if size > limit:
                out.append(f'"{what}" = {min(size, over)}\n')
    (tree.root / RATCHET).write_text("".join(out))


def check_headers(tree):
    for file in tree.cpp("src/", "node/"):
        if file.suffix != ".h":
            continue
        contract = 0
        while contract < len(file.lines) and file.lines[contract].startswith("//"):
            contract += 1
        if not 1 <= contract <= CONTRACT_LINES:
            yield file.path, 1, f"begins with {contract} comment lines; 1 to {CONTRACT_LINES} say what it promises"
        if contract >= len(file.lines) or file.lines[contract].strip() != "#pragma once":
            yield file.path, contract + 1, "`#pragma once` follows the comment at once"

"""Includes point downward only, as tools/layers.toml says."""
import re
import tomllib

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]+"([^"]+)"', re.MULTILINE)
# Rooms of the real world inside lower rooms: sockets, threads, clocks. Only who starts programs may know them.
REAL = ("env/real/", "http/wire/")
STARTERS = ("src/app/", "src/admin/", "src/cli/", "src/http/wire/", "src/env/real/")
OUTSIDE = ("sim/", "tests/", "bench/")


def check(tree):
    place = tree.root / "tools/layers.toml"
    rules = tomllib.loads(place.read_text())
    for file in tree.cpp("src/", "node/"):
        if file.is_test:
            continue  # a test may look wherever it must
        for match in INCLUDE.finditer(file.text):
            complaint = judge(rules, file.path, match.group(1))
            if complaint:
                yield file.path, file.line_at(file.text, match.start()), complaint


def judge(rules, path, include):
    """What is wrong with this include in this file, or None."""
    if "/" not in include:
        return f'"{include}": write the whole path from src/'
    if include.startswith(OUTSIDE):
        return f'"{include}": nothing of the product sees sim/, tests/ or bench/'
    if include.startswith(REAL) and not may_see_the_real_world(path):
        return f'"{include}": only app, admin, cli and main files see the real world; take the interface by reference'
    if path.startswith("node/"):
        return judge_node(rules, path, include)
    room = path.split("/")[1] if path.count("/") > 1 else ""
    return judge_room(rules, room, include)


def may_see_the_real_world(path):
    # node/*.cpp joins the node's rooms and runs them.
    return path.startswith(STARTERS) or (path.startswith("node/") and path.count("/") == 1) or path.endswith("_main.cpp") or path.endswith("/main.cpp")


def judge_room(rules, room, include):
    ranks = rules["ranks"]
    if room not in ranks:
        return f"the folder `{room}` has no rank in tools/layers.toml"
    other = include.split("/")[0]
    if other == room:
        return None
    if other == "node":
        return None if room == "app" else f'"{include}": only app starts the embedded node'
    if other not in ranks:
        return f'"{include}": the folder `{other}` has no rank in tools/layers.toml'
    only = rules.get("only", {}).get(room)
    if only is not None and other not in only:
        return f'"{include}": {room} sees only {", ".join(only)}'
    if ranks[other] >= ranks[room]:
        return f'"{include}": {room} (rank {ranks[room]}) may not see {other} (rank {ranks[other]})'
    return None


def judge_node(rules, path, include):
    rooms = rules.get("node", {})
    room = path.split("/")[1] if path.count("/") > 1 else ""
    if room and room not in rooms:
        return f"the folder `node/{room}` has no rank in tools/layers.toml"
    if not include.startswith("node/"):
        other = include.split("/")[0]
        allowed = rules["only"]["node"]
        if other not in allowed:
            return f'"{include}": the embedded node sees only {", ".join(allowed)} of src/'
        return None
    other = include.split("/")[1] if include.count("/") > 1 else ""
    if not room or other == room:
        return None  # node/*.cpp joins the rooms
    if other not in rooms:
        return f'"{include}": a room of the node may not see the file that joins the rooms' if not other else (
            f"the folder `node/{other}` has no rank in tools/layers.toml")
    if rooms[other] >= rooms[room]:
        return f'"{include}": node/{room} (rank {rooms[room]}) may not see node/{other} (rank {rooms[other]})'
    return None

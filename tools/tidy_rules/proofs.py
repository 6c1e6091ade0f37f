"""docs/attacks.md: each fault and each attack has one row, and the tests it names are there."""
import re

PAGE = "docs/attacks.md"
ROWS = [f"F{i}" for i in range(1, 23)] + [f"A{i}" for i in range(1, 21)]
OPEN = ("with that feature", "no test")  # a row without a test says so
_ROW = re.compile(r"\| ([AF]\d+) \|.*\| ([^|]*) \|$")
_GTEST = re.compile(r"\bTEST(?:_F|_P)?\(\s*(\w+),\s*(\w+)")
_SCENARIO = re.compile(r'Scenario\{\s*"(\w+)"')


def known_proofs(tree):
    """All that may be named: `Suite.Name`, `file_test.test_name`, `sim STORY`, `compat SCENARIO`, `fuzz TARGET`."""
    known = set()
    for file in tree.files:
        if file.name.endswith("_test.cpp"):
            known |= {f"{suite}.{name}" for suite, name in _GTEST.findall(file.text)}
        elif file.name.endswith("_test.py"):
            known |= {f"{file.name[:-3]}.{name}" for name in re.findall(r"def (test_\w+)", file.text)}
        elif file.path.startswith("sim/scenarios/") and file.is_cpp:
            known |= {f"sim {name}" for name in _SCENARIO.findall(file.text)}
        elif file.path.startswith("tests/fuzz/") and file.name.endswith("_fuzz.cpp"):
            known.add(f"fuzz {file.name[:-4]}")
    known |= {f"compat {path.stem}" for path in (tree.root / "tests/compat/scenarios").glob("*.json")}
    return known


def check(tree):
    if PAGE not in tree.paths:
        return
    known, seen = known_proofs(tree), []
    for number, line in enumerate((tree.root / PAGE).read_text(encoding="utf-8").splitlines(), 1):
        row = _ROW.fullmatch(line)
        if not row:
            continue
        seen.append(row[1])
        named = re.findall(r"`([^`]+)`", row[2])
        for name in named:
            if name not in known:
                yield PAGE, number, f"there is no test `{name}`"
        if not named and not any(word in row[2] for word in OPEN):
            yield PAGE, number, f"{row[1]} names no test; name one, or say that there is none"
    for name in ROWS:
        if seen.count(name) != 1:
            yield PAGE, 0, f"{name} has {seen.count(name)} rows; each has one"

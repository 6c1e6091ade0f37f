"""No brace and no lambda in a statement that awaits: compilers have freed such temporaries twice, or not at all. And no
coroutine that is a capturing lambda: its captures die before it does."""
import re

_CO_AWAIT = re.compile(r"(?<!operator )\bco_await\b")
_LAMBDA_TASK = re.compile(r"\[(?!\[)[^\]\[]*[&=\w][^\]\[]*\]\s*(?:<[^>]*>\s*)?\([^{};]*\)[^{};]*->\s*(?:\w+::)*Task\s*<")
_CONTROL = re.compile(r"^\s*(?:(?:else\s+)?if(?:\s+constexpr)?|while|switch|for)\s*\(")
_BLOCK_BEFORE = re.compile(r"(?:\)|\b(?:else|do|try|const|noexcept|override|mutable)|[{};:]|^)\s*$")


def statement(code, position):
    """(start, end, brace position or None) of the statement around an await."""
    brace = None
    start = 0
    for index in range(position - 1, -1, -1):
        char = code[index]
        if char == ";":
            start = index + 1
            break
        if char == "{":
            before = code[max(0, index - 200):index]
            tail = re.split(r"[;{}]", before)[-1]
            if _BLOCK_BEFORE.search(before) or ")" in tail and "(" not in tail[tail.rfind(")"):]and not re.search(r"\(\s*\w*\s*$", tail):
                start = index + 1
                break
            brace = index
        elif char == "}":
            after = code[index + 1:position].lstrip()
            if not after.startswith((",", ")", ".", "]")):
                start = index + 1
                break
            brace = index
    control = bool(_CONTROL.match(code[start:position]))
    depth = 0
    end = position
    for end in range(position, len(code)):
        char = code[end]
        if char == "(":
            depth += 1
        elif char == ")":
            depth -= 1
            if depth < 0 and control:
                break
        elif char == "{" and brace is None:
            brace = end
        elif char == ";" and (depth <= 0 or brace is None):
            break
    return start, end, brace


def check(tree):
    for file in tree.cpp():
        if "co_await" in file.code:
            seen = set()
            for match in _CO_AWAIT.finditer(file.code):
                start, _, brace = statement(file.code, match.start())
                if brace is not None and start not in seen:
                    seen.add(start)
                    yield file.path, file.line_at(file.code, match.start()), "a brace or a lambda in the statement that awaits; give it a name on a line before"
        if "Task" in file.code:
            for match in _LAMBDA_TASK.finditer(file.code):
                yield file.path, file.line_at(file.code, match.start()), "a capturing lambda that is a coroutine; make it a function with value parameters"

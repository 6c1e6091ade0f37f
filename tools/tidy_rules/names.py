"""Names say what a thing is; no leftovers; nothing about the machine it was written on."""
import pathlib
import re

BANNED = {
    "Manager": "say what it does: Pool, Registry, Planner",
    "Helper": "say what it is for",
    "Helpers": "say what it is for",
    "Util": "name the one thing it does",
    "Utils": "name the one thing it does",
    "Common": "name what is common",
    "Impl": "name what makes this one different",
    "Data": "name what it holds",
    "New": "what is new is old next year",
    "V2": "replace the first one",
}
_DECLARED = re.compile(r"\b(?:class|struct|enum class|enum|union|concept|namespace|using)\s+(?:\[\[\w+\]\]\s*)?(\w+)")
_WORDS = re.compile(r"V2|[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_BANNED_PARTS = {word.lower(): why for word, why in BANNED.items()}


def banned_in(identifier):
    for word in _WORDS.findall(identifier):
        if word in BANNED:
            return word
    for part in identifier.split("_"):
        if part in _BANNED_PARTS and "_" in identifier or identifier in _BANNED_PARTS:
            return part
    return None


def check(tree):
    for file in tree.cpp():
        stem = pathlib.PurePath(file.path).stem
        folders = pathlib.PurePath(file.path).parts[:-1]
        for part in [*stem.split("_"), *folders]:
            if part.lower() in _BANNED_PARTS:
                yield file.path, 0, f"`{part}` in a file's name: {_BANNED_PARTS[part.lower()]}"
        for match in _DECLARED.finditer(file.code):
            word = banned_in(match.group(1))
            if word:
                why = _BANNED_PARTS[word.lower()]
                yield file.path, file.line_at(file.code, match.start()), f"`{match.group(1)}` contains {word}: {why}"


_LEFTOVER = re.compile(r"\b(?:FIX" r"ME|TO" r"DO|XX" r"X|HA" r"CK)\b")


def check_leftovers(tree):
    for file in tree.texts():
        for match in _LEFTOVER.finditer(file.text):
            line = file.text[file.text.rfind("\n", 0, match.start()) + 1:match.start()]
            if file.is_cpp and not re.search(r"//|/?\*", line):
                continue  # a string may say so
            yield file.path, file.line_at(file.text, match.start()), f"{match.group(0)}: do it, or say in the issue tracker why not"


_MACHINE = re.compile(r"(?<![\w.:/])/(?:work|root|home/\w+|Users/\w+)/|\.\./shared\b|/tmp/bash_jobs")


def check_machine_paths(tree):
    for file in tree.texts():
        if file.path.startswith("tools/tidy"):
            continue
        for match in _MACHINE.finditer(file.text):
            yield file.path, file.line_at(file.text, match.start()), f"`{match.group(0)}` exists on one machine only"

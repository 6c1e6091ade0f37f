"""The changelog keeps its form and no document points at nothing."""
import pathlib
import posixpath
import re

SECTIONS = ["Safety and performance", "Features", "Fixes", "Internals"]
_VERSION = re.compile(r"## (\d+\.\d+\.\d+) - \d{4}-\d{2}-\d{2}")


def changelog_problems(text):
    lines = text.splitlines()
    if not lines or lines[0] != "# Changelog":
        yield 1, "begins with `# Changelog`"
    releases = [(number, line) for number, line in enumerate(lines, 1) if line.startswith("## ")]
    if not releases or releases[0][1] != "## Unreleased":
        yield releases[0][0] if releases else 1, "`## Unreleased` stands on top"
    order = -1
    entries = 1
    for number, line in enumerate(lines, 1):
        if line.startswith("## "):
            order = -1
            if line != "## Unreleased" and not _VERSION.fullmatch(line):
                yield number, "a release is `## 1.2.3 - 2026-01-31`"
            if line == "## Unreleased" and number != releases[0][0]:
                yield number, "`## Unreleased` stands once, on top"
        if line.startswith("### "):
            if entries == 0:
                yield number, "the section before has no entry; take it away"
            entries = 0
            name = line[4:]
            if name not in SECTIONS:
                yield number, f"sections are {', '.join(SECTIONS)}"
            elif SECTIONS.index(name) <= order:
                yield number, f"sections come in this order: {', '.join(SECTIONS)}"
            else:
                order = SECTIONS.index(name)
        if line.startswith("- "):
            entries += 1
            if order < 0:
                yield number, "an entry stands in a section"


def check_changelog(tree):
    if "CHANGELOG.md" not in tree.paths:
        yield "CHANGELOG.md", 0, "is missing"
        return
    for line, message in changelog_problems((tree.root / "CHANGELOG.md").read_text()):
        yield "CHANGELOG.md", line, message


_LINK = re.compile(r"(?<!!)\[[^\]\n]*\]\(([^()\s]+)\)")
_FENCE = re.compile(r"^(```|~~~).*?^\1", re.MULTILINE | re.DOTALL)
_MENTION = re.compile(r"(?<![\w/.-])docs/[\w/.-]+\.md\b")


def slugs(text):
    out = set()
    for heading in re.findall(r"^#{1,6}\s+(.*?)\s*#*$", _FENCE.sub("", text), re.MULTILINE):
        plain = re.sub(r"[^\w\- ]", "", heading.lower())
        slug = plain.replace(" ", "-")
        number = 1
        unique = slug
        while unique in out:
            unique = f"{slug}-{number}"
            number += 1
        out.add(unique)
    return out


def check_links(tree):
    by_path = {file.path: file for file in tree.files}
    folders = {str(parent) for path in tree.paths for parent in pathlib.PurePosixPath(path).parents}
    for file in tree.texts():
        for match in () if file.path == "tools/tidy_test.py" else _MENTION.finditer(file.text):
            if match.group(0) not in tree.paths:
                yield file.path, file.line_at(file.text, match.start()), f"{match.group(0)} does not exist"
        if file.suffix != ".md":
            continue
        text = _FENCE.sub(lambda m: re.sub(r"[^\n]", " ", m.group(0)), file.text)
        for match in _LINK.finditer(text):
            target, _, anchor = match.group(1).partition("#")
            if re.match(r"[a-z]+:", match.group(1)):
                continue
            path = posixpath.normpath(posixpath.join(posixpath.dirname(file.path), target)) if target else file.path
            line = file.line_at(text, match.start())
            if path not in tree.paths and path not in folders:
                yield file.path, line, f"the link to {match.group(1)} leads nowhere"
            elif anchor and path.endswith(".md") and anchor not in slugs(by_path[path].text):
                yield file.path, line, f"{path} has no heading #{anchor}"

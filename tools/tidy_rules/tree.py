"""The files of the repository, read once: their text, and for C++ the code without comments and strings."""
import functools
import pathlib
import re
import subprocess

TEXT_SUFFIXES = {".h", ".cpp", ".inc", ".py", ".md", ".txt", ".toml", ".json", ".yaml", ".yml", ".cmake", ".sh", ".html", ".css", ".js", ""}
LARGEST = 400_000  # bytes; recordings and corpora are no text of ours

# Comments, raw strings, strings, characters; a quote between digits (1'000) begins nothing.
_QUIET = re.compile(
    r'//(?:[^\n\\]|\\.)*|/\*.*?\*/|R"([^()\\ \n]{0,16})\(.*?\)\1"|"(?:\\.|[^"\\\n])*"|(?<![0-9A-Za-z_])\'(?:\\.|[^\'\\\n])+\'',
    re.DOTALL,
)


def _blank(match: re.Match) -> str:
    text = match.group(0)
    if text.startswith(("//", "/*")):
        return re.sub(r"[^\n]", " ", text)
    # A string stays a token, so that `f("x")` is not read as `f()`.
    return '"' + re.sub(r"[^\n]", " ", text[1:-1]) + '"'


class File:
    def __init__(self, root: pathlib.Path, path: str):
        self.path = path
        self.place = root / path
        self.suffix = pathlib.PurePath(path).suffix
        self.name = pathlib.PurePath(path).name
        self.is_cpp = self.suffix in (".h", ".cpp", ".inc")
        self.is_test = self.name.endswith("_test.cpp") or path.startswith("tests/")

    @functools.cached_property
    def text(self) -> str:
        return self.place.read_text(encoding="utf-8", errors="replace")

    @functools.cached_property
    def lines(self) -> list:
        return self.text.splitlines()

    @functools.cached_property
    def code(self) -> str:
        """The text with comments and the insides of strings blanked: same length, same lines."""
        return _QUIET.sub(_blank, self.text)

    @staticmethod
    def line_at(text: str, position: int) -> int:
        return text.count("\n", 0, position) + 1


class Tree:
    def __init__(self, root: pathlib.Path):
        self.root = root
        listed = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            cwd=root, capture_output=True, check=True, text=True,
        ).stdout.split("\0")
        paths = sorted({path for path in listed if path and (root / path).is_file()})
        self.paths = set(paths)
        self.files = [File(root, path) for path in paths]

    def cpp(self, *tops: str) -> list:
        return [file for file in self.files if file.is_cpp and (not tops or file.path.startswith(tops))]

    def texts(self) -> list:
        return [f for f in self.files if f.suffix in TEXT_SUFFIXES and f.place.stat().st_size <= LARGEST]

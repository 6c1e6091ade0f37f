"""Time, chance, threads, the environment and files come only through the doors: everything else is replayed from a seed."""
import re

# What may use everything. Tests may too, but for sleeping: a test that sleeps is slow or flaky, mostly both.
DOORS = ("src/env/real/", "src/http/wire/", "src/config/", "src/app/", "src/cli/", "bench/", "tests/")
STORES = ("src/tasks/sqlite/", "src/tasks/redis/", "node/store/", "src/env/file_lock.cpp")

SLEEPING = re.compile(r"\bthis_thread::sleep_\w+|\b(?:usleep|nanosleep)\b|(?<![\w.>:])sleep\s*\(")
FORBIDDEN = [
    (re.compile(r"_clock::now\b|\bgettimeofday\b|\bclock_gettime\b|(?<![\w.>:])time\s*\(\s*(?:nullptr|NULL|0)\s*\)"), "env::Clock tells the time"),
    (re.compile(r"\brandom_device\b|\bmt19937\w*|(?<![\w.>:])s?rand\s*\(|\bstd::shuffle\b|\bstd::sample\b|\bstd::\w+_distribution\b"), "env::Random gives chance, the same for a seed on every machine"),
    (re.compile(r"\bstd::(?:jthread|thread|async)\b|\bpthread_create\b|\bstd::this_thread\b"), "env::Executor runs things"),
    (re.compile(r"\b(?:secure_)?getenv\b"), "config reads the environment"),
]
FILES = (re.compile(r"\bstd::(?:[io]?fstream|filesystem)\b|\bfopen\b|(?<![\w>])::open\s*\("), "a store or env/real opens files")
SQL = (re.compile(r"random\(\)|(?:date|time|datetime|strftime)\s*\(\s*'now'|CURRENT_TIMESTAMP", re.IGNORECASE), "SQL gets time and chance as parameters")


def check(tree):
    for file in tree.cpp():
        for match in SLEEPING.finditer(file.code):
            if not file.path.startswith(DOORS) or file.is_test:
                yield file.path, file.line_at(file.code, match.start()), f"{match.group(0)}: wait for what happens, not for time to pass"
        if file.path.startswith("src/tasks/"):
            for match in SQL[0].finditer(file.text):
                yield file.path, file.line_at(file.text, match.start()), f"{match.group(0)}: {SQL[1]}"
        if file.is_test or file.path.startswith(DOORS) or file.name.endswith("main.cpp"):
            continue
        store = file.path.startswith(STORES)
        for pattern, instead in FORBIDDEN if store else [*FORBIDDEN, FILES]:
            if store and "Executor" in instead:
                continue
            for match in pattern.finditer(file.code):
                yield file.path, file.line_at(file.code, match.start()), f"{match.group(0).strip()}: {instead}"

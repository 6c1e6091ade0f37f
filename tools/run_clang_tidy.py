"""clang-tidy over the sources named on standard input, several at a time; prints each complaint once and counts them.

usage: run_clang_tidy.py BUILD_FOLDER JOBS < list
"""
import concurrent.futures
import pathlib
import re
import subprocess
import sys

COMPLAINT = re.compile(r"^.*: (?:error|warning): .*\[.*\]$", re.MULTILINE)


def lint(build, source):
    done = subprocess.run(["clang-tidy-19", "-p", build, "--quiet", source], capture_output=True, text=True, check=False)
    return done.returncode, done.stdout


def main():
    build, jobs = sys.argv[1], int(sys.argv[2])
    known = (pathlib.Path(build) / "compile_commands.json").read_text()
    sources = [line.strip() for line in sys.stdin if line.strip() and f"/{line.strip()}\"" in known]
    seen = set()
    broken = 0
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        for code, output in pool.map(lambda source: lint(build, source), sources):
            found = COMPLAINT.findall(output)
            broken += code != 0 and not found
            if code != 0 and not found:
                print(output)
            for complaint in found:
                if complaint not in seen:
                    seen.add(complaint)
                    print(complaint, flush=True)
    print(f"clang-tidy: {len(seen)} complaints in {len(sources)} files")
    return 1 if seen or broken else 0


if __name__ == "__main__":
    sys.exit(main())

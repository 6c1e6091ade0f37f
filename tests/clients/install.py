"""Brings the published clients, Node.js and Go into build/clients, once for each state of the lock files.

  python3 tests/clients/install.py    prints nothing when all is there; one line names what could not be had"""
import fcntl
import hashlib
import os
import pathlib
import shutil
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
PLACE = ROOT / "build" / "clients"
LOCKS = ("requirements.txt", "package.json", "package-lock.json", "go.mod", "go.sum")
SECONDS = 600

PYTHON = PLACE / "tools/bin/python"
NODE = PLACE / "tools/bin/node"
NODE_MODULES = PLACE / "js/node_modules"
GO_PROGRAM = PLACE / "go/life"


class Missing(Exception):
    pass


def state():
    """Names what is wanted; other interpreters want other wheels."""
    digest = hashlib.sha256(sys.version.encode())
    for name in LOCKS:
        digest.update((HERE / name).read_bytes())
    return digest.hexdigest()


def run(what, command, **more):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=SECONDS, check=False, text=True, **more)
    if done.returncode != 0:
        lines = [line for line in done.stdout.splitlines() if line.strip()]
        cause = next((line for line in reversed(lines) if "rror" in line), lines[-1] if lines else "no output")
        (PLACE / "install.log").write_text(done.stdout)
        raise Missing(f"cannot get {what}: {cause.strip()[:300]} (all of it: build/clients/install.log)")


def install_python():
    tools = PLACE / "tools"
    shutil.rmtree(tools, ignore_errors=True)
    run("a Python environment", [sys.executable, "-m", "venv", str(tools)])
    run("the Python packages", [str(PYTHON), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-compile",
                                "--require-hashes", "--only-binary", ":all:", "-r", str(HERE / "requirements.txt")])


def install_javascript():
    folder = PLACE / "js"
    folder.mkdir(exist_ok=True)
    for name in ("package.json", "package-lock.json"):
        shutil.copy(HERE / name, folder)
    path = f"{NODE.parent}{os.pathsep}{os.environ['PATH']}"
    run("the npm packages", [str(NODE.parent / "npm"), "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"],
        cwd=folder, env={**os.environ, "PATH": path})


def build_go():
    """Every time: the program is ours. Takes a second when nothing has changed."""
    folder = PLACE / "go"
    environment = {**os.environ, "PATH": f"{NODE.parent}{os.pathsep}{os.environ['PATH']}", "GOPATH": str(folder / "path"),
                   "GOCACHE": str(folder / "cache"), "GOTOOLCHAIN": "local", "GOFLAGS": "-mod=readonly -modcacherw -buildvcs=false",
                   "CGO_ENABLED": "0"}
    environment.pop("GOROOT", None)
    run("the Go packages", [str(NODE.parent / "go"), "mod", "download"], cwd=HERE, env=environment)
    run("the Go program", [str(NODE.parent / "go"), "build", "-o", str(GO_PROGRAM), "."], cwd=HERE, env=environment)


def install():
    PLACE.mkdir(parents=True, exist_ok=True)
    with open(PLACE / "lock", "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        stamp, wanted = PLACE / "state", state()
        if not stamp.exists() or stamp.read_text() != wanted:
            stamp.unlink(missing_ok=True)
            install_python()
            install_javascript()
            stamp.write_text(wanted)
        build_go()


if __name__ == "__main__":
    try:
        install()
    except (Missing, subprocess.TimeoutExpired, OSError) as problem:
        sys.exit(f"clients: {problem}")

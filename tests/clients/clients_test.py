"""The published clients for Python, JavaScript and Go against Miroir over three nodes with two copies, and against one node:
every method of each is called, and the two transcripts say the same. With MEILISEARCH_BIN the nodes are real ones.

Run: python3 tests/clients/clients_test.py (MIROIR_BIN names another program than bin/miroir)."""
import fnmatch
import os
import pathlib
import re
import subprocess
import sys
import unittest

import install
import servers
import transcript

HERE = pathlib.Path(__file__).resolve().parent
sys.path.append(str(HERE.parent / "e2e"))
from fake_model import FakeModel  # noqa: E402
from node_process import call  # noqa: E402

ROUNDS = 60
SECONDS = 240


def known_differences(program):
    """(call, path) patterns that may differ for this program."""
    out = []
    for line in (HERE / "known_differences.txt").read_text().splitlines():
        if not line.startswith("#"):
            of, call, path, _ = (part.strip() for part in line.split("|", 3))
            if of in (program, "*"):
                out.append((re.compile(fnmatch.translate(call)), re.compile(re.escape(path).replace(r"\*", ".*"))))
    return out


def environment(**more):
    return {**{name: value for name, value in os.environ.items() if not name.startswith("MEILI")}, **more}


def run(command, server):
    done = subprocess.run([*command, server.url, servers.KEY], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                          timeout=SECONDS, check=False, env=environment(NODE_PATH=str(install.NODE_MODULES)))
    if done.returncode != 0:
        last = done.stdout.splitlines()[-1:] or ["nothing"]
        raise AssertionError(f"{command[0]} ended with {done.returncode} after telling {last[0][:400]}\n{done.stderr[-2000:]}")
    return transcript.read(done.stdout.replace(server.url, "<url>"))


class Life(unittest.TestCase):
    """One application's life, told by each client."""

    def compare(self, program, command):
        with servers.Single() as single:
            expected, _ = run(command, single)
        with servers.Cluster() as cluster:
            told, last = run(command, cluster)
        self.assertEqual([], last["uncalled"], "no call covers these methods of the client")
        self.assertEqual([], last["idle"], "named as impossible, and called all the same")
        complaints = transcript.compare(expected, told, known_differences(program))
        self.assertEqual([], complaints, f"{len(complaints)} differences (one node first):\n" + "\n".join(complaints[:20]))
        print(f"{program}: {last['methods']} methods, {len(told)} answers the same", file=sys.stderr)

    def test_python(self):
        self.compare("python", [str(install.PYTHON), str(HERE / "life.py")])

    def test_javascript(self):
        program = install.PLACE / "js" / "life.mjs"  # beside the packages, where modules are looked for
        program.write_text((HERE / "life.mjs").read_text())
        (install.PLACE / "js" / "library.json").write_text((HERE / "library.json").read_text())
        self.compare("javascript", [str(install.NODE), str(program)])

    def test_go(self):
        self.compare("go", [str(install.GO_PROGRAM)])


class Talk(unittest.TestCase):
    """A model that is told what to say searches the cluster, and the clients hear what it says."""

    def test_clients_hear_the_model(self):
        program = install.PLACE / "js" / "talk.mjs"
        program.write_text((HERE / "talk.mjs").read_text())
        model = FakeModel()
        self.addCleanup(model.stop)
        with servers.Cluster(more="experimental_allowed_ip_networks: 127.0.0.0/8\n") as cluster:
            port = int(cluster.url.rsplit(":", 1)[1])
            for method, path, body in (("PATCH", "/experimental-features", {"chatCompletions": True}),
                                       ("POST", "/indexes", {"uid": "films", "primaryKey": "id"}),
                                       ("PATCH", "/chats/guide/settings", {"source": "vLlm", "baseUrl": model.url, "apiKey": "k"})):
                self.assertLess(call(port, method, path, servers.KEY, body).status, 300)
            for command in ([str(install.PYTHON), str(HERE / "talk.py")], [str(install.NODE), str(program)]):
                done = subprocess.run([*command, cluster.url, servers.KEY], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                      timeout=SECONDS, check=False, env=environment(NODE_PATH=str(install.NODE_MODULES)))
                self.assertEqual(("Found it.\n", 0), (done.stdout, done.returncode), done.stderr[-2000:])
                self.assertEqual(model.requests[-1][2]["messages"][-1]["role"], "tool")


class OneNodeDown(unittest.TestCase):
    """An application that writes, waits and searches does not notice that a node dies and comes back."""

    def test_goes_on(self):
        with servers.Cluster() as cluster:
            command = [str(install.PYTHON), str(HERE / "steady.py"), cluster.url, servers.KEY, str(ROUNDS)]
            with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment()) as client:
                seen = []
                for line in client.stdout:
                    seen.append(line.rstrip())
                    if line.strip() == f"round {ROUNDS // 4}":
                        cluster.nodes[1].kill()
                    if line.strip() == f"round {ROUNDS // 2}":
                        cluster.nodes[1].start()
            self.assertEqual((0, "done"), (client.returncode, seen[-1] if seen else ""), "\n".join(seen[-5:]))


if __name__ == "__main__":
    unittest.main()

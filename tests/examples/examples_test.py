"""The compose file, its configuration, the smoke script and the image, as far as they go without Docker: the same topology
runs as processes (with MEILISEARCH_BIN over real nodes), the image in a chroot as its own user.

Run: python3 tests/examples/examples_test.py (MIROIR_BIN names another program than bin/miroir)."""
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "clients"))
import servers  # noqa: E402

EXAMPLES = ROOT / "examples"
COMPOSE = yaml.safe_load((EXAMPLES / "docker-compose.yml").read_text())
CONFIG = yaml.safe_load((EXAMPLES / "dev-config.yaml").read_text())
NODE_FLAGS = {"--experimental-replication-parameters", "--max-indexing-memory=512MiB"}
USER = 7700


def output_of(command, **more):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=120, check=False, **more)
    return done.returncode, done.stdout


def smoke(url, key):
    return output_of([sys.executable, str(EXAMPLES / "smoke.py"), url, key])


class Compose(unittest.TestCase):
    """The compose file and dev-config.yaml tell of one cluster."""

    def test_the_nodes_are_those_of_the_configuration(self):
        services = {name: service for name, service in COMPOSE["services"].items() if name != "miroir"}
        self.assertEqual({f"http://{name}:7700" for name in services}, {node["address"] for node in CONFIG["nodes"]})
        self.assertEqual(set(services), {node["id"] for node in CONFIG["nodes"]})
        for name, service in services.items():
            self.assertEqual("getmeili/meilisearch:v1.50.0", service["image"])
            self.assertLessEqual(NODE_FLAGS, set(service["command"]), name)
            self.assertEqual(CONFIG["node_master_key"], service["environment"]["MEILI_MASTER_KEY"])

    def test_miroir_finds_its_configuration_its_data_and_its_nodes(self):
        miroir = COMPOSE["services"]["miroir"]
        mounts = dict(mount.split(":")[:2] for mount in miroir["volumes"])
        config = miroir["command"][miroir["command"].index("--config") + 1]
        self.assertEqual("./dev-config.yaml", {inside: outside for outside, inside in mounts.items()}[config])
        self.assertIn(os.path.dirname(CONFIG["task_store"]["path"]), mounts.values())
        self.assertEqual(set(COMPOSE["services"]) - {"miroir"}, set(miroir["depends_on"]))
        inside = {port.rsplit(":", 1)[1] for port in miroir["ports"]}
        self.assertEqual({CONFIG[name].rsplit(":", 1)[1] for name in ("http_addr", "metrics_addr")}, inside)
        volumes = {mount.split(":")[0] for service in COMPOSE["services"].values() for mount in service["volumes"]}
        self.assertEqual(set(COMPOSE["volumes"]), {name for name in volumes if not name.startswith(".")})

    def test_the_configuration_is_what_the_readme_says(self):
        self.assertEqual((16, 1, "dev-key"), (CONFIG["shards"], CONFIG["replication_factor"], CONFIG["master_key"]))
        code, said = output_of([servers.MIROIR, "config", "check", "--config", str(EXAMPLES / "dev-config.yaml")])
        self.assertEqual(0, code, said)


class DevCluster:
    """dev-config.yaml over processes: only addresses and places are others."""

    def __init__(self, folder):
        self.processes = []
        text = (EXAMPLES / "dev-config.yaml").read_text()
        self.port = servers.free_port()
        for node in CONFIG["nodes"]:
            process = servers.start_node(folder, node["id"], CONFIG["node_master_key"])
            self.processes.append(process)
            text = text.replace(node["address"], f"http://127.0.0.1:{process.port}")
        text = text.replace(CONFIG["http_addr"], f"127.0.0.1:{self.port}").replace(CONFIG["metrics_addr"], f"127.0.0.1:{servers.free_port()}")
        text = text.replace(CONFIG["task_store"]["path"], f"{folder}/tasks.db")
        pathlib.Path(folder, "dev-config.yaml").write_text(text)
        command = [servers.MIROIR, "serve", "--config", f"{folder}/dev-config.yaml"]
        self.processes.append(servers.Process(self.port, command, f"{folder}/miroir.log"))
        servers.wait_until(lambda: servers.answers(self.port, "/_miroir/ready"), "Miroir is ready")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for process in reversed(self.processes):
            process.stop()


class Smoke(unittest.TestCase):
    def test_smoke(self):
        with tempfile.TemporaryDirectory() as folder, DevCluster(folder) as cluster:
            url = f"http://127.0.0.1:{cluster.port}"
            for _ in range(2):  # leaves nothing behind that would hinder the next
                code, said = smoke(url, "dev-key")
                self.assertEqual((0, "Miroir works."), (code, said.splitlines()[-1]), said)
            code, said = smoke(url, "another key")
            self.assertNotEqual(0, code, "a wrong key must not pass")
            self.assertIn("invalid_api_key", said)

    def test_smoke_fails_where_nothing_listens(self):
        code, said = smoke(f"http://127.0.0.1:{servers.free_port()}", "dev-key")
        self.assertEqual((1, 1), (code, len(said.splitlines())), said)


class Image(unittest.TestCase):
    """What the Dockerfile puts together, from the program under test."""

    def test_the_dockerfile_names_what_there_is(self):
        text = (ROOT / "Dockerfile").read_text()
        for command in re.findall(r"^RUN (?:\w+=\w+ )*(\S+)", text, re.MULTILINE):
            self.assertTrue(os.access(ROOT / command, os.X_OK), command)
        self.assertRegex(text, rf"(?m)^USER {USER}:{USER}$")
        self.assertRegex(text, r"(?m)^FROM scratch$")

    def test_it_runs_alone_and_not_as_root(self):
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder, "image")
            code, said = output_of([str(ROOT / "tools" / "image_root"), servers.MIROIR, str(root)])
            self.assertEqual(0, code, said)
            os.chmod(folder, 0o755)
            shutil.copy(EXAMPLES / "dev-config.yaml", root / "etc/miroir/config.yaml")
            as_user = ["chroot", f"--userspec={USER}:{USER}", str(root)] if os.getuid() == 0 else ["unshare", "--map-root-user", "chroot", str(root)]
            code, said = output_of([*as_user, "/usr/bin/miroir", "config", "check"])
            self.assertEqual(0, code, said)
            port = servers.free_port()
            listen = ["--http-addr", f"127.0.0.1:{port}", "--metrics-addr", f"127.0.0.1:{servers.free_port()}"]
            miroir = servers.Process(port, [*as_user, "/usr/bin/miroir", "serve", *listen], f"{folder}/log")
            miroir.process.terminate()
            self.assertEqual(0, miroir.process.wait(servers.PATIENCE), pathlib.Path(folder, "log").read_text())
            self.assertTrue((root / "var/lib/miroir/tasks.db").exists(), "the data lies in the volume")
            size = sum(path.lstat().st_size for path in root.rglob("*") if path.is_file())
            self.assertLess(size, 120 << 20, "small")


if __name__ == "__main__":
    unittest.main()

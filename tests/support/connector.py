# SPDX-License-Identifier: Apache-2.0
"""epilogue-connect in a world: its connectors, as deploy/connect/run starts them."""

import json
import os
import pathlib
import subprocess
import urllib.request

from support.process import free_port, spawn, stop, tail, wait_until
from support.standin import TOKEN
from support.world import TOPICS

_ROOT = pathlib.Path(__file__).resolve().parents[2]
_FOLDER = _ROOT / "deploy" / "connect"
_BUILT = _ROOT / "build" / "connect" / "epilogue-connect"
DEAD_LETTERS = "epilogue-connect-dead-letters"


def program():
    """epilogue-connect, built where it is not there yet."""
    if not _BUILT.exists():
        subprocess.run([_FOLDER / "build", "--no-test"], check=True, timeout=900)
    return _BUILT


def environment_of(url):
    """What every connector needs to find its system at a stand-in's `url`."""
    return {
        "GITHUB_API": f"{url}/github", "GITHUB_TOKEN": TOKEN, "GITHUB_REPOSITORY": "acme/security",
        "GITLAB_URL": f"{url}/gitlab", "GITLAB_TOKEN": TOKEN, "GITLAB_PROJECT": "acme/security",
        "JIRA_URL": f"{url}/jira", "JIRA_USER": "bot@example.com", "JIRA_TOKEN": TOKEN, "JIRA_PROJECT": "SEC",
        "AZURE_ORGANIZATION_URL": f"{url}/azure", "AZURE_TOKEN": TOKEN, "AZURE_PROJECT": "Sec Team",
        "THEHIVE_URL": f"{url}/thehive", "THEHIVE_TOKEN": TOKEN,
        "SERVICENOW_URL": f"{url}/servicenow", "SERVICENOW_USER": "bot", "SERVICENOW_PASSWORD": TOKEN,
        "SLACK_API": f"{url}/slack/api", "SLACK_TOKEN": TOKEN,
        "PAGERDUTY_EVENTS": f"{url}/pagerduty", "APPRISE_URL": f"{url}/apprise",
    }


class Connector:
    """A process with the connectors that are named ("sinks/to-github"), not started yet."""

    def __init__(self, world, *names, directory=None, **env):
        self.world, self.names = world, names
        self.log_path = world.folder / "connect.log"
        self.status_port = free_port()
        self.process = None
        directory_path = world.folder / "directory.yaml"
        directory_path.write_text(json.dumps(directory or {"recipients": {}}))  # JSON is YAML
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("EPILOGUE_")},
            **{f"TOPIC_{name.upper().replace('-', '_')}": world.topic(name) for name in TOPICS},
            "KAFKA_BOOTSTRAP_SERVERS": world.broker.bootstrap,
            "KAFKA_GROUP_INSTANCE_ID": "c1", "KAFKA_SESSION_TIMEOUT_MS": "6000",
            "CONNECT_GROUP": f"{world.prefix}-connect", "CONNECT_DEAD_LETTERS": world.topic(DEAD_LETTERS),
            "CONNECT_STATUS_LISTEN": f"127.0.0.1:{self.status_port}", "CONNECT_DIRECTORY": str(directory_path),
            **{name: str(value) for name, value in env.items()},
        }

    def start(self):
        """Starts it, or starts it again; gives it at once."""
        self.process = spawn([program(), "streams", "--no-api", "-o", "service.yaml", "-r", "common.yaml",
                              *(f"{name}.yaml" for name in self.names)],
                             self.log_path, env=self.environment, cwd=_FOLDER)
        return self

    def wait_ready(self, timeout_s=40):
        """Waits till all its connectors are connected."""
        def ready():
            assert self.process.poll() is None, f"epilogue-connect ended; its log:\n{tail(self.log_path)}"
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{self.status_port}/ready", timeout=2) as answer:
                    return answer.status == 200
            except OSError:
                return False
        wait_until(ready, timeout_s, lambda: f"epilogue-connect to be ready; its log:\n{tail(self.log_path)}")
        return self

    @property
    def log(self):
        """All that it has said."""
        return self.log_path.read_text(errors="replace")

    def kill(self):
        """kill -9."""
        self.process.kill()
        self.process.wait(10)

    def stop(self, timeout_s=25):
        """SIGTERM, and the exit code."""
        return stop(self.process, timeout_s)

    def dead_letters(self):
        """All records of the topic of dead letters; none while it is not there."""
        there = self.world.broker.has_topic(self.world.topic(DEAD_LETTERS))
        return self.world.consume_all(DEAD_LETTERS) if there else []

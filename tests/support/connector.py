# SPDX-License-Identifier: Apache-2.0
"""epilogue-connect in a world: its connectors, as deploy/connect/run starts them, and what the senders of webhooks
send to them."""

import base64
import hashlib
import hmac
import http.client
import json
import os
import pathlib
import subprocess

from support.process import free_port, spawn, stop, tail, wait_until
from support.standin_requests import TOKEN
from support.world import TOPICS

_ROOT = pathlib.Path(__file__).resolve().parents[2]
FOLDER = _ROOT / "deploy" / "connect"
_BUILT = _ROOT / "build" / "connect" / "epilogue-connect"
DEAD_LETTERS = "epilogue-connect-dead-letters"
SECRET = "a-secret-for-tests"  # of all senders
_SECRETS = ("GENERIC_TOKEN", "PAGERDUTY_SECRET", "GITHUB_SECRET", "JIRA_SECRET", "GITLAB_SECRET", "SENTINEL_TOKEN",
            "GRAPH_TOKEN", "OPSGENIE_TOKEN", "THEHIVE_TOKEN_IN", "SERVICENOW_TOKEN_IN")
_STANDARD_KEY = base64.b64encode(b"a key of incident.io's").decode()


def program():
    """epilogue-connect, built where it is not there yet."""
    if not _BUILT.exists():
        subprocess.run([FOLDER / "build", "--no-test"], check=True, timeout=900)
    return _BUILT


def environment_of(url):
    """What every sink needs to find its system at a stand-in's `url`."""
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


def counted(counts, name, **labels):
    """What counts() has under a name with these labels, added up."""
    wanted = [f'{label}="{value}"' for label, value in labels.items()]
    return sum(number for key, number in counts.items()
               if key.split("{")[0] == name and all(part in key for part in wanted))


def payload(name):
    """One of the payloads beside the mappings, as an object."""
    return json.loads((FOLDER / f"sources/examples/{name}.json").read_text())


def proof(system, body, secret=SECRET):
    """The header by which a system shows that it knows the secret."""
    signature = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return {"pagerduty": {"X-PagerDuty-Signature": f"v1=00,v1={signature}"},
            "github": {"X-Hub-Signature-256": f"sha256={signature}"},
            "jira": {"X-Hub-Signature": f"sha256={signature}"},
            "gitlab": {"X-Gitlab-Token": secret}}.get(system, {"Authorization": f"Bearer {secret}"})


class Connector:
    """A process with the connectors that are named ("sinks/to-github", "sources/github"), not started yet.
    `directory` is what stands in the file of people; without one there is no such file."""

    def __init__(self, world, *names, directory=None, **env):
        self.world, self.names = world, names
        self.port, self._status_port = free_port(), free_port()
        self.log_path = world.folder / f"connect-{self.port}.log"
        self.process = None
        self._environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("EPILOGUE_")},
            **{f"TOPIC_{name.upper().replace('-', '_')}": world.topic(name) for name in TOPICS},
            **{name: SECRET for name in _SECRETS}, "INCIDENTIO_SECRET": _STANDARD_KEY,
            "KAFKA_BOOTSTRAP_SERVERS": world.broker.bootstrap,
            "KAFKA_GROUP_INSTANCE_ID": "c1", "KAFKA_SESSION_TIMEOUT_MS": "6000",
            "CONNECT_GROUP": f"{world.prefix}-connect", "CONNECT_DEAD_LETTERS": world.topic(DEAD_LETTERS),
            "CONNECT_LISTEN": f"127.0.0.1:{self.port}", "CONNECT_STATUS_LISTEN": f"127.0.0.1:{self._status_port}",
        }
        if directory is not None:
            path = world.folder / "directory.yaml"
            path.write_text(json.dumps(directory))  # JSON is YAML
            self._environment["CONNECT_DIRECTORY"] = str(path)
        self._environment.update((name, str(value)) for name, value in env.items())

    def start(self):
        """Starts it, or starts it again; gives it at once."""
        self.process = spawn([program(), "streams", "--no-api", "-o", "service.yaml", "-r", "common.yaml",
                              *(f"{name}.yaml" for name in self.names)],
                             self.log_path, env=self._environment, cwd=FOLDER)
        return self

    def _get(self, path):
        connection = http.client.HTTPConnection("127.0.0.1", self._status_port, timeout=10)
        try:
            connection.request("GET", path)
            response = connection.getresponse()
            return response.status, response.read()
        finally:
            connection.close()

    def ready(self):
        """Whether it is connected to all that it needs."""
        return self._get("/ready")[0] == 200

    def wait_ready(self, timeout_s=40):
        """Waits till all its connectors are connected, and its webhooks are answered: /ready knows of no
        connector before it is made."""
        sources = [pathlib.Path(name).stem for name in self.names if name.startswith("sources/")]

        def ready():
            assert self.process.poll() is None, f"epilogue-connect ended; its log:\n{tail(self.log_path)}"
            try:
                return self.ready() and all(self.send(name, b"", {}, method="GET")[0] == 405 for name in sources)
            except OSError:
                return False
        wait_until(ready, timeout_s, lambda: f"epilogue-connect to be ready; its log:\n{tail(self.log_path)}")
        return self

    def counts(self):
        """What it has counted: {name: number}, names as Benthos prints them."""
        return json.loads(self._get("/stats")[1])

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

    def send(self, system, body, headers, method="POST"):
        """A request to a source as it is; gives status and answer."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(method, f"/webhooks/{system}", body, headers)
            response = connection.getresponse()
            return response.status, response.read().decode()
        finally:
            connection.close()

    def post(self, system, value, **headers):
        """A payload, with the proof that its system gives."""
        body = value if isinstance(value, bytes) else json.dumps(value).encode()
        return self.send(system, body, {"Content-Type": "application/json", **proof(system, body),
                                        **{k.replace("_", "-"): v for k, v in headers.items()}})

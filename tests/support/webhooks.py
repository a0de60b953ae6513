# SPDX-License-Identifier: Apache-2.0
"""epilogue-connect with sources, and what their senders send."""

import base64
import hashlib
import hmac
import http.client
import json
import os
import pathlib

from support.process import free_port, spawn, tail, wait_until

_ROOT = pathlib.Path(__file__).resolve().parents[2]
FOLDER = _ROOT / "deploy/connect"
_PROGRAM = _ROOT / "build/connect/epilogue-connect"
DEAD_LETTERS = "epilogue-connect-dead-letters"
TOKEN = "a-token-for-tests"
_SECRETS = ("GENERIC_TOKEN", "PAGERDUTY_SECRET", "GITHUB_SECRET", "JIRA_SECRET", "GITLAB_SECRET",
            "SENTINEL_TOKEN", "GRAPH_TOKEN", "OPSGENIE_TOKEN", "THEHIVE_TOKEN_IN",
            "SERVICENOW_TOKEN_IN")
STANDARD_KEY = base64.b64encode(b"a key of incident.io's").decode()


def counted(counts, name, **labels):
    """What counts() has under a name with these labels, added up."""
    wanted = [f'{label}="{value}"' for label, value in labels.items()]
    return sum(number for key, number in counts.items()
               if key.split("{")[0] == name and all(part in key for part in wanted))


def payload(name):
    """One of the payloads beside the mappings, as an object."""
    return json.loads((FOLDER / f"sources/examples/{name}.json").read_text())


class Sources:
    """Runs connectors ("sources/github") on a broker. `topics` gives the name of a topic."""

    def __init__(self, folder, bootstrap, topics, *names, **environment):
        assert _PROGRAM.exists(), "run deploy/connect/build --no-test first; tests/run does"
        self.port, self._status = free_port(), free_port()
        self.log_path = pathlib.Path(folder) / f"connector-{self.port}.log"
        self._names = [f"{name}.yaml" for name in names]
        self._environment = {
            **os.environ, **{name: TOKEN for name in _SECRETS}, "INCIDENTIO_SECRET": STANDARD_KEY,
            "KAFKA_BOOTSTRAP_SERVERS": bootstrap,
            "CONNECT_LISTEN": f"127.0.0.1:{self.port}",
            "CONNECT_STATUS_LISTEN": f"127.0.0.1:{self._status}",
            "CONNECT_DEAD_LETTERS": topics(DEAD_LETTERS),
            **{"TOPIC_" + name.upper().replace("-", "_"): topics(name) for name in (
                "incident-closed", "finding-updated", "task-updated", "followup-tasks",
                "followup-reminders")},
            **environment}
        self.process = None

    def launch(self):
        """Starts it, and does not wait."""
        self.process = spawn(
            [_PROGRAM, "streams", "--no-api", "-o", "service.yaml", "-r", "common.yaml", *self._names],
            self.log_path, env=self._environment, cwd=FOLDER)

    def start(self):
        """Starts it, or again after kill(), and waits till it listens."""
        self.launch()
        wait_until(self._listens, 30, lambda: f"the connector; its log:\n{tail(self.log_path)}")
        return self

    def _listens(self):
        assert self.process.poll() is None, tail(self.log_path)
        try:
            return all(self.send(pathlib.Path(name).stem, b"", {}, method="GET")[0] == 405
                       for name in self._names if name.startswith("sources/"))
        except OSError:
            return False

    def kill(self):
        """kill -9"""
        self.process.kill()
        self.process.wait(10)

    def counts(self):
        """What it has counted: {name: number}, names as Benthos prints them."""
        connection = http.client.HTTPConnection("127.0.0.1", self._status, timeout=10)
        connection.request("GET", "/stats")
        return json.loads(connection.getresponse().read())

    def ready(self):
        """Whether it is connected to all that it needs."""
        connection = http.client.HTTPConnection("127.0.0.1", self._status, timeout=10)
        connection.request("GET", "/ready")
        return connection.getresponse().status == 200

    def send(self, system, body, headers, method="POST"):
        """A request as it is; gives status and answer."""
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


def proof(system, body, secret=TOKEN):
    """The header by which a system shows that it knows the secret."""
    signature = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return {"pagerduty": {"X-PagerDuty-Signature": f"v1=00,v1={signature}"},
            "github": {"X-Hub-Signature-256": f"sha256={signature}"},
            "jira": {"X-Hub-Signature": f"sha256={signature}"},
            "gitlab": {"X-Gitlab-Token": secret}}.get(system, {"Authorization": f"Bearer {secret}"})

# SPDX-License-Identifier: Apache-2.0
"""Webhooks of other systems, through epilogue-connect, to what the worker makes of them."""

import json
import random
import threading
import time
import types

import pytest

from support.connector import DEAD_LETTERS, SECRET, Connector, counted, payload, proof
from support.events import closure, finding
from support.process import wait_until

_SOURCES = ("sources/generic", "sources/pagerduty", "sources/github", "sources/jira")


@pytest.fixture
def connector(world):
    world.topics_create(2)
    made = Connector(world, *_SOURCES).start().wait_ready()
    yield made
    assert made.stop() == 0, made.log
    world.admin_delete(DEAD_LETTERS)


def _answer(answer):
    return answer[0], json.loads(answer[1])


def _inc_1042(**members):
    return {"topic": "incident-closed", "value": closure(
        "INC-1042", findings=[{**finding("INC-1042", "F-7"), "severity": "high"}], **members)}


def test_from_four_systems_to_tasks(world, connector):
    world.start_worker().wait_ready()
    assert _answer(connector.post("generic", _inc_1042())) == (202, {"accepted": [
        {"topic": world.topic("incident-closed"), "incident_id": "INC-1042"}]})
    task = "INC-1042/bug/F-7"
    world.wait_task(task, status="open")
    assert connector.post("pagerduty", payload("pagerduty-resolved"))[0] == 202
    opened = world.wait_records("followup-tasks", lambda records: any(
        r.type == "epilogue.incident.opened.v1" and r.key == b"Q1ZK7A0WXYZ4M2" for r in records))
    assert opened
    assert connector.post("jira", payload("jira-assigned"))[0] == 202
    assert world.wait_task(task, owner={"team": "crash-reporting", "person": "alex@example.com"})[
        "tracker"]["key"] == "SEC-311"
    # Whoever has a task may move it: the tracker that spoke last is the one that counts.
    closed = payload("github-closed")
    closed["issue"]["updated_at"] = "2026-12-01T09:00:00Z"
    assert connector.post("github", closed, X_GitHub_Event="issues")[0] == 202
    done = world.wait_task(task, status="resolved")
    assert done["tracker"] == {"system": "github", "key": "acme/security#12",
                               "url": "https://github.example/acme/security/issues/12"}
    # Senders repeat themselves.
    before = len(world.tasks())
    for _ in range(2):
        assert connector.post("jira", payload("jira-assigned"))[0] == 202
        assert connector.post("github", closed)[0] == 202
        assert connector.post("pagerduty", payload("pagerduty-resolved"))[0] == 202
    world.wait_worked_off()
    assert len(world.tasks()) == before
    world.check_outputs()


def test_what_is_not_taken(world, connector):
    good = json.dumps(_inc_1042()).encode()
    refused = [
        (401, "generic", good, {"Authorization": "Bearer " + SECRET + "x"}),
        (401, "generic", good, {"Authorization": SECRET}),
        (401, "generic", good, {}),
        (401, "github", good, proof("github", good, "another secret")),
        (401, "github", good, proof("github", good + b" ")),
        (401, "pagerduty", good, {"X-PagerDuty-Signature": "v1="}),
        (413, "generic", b" " * (5 * 2 ** 20 + 1), proof("generic", b"")),
        (415, "generic", good, {**proof("generic", good), "Content-Encoding": "gzip"}),
    ]
    for status, system, body, headers in refused:
        answer = _answer(connector.send(system, body, headers))
        assert answer[0] == status and answer[1]["error"], (answer, system, headers)
    assert connector.send("generic", good, proof("generic", good), method="GET")[0] == 405
    # Soon after the start a path may still come.
    wait_until(lambda: connector.send("gitlab", good, proof("gitlab", good))[0] == 404, 10, "404")
    # What does not concern us is said so, or a sender would switch the hook off.
    for system, name in (("pagerduty", "pagerduty-ping"), ("github", "github-ping"),
                         ("github", "github-commented"), ("jira", "jira-summary")):
        status, answer = _answer(connector.post(system, payload(name)))
        assert status == 200 and answer["ignored"], (name, answer)
    counts = connector.counts()
    assert counted(counts, "webhook_ignored", source="github") == 2
    assert counted(counts, "webhook_ignored", source="pagerduty", reason="pagey.ping") == 1
    assert counted(counts, "webhook_refused", stream="pagerduty") >= 1
    assert sum(world.ends(name) for name in ("incident-closed", "finding-updated",
                                             "task-updated")) == 0


def test_what_cannot_be_mapped_is_kept(world, connector):
    bodies = [b"incident=INC-1", b'{"topic":"incident-closed","value":{"incident_id":"INC-1"}}',
              json.dumps({"topic": "finding-updated", "value": {
                  "incident_id": "INC-1", "finding_id": "F-1", "title": "x" * 1_100_000}}).encode()]
    sentences = ["the body is no JSON",
                 "it does not say when the incident was closed (closed_at)",
                 "what becomes of it is larger than 1000000 bytes, which is what a record can have"]
    for body, sentence in zip(bodies, sentences):
        assert _answer(connector.post("generic", body)) == (422, {"error": sentence})
    letters = world.consume_all(DEAD_LETTERS)
    assert [letter.header("connect-error") for letter in letters] == sentences
    assert {letter.header("connect-source") for letter in letters} == {"generic"}
    assert [letter.value for letter in letters[:2]] == bodies[:2]
    assert letters[2].value == bodies[2][:900_000]
    assert letters[2].header("connect-truncated") == str(len(bodies[2]))
    assert letters[0].header("connect-truncated") is None


def test_a_broker_that_is_away_is_503(world, connector):
    """The sender is told to send again, not that all is well."""
    assert connector.post("generic", _inc_1042())[0] == 202
    world.broker.freeze()
    try:
        began = time.monotonic()
        status, answer = connector.post("generic", _inc_1042(revision=2))
        assert status == 503 and "send it again" in answer
        assert time.monotonic() - began < 10
    finally:
        world.broker.thaw()
    wait_until(lambda: connector.post("generic", _inc_1042(revision=2))[0] == 202, 60, "202 again")
    world.start_worker().wait_ready()
    world.wait_task("INC-1042/bug/F-7", status="open")
    world.wait_worked_off()
    assert len([r for r in world.tasks() if r.type == "epilogue.incident.opened.v1"]) == 1


@pytest.mark.parametrize("environment, sentence", [
    ({"GENERIC_TOKEN": " "}, "GENERIC_TOKEN is not set"),
    ({"GENERIC_TOKEN": "short"}, "take 8 at least"),
    ({"CONNECT_UNCHECKED": "yes", "CONNECT_LISTEN": "0.0.0.0:0"}, "must be a loopback address"),
    ({"CONNECT_DIRECTORY": "/nowhere/people.yaml"}, "CONNECT_DIRECTORY: open /nowhere/people.yaml"),
], ids=("no-secret", "short", "open-to-all", "no-directory"))
def test_it_does_not_begin(tmp_path, environment, sentence):
    nowhere = types.SimpleNamespace(folder=tmp_path, broker=types.SimpleNamespace(bootstrap="127.0.0.1:1"), prefix="t", topic=str)
    made = Connector(nowhere, "sources/generic", **environment).start()
    assert made.process.wait(30) != 0
    assert sentence in made.log


def test_topics_that_are_not_there_are_named(world):
    made = Connector(world, "sources/generic").start()
    sentence = (f"no such topic at {world.broker.bootstrap}: {world.topic('finding-updated')}, "
                f"{world.topic('incident-closed')}, {world.topic('task-updated')}; "
                "`epilogue topics create` makes Epilogue's own")
    wait_until(lambda: sentence in made.log, 30, lambda: made.log)
    assert not made.ready()
    world.topics_create(1)
    made.wait_ready()  # once they are there
    made.kill()
    world.admin_delete(DEAD_LETTERS)


def test_killed_around_the_answer(world, connector):
    """The sender repeats what was not answered with 202, and what follows happens once."""
    world.start_worker().wait_ready()
    seed = random.randrange(2 ** 32)
    chance = random.Random(seed)
    waiting = [f"INC-{n}" for n in range(60)]
    kills, answered = 0, []

    def send(incident):
        try:
            value = {"topic": "incident-closed", "value": closure(
                incident, findings=[finding(incident, "F-1")])}
            if connector.post("generic", value)[0] == 202:
                answered.append(incident)
        except OSError:
            pass  # killed meanwhile

    while waiting:
        threads = [threading.Thread(target=send, args=(i,)) for i in waiting[:8]]
        for thread in threads:
            thread.start()
        if kills < 10:
            time.sleep(chance.uniform(0, 0.03))
            connector.kill()
            kills += 1
        for thread in threads:
            thread.join()
        if connector.process.poll() is not None:
            connector.start().wait_ready()
        waiting = [i for i in waiting if i not in answered]
    world.wait_worked_off()
    assert kills == 10, seed
    world.check_outputs([(f"INC-{n}", "F-1") for n in range(60)])

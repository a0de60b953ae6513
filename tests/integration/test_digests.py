# SPDX-License-Identifier: Apache-2.0
"""Digests on a real Kafka, and the commands that say who was told."""

import json
import re
import time

import pytest

from support.checker import DIGEST
from support.events import DUE_IN_SECONDS, bug_id, closure, finding
from support.process import wait_until

_TASK = bug_id("INC-1", "F-1")


@pytest.fixture(name="told", scope="module")
def _told(module_world):
    """Eva has a finding in each of three incidents, and all are due."""
    module_world.set_policy(DUE_IN_SECONDS)
    module_world.topics_create(4)
    module_world.start_worker().wait_ready()
    owner = {"team": "web", "person": "eva@example.com"}
    for n in (1, 2, 3):
        module_world.close_incident(closure(f"INC-{n}"), flush=False)
        module_world.update_finding(finding(f"INC-{n}", "F-1", owner=owner), flush=False)
    module_world.publisher.flush()
    module_world.wait_records("followup-reminders", lambda records: sum(
        len(r.json["items"]) for r in records if r.key == b"person:eva@example.com") >= 3)
    return module_world


def test_one_event_for_all_incidents(told):
    records = told.consume_all("followup-reminders")
    assert {r.type for r in records} == {DIGEST}
    hers = [r.json for r in records if r.key == b"person:eva@example.com"]
    items = [item for digest in hers for item in digest["items"]]
    assert sorted(item["task_id"] for item in items) == [bug_id(f"INC-{n}", "F-1")
                                                         for n in (1, 2, 3)]
    assert all(item["roles"] == ["owner"] and item["kind"] == "due" for item in items)
    assert all(digest["urgent"] for digest in hers)
    team = [r.json for r in records if r.key == b"team:web"]
    assert all(item["roles"] == ["on-call"] for digest in team for item in digest["items"])
    told.check_outputs()


def test_show_says_who_was_told(told):
    done = told.run("show", _TASK)
    assert done.returncode == 0, done.stderr
    line = next(line for line in done.stdout.splitlines() if line.startswith("  due  ")
                and "to person" in line)
    assert line.endswith("to person:eva@example.com, team:web")
    state = json.loads(told.run("show", _TASK, "--json").stdout.splitlines()[0])
    (reminder,) = state["reminders"]
    assert (reminder["kind"], reminder["number"]) == ("due", 1)
    assert reminder["to"] == ["person:eva@example.com", "team:web"]
    assert reminder["sent_at"] >= state["due_at"]


@pytest.mark.parametrize("who, keys", [
    ("eva@example.com", {"person:eva@example.com"}),
    ("person:eva@example.com", {"person:eva@example.com"}),
    ("web", {"team:web"}),
    ("team:eva@example.com", set()),
])
def test_tail_of_one_recipient(told, who, keys):
    tail = told.start("tail", "--from-beginning", "--json", "--recipient", who)
    time.sleep(4)
    tail.terminate()
    lines = [json.loads(line) for line in tail.communicate(timeout=20)[0].splitlines()]
    assert {line["key"] for line in lines} == keys


def test_tail_of_single_reminders(world):
    world.set_policy({**DUE_IN_SECONDS, "reminders": {**DUE_IN_SECONDS["reminders"], "digest": False}})
    world.topics_create(1)
    world.start_worker().wait_ready()
    world.close_incident(closure("INC-1"))
    world.update_finding(finding("INC-1", "F-1", owner={"team": "web", "person": "eva"}))
    world.wait_records("followup-reminders", lambda records: any(
        r.json["kind"] == "due" for r in records))
    for who, count in (("person:eva", 1), ("team:web", 1), ("nobody", 0)):
        tail = world.start("tail", "--from-beginning", "--json", "--recipient", who)
        time.sleep(4)
        tail.terminate()
        lines = [json.loads(line) for line in tail.communicate(timeout=20)[0].splitlines()]
        assert len(lines) == count, (who, lines)


def _metric(world, name):
    text = world.workers[-1].get("/metrics")[1]
    return int(re.search(rf"^{name} (\d+)$", text, re.MULTILINE).group(1))


def test_the_metrics_of_digests(told):
    wait_until(lambda: _metric(told, "epilogue_items_waiting") == 0, 20, "all items to be told")
    digests = len(told.consume_all("followup-reminders"))
    assert _metric(told, "epilogue_digests_total") == digests
    assert _metric(told, "epilogue_digest_lateness_seconds_count") == digests

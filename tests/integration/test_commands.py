# SPDX-License-Identifier: Apache-2.0
"""The commands around the worker, on the real Kafka and Redis."""

import json

import pytest

from support.events import bug_id, closure, finding
from support.records import partition_of
from support.worker import json_lines


def test_topics(world):
    created = world.run("topics", "create", "--partitions", 3, "--replication", 1)
    assert created.returncode == 0, created.stderr
    again = world.run("topics", "create", "--partitions", 3, "--replication", 1)
    assert again.returncode == 0, again.stderr
    assert world.run("topics", "check").returncode == 0


def test_topics_check_names_what_is_wrong(world):
    world.admin_create("followup-state", 3)  # not compacted
    created = world.run("topics", "create", "--partitions", 3, "--replication", 1)
    checked = world.run("topics", "check")
    assert checked.returncode == 3, created.stderr
    said = checked.stdout + checked.stderr
    assert world.topic("followup-state") in said and "cleanup.policy" in said


def test_check(world):
    world.topics_create(2)
    checked = world.run("check")
    assert checked.returncode == 0, checked.stdout
    world.redis.client().config_set("maxmemory-policy", "allkeys-lru")
    checked = world.run("check")
    assert checked.returncode == 3 and "noeviction" in checked.stdout + checked.stderr


@pytest.fixture
def published(world):
    """A worker, and three findings sent by `epilogue publish`."""
    world.topics_create(4)
    world.start_worker().wait_ready()
    lines = [{"topic": "incident-closed", "key": "INC-1", "value": closure("INC-1")}]
    lines += [{"topic": "finding-updated", "key": "INC-1", "headers": {"x": "y"},
               "value": finding("INC-1", f"F-{i}")} for i in range(3)]
    path = world.folder / "events.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    done = world.run("publish", path)
    assert done.returncode == 0, done.stderr
    world.wait_created(3)
    return world


def test_publish(published):
    published.check_outputs([("INC-1", f"F-{i}") for i in range(3)])
    bare = published.folder / "bare.jsonl"
    bare.write_text(json.dumps(finding("INC-1", "F-9")) + "\n")
    assert published.run("publish", "--topic", "finding-updated", bare).returncode == 0
    published.wait_task(bug_id("INC-1", "F-9"))
    wrong = published.folder / "wrong.jsonl"
    wrong.write_text(json.dumps({"topic": "finding-updated", "key": "INC-1",
                                 "value": {"incident_id": "INC-1"}}) + "\n")
    refused = published.run("publish", wrong)
    assert refused.returncode in (1, 3) and "finding_id" in refused.stderr
    assert published.consume_all("followup-dead-letters") == []


def test_publish_gives_every_record_its_key(world):
    """Validated or not: 18 of 40 records without a key went to a partition that was not theirs."""
    world.topics_create(4)
    events = [finding(f"INC-{i}", f"F-{i}") for i in range(40)]
    lines = [{"topic": "finding-updated", "value": event} for event in events]
    for line in lines[:10]:  # what the worker will refuse
        line["value"]["status"] = "almost done"
    for line in lines[10:20]:
        line["value"] = {"specversion": "1.0", "id": "1", "source": "/s", "type": "t",
                         "data": line["value"]}
        line["headers"] = {"content-type": "application/cloudevents+json; charset=utf-8"}
    lines[20]["key"] = None
    lines.append({"topic": "finding-updated", "raw_base64": "e30g/w=="})  # nothing to be read
    lines.append({"topic": "finding-updated", "value_null": True})
    path = world.folder / "no-keys.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    assert world.run("publish", path).returncode == 1
    assert world.consume_all("finding-updated") == []
    done = world.run("publish", "--no-validate", path)
    assert done.returncode == 0, done.stderr
    records = world.consume_all("finding-updated")
    keys = {record.key.decode(): record.partition for record in records if record.key}
    assert keys == {e["incident_id"]: partition_of(e["incident_id"], 4) for e in events}
    assert sum(record.key is None for record in records) == 2


def test_list_and_show(published):
    tasks = {task["task_id"]: task
             for task in json_lines(published.run("list", "--incident", "INC-1", "--json"))}
    assert {bug_id("INC-1", f"F-{i}") for i in range(3)} <= tasks.keys()
    of_nobody = published.run("list", "--team", "nobody", "--json")
    assert (of_nobody.returncode, of_nobody.stdout) == (0, "")
    shown = published.run("show", bug_id("INC-1", "F-1"), "--json")
    assert shown.returncode == 0 and bug_id("INC-1", "F-1") in shown.stdout
    assert published.run("show", "INC-1").returncode == 0
    assert published.run("show", "INC-unheard-of").returncode == 1


def test_a_history_is_in_the_order_of_time(published):
    """What came late stands in the topic behind what it was before."""
    path = published.folder / "late.jsonl"
    path.write_text(json.dumps({"topic": "finding-updated", "at": "2026-01-02T09:00:00Z",
                                "value": finding("INC-1", "F-late")}) + "\n")
    assert published.run("publish", path).returncode == 0
    published.wait_task(bug_id("INC-1", "F-late"))
    history = [line for line in json_lines(published.run("show", "INC-1", "--json"))
               if "headers" in line]
    times = [line["headers"]["ce_time"] for line in history]
    assert len(times) > 4 and times == sorted(times)
    assert history[0]["value"].get("finding_id") == "F-late"

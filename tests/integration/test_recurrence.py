# SPDX-License-Identifier: Apache-2.0
"""The same cause in incidents of several shards: who is told of it, what is raised, and where it stands
afterwards."""

import json

import pytest

from support import checker
from support.events import DUE_IN_SECONDS, bug_id, closure
from support.process import wait_until
from support.records import partition_of

_EVALUATED = {"sufficient": True, "complete": True}
_CAUSE = "Tokens in logs"
_RECURRED = "epilogue.finding.recurred.v1"


def _ids(world, count):
    """Incidents of different shards, none of which is that of the cause."""
    return world.ids_apart(count, {partition_of(f"$cause/{_CAUSE.lower()}", world.partitions)})


def _close(world, incident_id, **members):
    world.close_incident(closure(incident_id, response_evaluation=_EVALUATED, findings=[
        {"finding_id": "F-1", "category": "technical-lapse", "severity": "low",
         "title": f"Logs of {incident_id}", "cause_key": _CAUSE, **members}]))


def _recurred(world):
    return [record for record in world.tasks() if record.type == _RECURRED]


@pytest.fixture(name="thrice", scope="module")
def _thrice(module_world):
    """A cause in three incidents, one after the other; of the first two the time is over."""
    world = module_world
    world.set_policy(DUE_IN_SECONDS)
    world.topics_create(4)
    world.start_worker().wait_ready()
    first, second, third = ids = _ids(world, 3)
    _close(world, first, owner={"person": "ada@example.com"})
    world.wait_task(bug_id(first, "F-1"), sla="breached")
    _close(world, second)
    world.wait_task(bug_id(second, "F-1"), sla="breached")
    wait_until(lambda: len(_recurred(world)) == 1, 60, "the second")
    _close(world, third)
    wait_until(lambda: len(_recurred(world)) == 2, 60, "the third")
    world.wait_worked_off()
    return world, ids


def test_it_is_told_once_with_what_was_before(thrice):
    world, (first, second, third) = thrice
    events = {record.json["incident_id"]: record for record in _recurred(world)}
    assert set(events) == {second, third}
    event = events[third]
    assert event.header("ce_id") == f"{third}/recurred/F-1/1"
    value = event.json
    assert (value["cause_key"], value["incidents"], value["n"]) == (_CAUSE, 3, 1)
    assert value["task_id"] == bug_id(third, "F-1")
    earlier = {e["task_id"]: e for e in value["earlier"]}
    assert list(earlier) == [bug_id(first, "F-1"), bug_id(second, "F-1")]
    assert all(e["overdue"] and e["status"] == "open" for e in earlier.values())
    assert earlier[bug_id(first, "F-1")]["owner"] == {"team": None, "person": "ada@example.com"}
    assert value["cause"]["topic"] == world.topic("incident-closed")
    world.check_outputs()
    world.check_causes()


def test_what_is_open_is_raised(thrice):
    world, (first, second, third) = thrice
    tasks = checker.latest_tasks(world.tasks())
    assert [tasks[bug_id(i, "F-1")]["priority"] for i in (first, second, third)] == ["P2", "P3", "P4"]
    raised = [r.json for r in world.tasks() if r.json.get("task_id") == bug_id(first, "F-1")
              and "priority" in r.json.get("changes", {})]
    assert [value["reason"] for value in raised] == [
        f"its cause was seen again, in {second}: {_CAUSE}",
        f"its cause was seen again, in {third}: {_CAUSE}"]


def test_the_response_team_has_it_in_a_digest(thrice):
    world, (_, second, third) = thrice
    wait_until(lambda: {item["incident_id"] for r in world.consume_all("followup-reminders")
                        if r.json["recipient"] == "team:security-response"
                        for item in r.json["items"] if item["kind"] == "recurred"} == {second, third},
               60, "both in digests")


def test_where_it_stands(thrice):
    world, (first, second, third) = thrice
    report = world.run("report", third)
    assert report.returncode == 0, report.stderr
    assert "## Seen before" in report.stdout
    assert f"- {bug_id(first, 'F-1')} Logs of {first}: " in report.stdout
    assert f"- {bug_id(second, 'F-1')} Logs of {second}: " in report.stdout
    assert "## Seen before" not in world.run("report", first).stdout
    stats = world.run("stats", "--json")
    assert json.loads(stats.stdout)["recurrences"] == 2
    shown = world.run("show", third)
    assert "recurred" in shown.stdout
    (entry,) = [r for r in world.consume_all("followup-state")
                if r.key == f"$cause/{_CAUSE.lower()}".encode()][-1:]
    assert entry.partition == partition_of(entry.key, world.partitions)
    assert len(entry.json["findings"]) == 3


def test_a_finding_makes_few_records(thrice):
    """What docs/operations.md says of them: one when it comes, and for each change of what is shown."""
    world, ids = thrice
    told = [r for r in world.consume_all("epilogue-forwarded")
            if r.header("epilogue-kind") == "recurrence"]
    assert all(r.key == f"$cause/{_CAUSE.lower()}".encode() for r in told)
    # Each came, two were raised by the next, and one of them twice.
    assert len(told) == len(ids) + 3
    answers = [r for r in world.consume_all("epilogue-forwarded")
               if r.header("epilogue-kind") == "recurred"]
    assert len(answers) == 2 + 3  # to the new ones, and to those that are raised


def test_it_is_restored(thrice):
    """What is known of a cause comes back from the changelog."""
    world, _ = thrice
    world.redis.client().flushall()
    fourth = "INC-fourth"
    _close(world, fourth)
    wait_until(lambda: len(_recurred(world)) == 3, 60, "the fourth")
    (event,) = [r.json for r in _recurred(world) if r.json["incident_id"] == fourth]
    assert event["incidents"] == 4 and len(event["earlier"]) == 3

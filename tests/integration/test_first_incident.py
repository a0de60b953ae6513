# SPDX-License-Identifier: Apache-2.0
"""The main job: an incident closes, tasks follow, and are closed one after the other."""

import time

import pytest

from support import checker
from support.events import EVALUATED, bug_id, closure, finding, parse_time, structured, task_update
from support.records import partition_of


@pytest.fixture
def ready(world):
    """A world with topics of four partitions and one worker."""
    world.topics_create(4)
    world.start_worker().wait_ready()
    return world


def _of_type(records, ce_type):
    return [record for record in records if record.type == f"epilogue.{ce_type}.v1"]


def test_from_closure_to_completed(ready):
    before_ms = int(time.time() * 1000)
    ready.close_incident(closure(
        "INC-1", revision=1, customer_impacting=True, severity="high",
        findings=[{"finding_id": "F-1", "category": "technical-lapse", "severity": "medium",
                   "title": "Dumps are not redacted"}]), headers={"traceparent": "00-ab-cd-01"})
    ready.update_finding(finding("INC-1", "F-2", revision=1, category="process-flaw"))
    bug = ready.wait_task(bug_id("INC-1", "F-1"))
    entry = ready.wait_task("INC-1/register-entry/F-2")
    for task_id in ("INC-1/postmortem", "INC-1/response-evaluation"):
        assert ready.wait_task(task_id)["queue"] == "response-team"

    (opened,) = _of_type(ready.tasks(), "incident.opened")
    assert opened.json["level"] == "full" and "customer_impacting" in opened.json["because"]
    assert opened.header("traceparent") == "00-ab-cd-01"
    # Medium is P3, and a full postmortem raises its findings by one.
    assert (bug["priority"], bug["queue"], bug["title"]) == (
        "P2", "engineering", "Dumps are not redacted")
    assert (entry["queue"], entry["owner"]["team"]) == ("response-register", "crash-reporting")
    assert bug["due_at"] > bug["created_at"] and bug["sla"] == "on-track"
    assert bug["cause"]["topic"].endswith("incident-closed") and bug["cause"]["offset"] == 0
    first = next(r for r in ready.tasks() if r.type == "epilogue.task.created.v1")
    assert first.timestamp_ms >= before_ms - 1000

    ready.update_finding(finding("INC-1", "F-1", revision=1, severity="critical"))
    raised = ready.wait_task(bug_id("INC-1", "F-1"), priority="P1")
    assert raised["changes"]["priority"] == {"from": "P2", "to": "P1"}
    ready.update_finding(finding("INC-1", "F-1", revision=2, severity="critical",
                                 status="resolved"))
    ready.wait_task(bug_id("INC-1", "F-1"), status="resolved", resolution=None)

    assert not _of_type(ready.tasks(), "incident.completed")
    for task_id, task in sorted(checker.latest_tasks(ready.tasks()).items()):
        if task["status"] != "closed":
            answers = {"evaluation": EVALUATED} if task["kind"] == "response-evaluation" else {}
            ready.update_task(task_update("INC-1", task_id, revision=9, status="verified", **answers))
    ready.wait_records("followup-tasks", lambda r: _of_type(r, "incident.completed"))
    ready.check_outputs([("INC-1", "F-1"), ("INC-1", "F-2")])
    assert ready.consume_all("followup-dead-letters") == []


def test_findings_before_the_closure(ready):
    for i in range(3):
        ready.update_finding(finding("INC-2", f"F-{i}", revision=1))
    ready.update_finding(finding("INC-2", "F-1", revision=2, severity="critical"))
    ready.update_finding(finding("INC-other", "F-9"))
    ready.close_incident(closure("INC-other"))
    ready.wait_task(bug_id("INC-other", "F-9"))
    assert not any(r.key == b"INC-2" for r in ready.tasks())  # held until its closure
    ready.close_incident(closure("INC-2"))
    ready.wait_created(4)
    assert ready.wait_task(bug_id("INC-2", "F-1"))["priority"] == "P1"
    ready.check_outputs([("INC-2", f"F-{i}") for i in range(3)] + [("INC-other", "F-9")])


def test_late_and_repeated_records_change_nothing(ready):
    ready.close_incident(closure("INC-3", revision=5))
    ready.update_finding(finding("INC-3", "F-1", revision=5, title="right"))
    ready.wait_task(bug_id("INC-3", "F-1"))
    ready.update_finding(finding("INC-3", "F-1", revision=5, title="repeated"))
    ready.update_finding(finding("INC-3", "F-1", revision=4, title="late"))
    ready.close_incident(closure("INC-3", revision=4, severity="critical"))
    ready.update_finding(finding("INC-3", "F-2"))
    ready.wait_task(bug_id("INC-3", "F-2"))
    assert ready.wait_task(bug_id("INC-3", "F-1"), version=1)["title"] == "right"
    ready.check_outputs([("INC-3", "F-1"), ("INC-3", "F-2")])


def test_what_cannot_be_taken_is_a_dead_letter(ready):
    ready.publish("finding-updated", b'{"finding_id":"F-1",', key="INC-4",
                  headers={"x": "kept"}, timestamp_ms=1_700_000_000_000)
    ready.update_finding({"incident_id": "INC-4", "title": "no id"})
    ready.update_finding(finding("INC-4", "F-1"), key="INC-5")
    ready.publish("incident-closed", None, key="INC-4")
    ready.update_task(task_update("INC-4", "INC-4/bug/F-9", status="resolved"))
    letters = ready.wait_records("followup-dead-letters", lambda r: len(r) == 5)
    by_code = {letter.header("epilogue-error"): letter for letter in letters}
    assert set(by_code) == {"malformed-json", "missing-field", "key-mismatch", "no-value",
                            "unknown-task"}
    broken = by_code["malformed-json"]
    assert (broken.key, broken.value) == (b"INC-4", b'{"finding_id":"F-1",')
    assert broken.header("x") == "kept"
    assert broken.header("epilogue-topic") == ready.topic("finding-updated")
    assert broken.header("epilogue-partition") == str(partition_of("INC-4", 4))
    assert broken.header("epilogue-offset") == "0"
    assert "finding_id" in by_code["missing-field"].header("epilogue-error-detail")
    ready.close_incident(closure("INC-4"))
    ready.update_finding(finding("INC-4", "F-1"))
    ready.wait_created(1)
    ready.check_outputs([("INC-4", "F-1")])


def test_what_other_systems_write_is_tolerated(ready):
    value, headers = structured(closure("INC-6", severity="SEV-1", closed_at=1_763_571_600_000,
                                        owner="lead@example.com", data_breach="No"))
    ready.publish("incident-closed", value, key="INC-6", headers=headers)
    ready.update_finding(
        finding("INC-6", "F-1", category="Technical_Lapse", severity="P1", unknown_member=[1],
                status="IN PROGRESS", description=None, owner="crash-reporting"), key=None)
    ready.update_finding(finding("INC-6", "F/2 %", category="cosmic rays", severity="meh"),
                         headers={"ce_specversion": "1.0", "ce_id": "1", "ce_type": "any"})
    bug = ready.wait_task(bug_id("INC-6", "F-1"), status="in-progress")
    assert bug["version"] == 2 and bug["priority"] == "P1"
    assert bug["owner"] == {"team": "crash-reporting", "person": None}
    entry = ready.wait_task("INC-6/register-entry/F%2F2 %25", version=1)
    assert {w["member"] for w in entry["warnings"]} == {"category", "severity"}
    # Seconds where Kafka wants milliseconds, and a duplicate of what comes later.
    before = time.time()
    ready.update_finding(finding("INC-6", "F-3", status="duplicate", duplicate_of="F-4"),
                         timestamp_ms=before)
    doubtful = ready.wait_task(bug_id("INC-6", "F-3"), status="open")
    assert parse_time(doubtful["created_at"]).timestamp() >= int(before)
    assert [(w["member"], w["taken_as"]) for w in doubtful["warnings"]] == [
        ("record_time", doubtful["created_at"]), ("duplicate_of", "unknown-duplicate")]
    ready.update_finding(finding("INC-6", "F-4"))
    closed = ready.wait_task(bug_id("INC-6", "F-3"), resolution="duplicate")
    assert closed["reason"] == f"duplicate of {bug_id('INC-6', 'F-4')}"
    assert closed["cause"]["topic"].endswith("finding-updated")
    assert ready.consume_all("followup-reminders") == []
    assert ready.consume_all("followup-dead-letters") == []
    ready.check_outputs([("INC-6", "F-1"), ("INC-6", "F/2 %"), ("INC-6", "F-3"),
                         ("INC-6", "F-4")])


def test_a_record_on_another_partition_is_forwarded(ready):
    right = partition_of("INC-7", 4)
    wrong = (right + 1) % 4
    ready.close_incident(closure("INC-7"))
    sent_ms = int(time.time() * 1000) - 60_000
    ready.update_finding(finding("INC-7", "F-1"), partition=wrong, timestamp_ms=sent_ms)
    task = ready.wait_task(bug_id("INC-7", "F-1"))
    assert parse_time(task["created_at"]).timestamp() == sent_ms / 1000  # as it was first sent
    assert task["cause"]["topic"].endswith("finding-updated")
    assert (task["cause"]["partition"], task["cause"]["offset"]) == (wrong, 0)
    (forwarded,) = ready.consume_all("epilogue-forwarded")
    assert (forwarded.partition, forwarded.key) == (right, b"INC-7")
    assert forwarded.header("epilogue-partition") == str(wrong)
    assert forwarded.header("epilogue-offset") == "0"
    assert forwarded.header("epilogue-topic") == ready.topic("finding-updated")
    ready.check_outputs([("INC-7", "F-1")])

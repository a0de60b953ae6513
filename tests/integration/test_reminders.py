# SPDX-License-Identifier: Apache-2.0
"""Deadlines pass while the worker runs, and while it does not."""

import re
import time

from support.events import AT_ONCE, bug_id, closure, finding

_TERMS = {"assign": "2s", "complete": "6s", "stale": "1h", "verify": "1h"}
_POLICY = {
    "version": "seconds",
    "sla": {priority: _TERMS for priority in ("P1", "P2", "P3", "P4")},
    "reminders": {"due_soon": ["50%"], "overdue_every": "2s", "overdue_max": 30,
                  "assign_every": "1h", "stale_every": "1h", "verify_every": "1h", **AT_ONCE},
    "escalation": [{"at": "breach+1s", "to": ["on-call"]}],
}


def _kinds(records, task_id):
    return [r.json["kind"] for r in records if r.json["task_id"] == task_id]


def test_deadlines_pass(world):
    world.set_policy(_POLICY)
    world.topics_create(2)
    world.start_worker().wait_ready()
    world.close_incident(closure("INC-1"))
    world.update_finding(finding("INC-1", "F-1", revision=1))
    task_id = bug_id("INC-1", "F-1")
    records = world.wait_records(
        "followup-reminders", lambda r: _kinds(r, task_id).count("overdue") >= 2)
    mine = [r for r in records if r.json["task_id"] == task_id]
    kinds = [r.json["kind"] for r in mine]
    assert [kinds.count(kind) for kind in ("due-soon", "due", "escalation")] == [1, 1, 1]
    assert kinds.index("due-soon") < kinds.index("due") < kinds.index("overdue")
    (escalation,) = [r for r in mine if r.json["kind"] == "escalation"]
    assert {"on-call", "owner"} == {r["role"] for r in escalation.json["recipients"]}
    breached = world.wait_task(task_id, sla="breached")
    assert breached["cause"]["topic"] is None and breached["cause"]["tick"] == breached["due_at"]
    world.update_finding(finding("INC-1", "F-1", revision=2, status="verified"))
    world.wait_task(task_id, status="closed", resolution="done", sla="met-late")
    count = len(_kinds(world.consume_all("followup-reminders"), task_id))
    time.sleep(3)
    assert len(_kinds(world.consume_all("followup-reminders"), task_id)) == count
    world.check_outputs([("INC-1", "F-1")])


def test_missed_reminders_come_once(world):
    world.set_policy(_POLICY)
    world.topics_create(2)
    worker = world.start_worker().wait_ready()
    world.close_incident(closure("INC-1"))
    world.update_finding(finding("INC-1", "F-1"))
    task_id = bug_id("INC-1", "F-1")
    world.wait_task(task_id)
    assert worker.stop() == 0
    time.sleep(13)  # overdue at 8, 10 and 12 s
    world.start_worker().wait_ready()
    records = world.wait_records("followup-reminders", lambda r: "overdue" in _kinds(r, task_id))
    missed, after = [r.json for r in records if r.json["task_id"] == task_id][-2:]
    assert missed["kind"] == "escalation" and missed["number"] == 1
    assert missed["covers"][:3] == ["escalation", "overdue", "due"]
    assert {r["role"] for r in missed["recipients"]} == {"owner", "on-call"}
    # It fell due a second after the deadline, and says how late it is now.
    late = re.search(r" is (\d+) s overdue and is escalated$", missed["summary"])
    assert int(late.group(1)) >= 5, missed["summary"]
    assert (after["kind"], after["number"], after["coalesced"]) == ("overdue", 1, 0)
    world.check_outputs([("INC-1", "F-1")])


def test_nobody_owns_it(world):
    world.set_policy(_POLICY)
    world.topics_create(2)
    world.start_worker().wait_ready()
    world.close_incident(closure("INC-1"))
    world.update_finding(finding("INC-1", "F-1", owner=None))
    task_id = bug_id("INC-1", "F-1")
    records = world.wait_records(
        "followup-reminders", lambda r: "assign-due" in _kinds(r, task_id))
    reminder = next(r.json for r in records if r.json["kind"] == "assign-due")
    assert [r["role"] for r in reminder["recipients"]] == ["response-team"]
    assert task_id in reminder["summary"]
    world.check_outputs([("INC-1", "F-1")])

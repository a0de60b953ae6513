# SPDX-License-Identifier: Apache-2.0
"""`stats` and `list --stale` on a real Kafka and Redis, beside a worker and without one, and what
retention leaves of the tasks that it deletes."""

import csv
import io
import json

import pytest

from support.events import AT_ONCE, EVALUATED, bug_id, closure, finding, task_update
from support.process import wait_until

_TERMS = {"assign": "1h", "complete": "1s", "stale": "1s", "verify": "1h"}
_POLICY = {
    "version": "short",
    "sla": {priority: _TERMS for priority in ("P1", "P2", "P3", "P4")},
    "reminders": {"due_soon": [], "overdue_every": "1h", "overdue_max": 1, "assign_every": "1h",
                  "stale_every": "1h", "verify_every": "1h", **AT_ONCE},
    "escalation": [],
    "verification": {"priorities": []},
    "retention": "4s",
}
_WEB = {"team": "web", "person": "eva@example.com"}
_GONE, _KEPT = "INC-gone", "INC-kept"


def _stats(world, *arguments):
    done = world.run("stats", *arguments, "--json")
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.fixture(name="counted", scope="module")
def _counted(module_world):
    """One incident is completed, and forgotten; of the other one a task is late, one was not done."""
    world = module_world
    world.set_policy(_POLICY)
    world.topics_create(4)
    world.start_worker().wait_ready()
    world.close_incident(closure(_GONE, response_evaluation=EVALUATED, findings=[
        {"finding_id": "F-1", "category": "technical-lapse", "severity": "low", "status": "verified"},
        {"finding_id": "F-2", "category": "technical-lapse", "severity": "low", "status": "verified"},
        {"finding_id": "F-3", "category": "technical-lapse", "severity": "low", "status": "wont-fix",
         "reason": "not worth it"}]))
    world.close_incident(closure(_KEPT, response_evaluation=EVALUATED))
    for name in ("F-1", "F-2", "F-3"):
        world.update_finding(finding(_KEPT, name, owner=_WEB, labels={"product": f"p {name}"}))
    late = bug_id(_KEPT, "F-1")
    world.wait_task(late, sla="breached")
    world.update_task(task_update(_KEPT, bug_id(_KEPT, "F-2"), status="closed"))
    world.update_task(task_update(_KEPT, bug_id(_KEPT, "F-2"), status="open"))
    world.update_task(task_update(_KEPT, bug_id(_KEPT, "F-2"), status="closed"))
    world.update_finding(finding(_KEPT, "F-3", status="dismissed", reason="no",
                                 owner=_WEB))
    world.wait_task(bug_id(_KEPT, "F-3"), status="closed")
    world.wait_task(bug_id(_KEPT, "F-2"), status="closed", occurrence=2)
    wait_until(lambda: _stats(world)[0]["forgotten"] == 3, 60, "retention of the first incident")
    return world


def test_every_figure_of_all(counted):
    (line,) = _stats(counted)
    assert (line["by"], line["group"], line["deleted"]) == (None, None, False)
    figures = {name: line[name] for name in ("created", "done", "in_time", "waived", "open",
                                             "overdue", "reopened", "postponed", "recurrences",
                                             "forgotten")}
    assert figures == {"created": 6, "done": 3, "in_time": 3, "waived": 2, "open": 1, "overdue": 1,
                       "reopened": 1, "postponed": 0, "recurrences": 0, "forgotten": 3}
    assert line["days_to_assign"] == {"n": 3, "median": 0.0, "p90": 0.0}
    assert line["days_to_resolve"]["n"] == 1 and line["days_to_resolve"]["p90"] < 0.01
    assert line["days_to_verify"] == {"n": 0, "median": None, "p90": None}


def test_groups(counted):
    groups = _stats(counted, "--by", "team")
    assert len(groups) == 2, groups
    web, gone = groups
    assert (web["by"], web["group"], web["created"], web["forgotten"]) == ("team", "web", 3, 0)
    assert (gone["group"], gone["deleted"], gone["created"], gone["forgotten"]) == (None, True, 3, 3)
    months = _stats(counted, "--by", "month")
    assert sum(month["created"] for month in months) == 6
    assert sum(month["forgotten"] for month in months) == 3
    assert all(len(month["group"]) == 7 and not month["deleted"] for month in months)
    assert [line["group"] for line in _stats(counted, "--by", "kind")] == ["bug", None]
    products = _stats(counted, "--by", "label:product")
    assert [line["group"] for line in products] == ["p F-1", "p F-2", "p F-3", None]
    assert products[0]["by"] == "label:product"
    assert _stats(counted, "--since", "2200-01-01")[0]["created"] == 0
    assert _stats(counted, "--since", "2026-01-01")[0]["created"] == 6


def test_a_table_and_a_spreadsheet(counted):
    done = counted.run("stats", "--by", "priority")
    assert done.returncode == 0 and done.stderr == ""
    heading, p3, gone, foot = done.stdout.splitlines()
    assert heading.split()[:4] == ["CREATED", "DONE", "IN", "TIME"]
    assert p3.split()[:6] == ["P3", "3", "1", "1", "100%", "1"]
    assert gone.startswith("(deleted by retention)")
    assert foot.endswith("3 of the tasks were deleted by retention and have none.")
    rows = list(csv.DictReader(io.StringIO(counted.run("stats", "--by", "team", "--csv").stdout)))
    assert [row["team"] for row in rows] == ["web", "(deleted by retention)"]
    assert [row["created"] for row in rows] == ["3", "3"]
    assert rows[0]["days_to_verify_median"] == ""


@pytest.mark.parametrize("arguments, says", [
    (["--by", "colour"], "--by colour is not known; allowed: team, kind"),
    (["--by", "label"], "--by label is not known; allowed: team, kind"),
    (["--by", "label:"], "allowed: team, kind, category, priority, month, label:NAME"),
    (["--since", "yesterday"], "--since must be a date or a time"),
    (["--json", "--csv"], "--json and --csv cannot be combined"),
])
def test_wrong_usage(counted, arguments, says):
    done = counted.run("stats", *arguments)
    assert done.returncode == 2 and done.stdout == ""
    assert says in done.stderr


def test_stale_lists_what_is_overdue_too(counted):
    done = counted.run("list", "--stale", "--json")
    assert done.returncode == 0
    (task,) = [json.loads(line) for line in done.stdout.splitlines()]
    assert (task["task_id"], task["sla"]) == (bug_id(_KEPT, "F-1"), "breached")


def test_what_is_forgotten_is_in_the_changelog(counted):
    """Made afresh from followup-state, Redis says the same: it was counted once."""
    before = _stats(counted, "--by", "month")
    done = counted.run("rebuild")
    assert done.returncode == 0, done.stderr
    assert _stats(counted, "--by", "month") == before
    states = [record.json for record in counted.consume_all("followup-state")
              if record.key == _GONE.encode() and record.value]
    assert [sum(month["created"] for month in state.get("forgotten", [])) for state in states][-1] == 3


def test_nobody_is_left_after_retention(counted):
    """Of an incident whose past was deleted no entry names a person."""
    state = {record.key: record.value for record in counted.consume_all("followup-state")}
    left = {key: value for key, value in state.items() if value and key.startswith(_GONE.encode())}
    assert left.keys() == {_GONE.encode()}
    assert b"@" not in left[_GONE.encode()] and b"identity" not in left[_GONE.encode()]
    assert any(b"@" in value for key, value in state.items() if value and key not in left)


def test_what_is_missing_is_said(counted):
    """The rest is counted, and the exit code says that it is not all."""
    counted.redis.client().flushall()
    counted.workers[0].kill()
    done = counted.run("stats", "--json")
    assert done.returncode == 1
    assert "incomplete" in done.stderr
    assert json.loads(done.stdout)["created"] == 0

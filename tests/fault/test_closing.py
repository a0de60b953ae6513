# SPDX-License-Identifier: Apache-2.0
"""Workers are killed while the end of accepted risks is due, and while answers are given: each task is
open once more, or closed, exactly once."""

import collections
import datetime
import time

import pytest

from conftest import long_run
from support import checker
from support.events import EVALUATED, bug_id, closure, finding, parse_time, task_update

_POINTS = ("before-commit", "after-commit", "before-apply", "after-apply")
_INCIDENTS, _FINDINGS = 8, 3


def _in_seconds(seconds):
    when = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=seconds)
    return when.strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


def _left_s(when):
    return (parse_time(when) - datetime.datetime.now(datetime.timezone.utc)).total_seconds()


def _events(world, name):
    """How often each task had an event of this name."""
    return collections.Counter(record.json["task_id"] for record in world.tasks()
                               if record.type == f"epilogue.task.{name}.v1")


def _accept(world, until):
    """Findings of closed incidents, all of them risks that are accepted until one time."""
    for n in range(_INCIDENTS):
        world.close_incident(closure(f"INC-{n}", response_evaluation=EVALUATED), flush=False)
        for k in range(_FINDINGS):
            world.update_finding(finding(
                f"INC-{n}", f"F-{k}", 1, severity="high", status="wont-fix", reason="Too dear.",
                accepted_until=until, accepted_by="ciso@example.com"), flush=False)
    world.publisher.flush()


def _opened(world):
    return collections.Counter(r.json["incident_id"] for r in world.tasks()
                               if r.type == "epilogue.incident.opened.v1")


def _check_open_again(world, until, opened):
    tasks = {bug_id(f"INC-{n}", f"F-{k}") for n in range(_INCIDENTS) for k in range(_FINDINGS)}
    last = checker.latest_tasks(world.tasks())
    assert last.keys() == tasks
    assert _events(world, "reopened") == dict.fromkeys(tasks, 1)
    for task in last.values():
        assert (task["status"], task["occurrence"], task["accepted_until"]) == ("open", 2, None)
        assert task["reason"].startswith("the risk was accepted by ciso@example.com until ")
    ends = {(r.json["cause"]["topic"], r.json["cause"]["tick"]) for r in world.tasks()
            if r.type == "epilogue.task.reopened.v1"}
    assert ends == {(None, until)}
    # One more occurrence of each incident, and its findings are open.
    assert _opened(world) == {name: n + 1 for name, n in opened.items()}
    state = {}
    for record in world.consume_all("followup-state"):
        if b"|f|" in record.key:
            state[record.key] = record.json
    assert len(state) == len(tasks)
    for found in state.values():
        assert found["status"] == "open" and "accepted_until" not in found, found


@pytest.mark.parametrize("passing", [1, 2, 3] if long_run() else [1])
@pytest.mark.parametrize("point", _POINTS)
def test_killed_while_the_end_of_acceptance_is_due(world, point, passing):
    world.topics_create(4)
    until = _in_seconds(12)
    worker = world.start_worker().wait_ready()
    _accept(world, until)
    world.wait_created(_INCIDENTS * _FINDINGS)
    world.wait_worked_off()
    assert _left_s(until) > 0, "too slow a machine for this test"
    opened = _opened(world)
    worker.kill()
    # The first batches of this one are what the end brings; it may be over before the last of them.
    dying = world.start_worker(settings={"batch.max": 4}, failpoint=f"{point}:{passing}")
    assert dying.wait_exit(60) == 137
    assert _left_s(until) < 0
    world.start_worker().wait_ready()
    world.wait_records("followup-tasks", lambda _: len(_events(world, "reopened")) >=
                       _INCIDENTS * _FINDINGS)
    _check_open_again(world, until, opened)
    world.check_outputs()


def test_killed_again_and_again_at_the_end(world):
    """Two workers, one of which dies by kill -9 every moment around that time."""
    world.topics_create(4)
    until = _in_seconds(15)
    world.start_worker("steady").wait_ready()
    _accept(world, until)
    world.wait_created(_INCIDENTS * _FINDINGS)
    world.wait_worked_off()
    opened = _opened(world)
    while _left_s(until) > -3:
        other = world.start_worker("other")
        time.sleep(1.5)
        other.kill()
    world.wait_records("followup-tasks", lambda _: len(_events(world, "reopened")) >=
                       _INCIDENTS * _FINDINGS, timeout_s=60)
    _check_open_again(world, until, opened)
    world.check_outputs()


@pytest.mark.parametrize("point", _POINTS)
def test_killed_around_answers(world, point):
    """A click that is no answer, then one answer, then the other: each is taken once, and one review
    of the stakeholders follows."""
    world.topics_create(4)
    names = [f"INC-{n}" for n in range(24)]
    worker = world.start_worker(settings={"batch.max": 10}).wait_ready()
    for name in names:
        world.close_incident(closure(name), flush=False)
    world.publisher.flush()
    for name in names:
        world.wait_task(f"{name}/response-evaluation")
    assert worker.stop() == 0
    said = ({"status": "closed"}, {"evaluation": {"sufficient": True}},
            {"evaluation": {"complete": False, "note": "Told late."}})
    for revision, members in enumerate(said, 1):
        for name in names:
            world.update_task(task_update(name, f"{name}/response-evaluation", revision, **members),
                              flush=False)
    world.publisher.flush()
    for passing in (1, 2, 3):
        dying = world.start_worker(settings={"batch.max": 10}, failpoint=f"{point}:{passing}")
        assert dying.wait_exit(60) == 137
    world.start_worker().wait_ready()
    world.wait_worked_off()
    last = checker.latest_tasks(world.tasks())
    assert last.keys() == {f"{name}/{kind}" for name in names
                           for kind in ("response-evaluation", "stakeholder-review")}
    closed = {f"{name}/response-evaluation" for name in names}
    assert _events(world, "closed") == dict.fromkeys(closed, 1)
    assert set(_events(world, "created").values()) == {1}
    for task_id in closed:
        assert last[task_id]["evaluation"] == {"sufficient": True, "complete": False,
                                               "note": "Told late."}
        assert last[task_id]["version"] == 4
    warned = collections.Counter(r.json["task_id"] for r in world.tasks() if r.json["warnings"])
    assert warned == dict.fromkeys(closed, 2)
    assert world.consume_all("followup-dead-letters") == []
    world.check_outputs()

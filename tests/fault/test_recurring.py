# SPDX-License-Identifier: Apache-2.0
"""Incidents of one cause, on several shards, while workers die between all that is told of it: each that
comes after the first is told of it once, and raises each that is open once."""

import collections

import pytest

from support import checker
from support.events import EVALUATED, bug_id, closure
from support.process import wait_until

_INCIDENTS = 12
_POINTS = ("after-poll", "before-commit", "after-commit", "before-apply", "after-apply")


def _close(world, number):
    world.close_incident(closure(
        f"INC-{number}", response_evaluation=EVALUATED,
        findings=[{"finding_id": f"F-{n}", "category": "technical-lapse", "severity": "low",
                   "cause_key": "one cause"} for n in range(2)]))


@pytest.mark.parametrize("point", _POINTS)
def test_dies_while_it_is_told(world, point):
    world.topics_create(4)
    small = {"batch.max": 3}
    for number in range(_INCIDENTS):
        _close(world, number)
    died = 0
    for passing in (1, 2, 3, 5):
        worker = world.start_worker(settings=small, failpoint=f"{point}:{passing}")
        try:
            died += worker.wait_exit(20) == 137
        except AssertionError:
            worker.kill()  # it had less left to do than that
    assert died >= 2
    world.redis.client().flushall()  # what is known of the cause is in the changelog, too
    world.start_worker(settings=small).wait_ready()
    wait_until(lambda: len(_recurred(world)) >= _INCIDENTS - 1, 120, "all of them")
    world.wait_worked_off(120)
    told = _recurred(world)
    # Whichever was the first: each of the others came once, with one of its findings.
    assert sorted(event["incidents"] for event in told) == list(range(2, _INCIDENTS + 1))
    assert len({event["incident_id"] for event in told}) == _INCIDENTS - 1
    assert all(event["n"] == 1 for event in told)
    _check_raised(world, told)
    world.check_outputs()
    world.check_causes()
    assert world.consume_all("followup-dead-letters") == []


def _recurred(world):
    return [r.json for r in world.tasks() if r.type == "epilogue.finding.recurred.v1"]


def _check_raised(world, told):
    """The first finding of each incident by one step for each that came behind it, up to P1. What raises it is
    on its way between shards, where the lag of the inputs says nothing of it."""
    place = {event["incident_id"]: event["incidents"] for event in told}
    wanted = collections.Counter()
    for number in range(_INCIDENTS):
        steps = _INCIDENTS - place.get(f"INC-{number}", 1)
        wanted["P1" if steps > 2 else f"P{4 - steps}"] += 1

    def found():
        tasks = checker.latest_tasks(world.tasks())
        # A second finding that came behind its incident's first one has missed what was said before it.
        return collections.Counter(tasks[bug_id(f"INC-{n}", "F-0")]["priority"] for n in range(_INCIDENTS))
    wait_until(lambda: found() == wanted, 60, lambda: f"{wanted}, there is {found()}", interval_s=0.5)

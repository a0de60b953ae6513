# SPDX-License-Identifier: Apache-2.0
"""An incident with 2,000 findings (20,000 in the long form) is merged into another one, on another shard, and its
workers die while that is under way: every finding is followed up there, once."""

import pytest

from conftest import long_run
from support import checker
from support.events import EVALUATED, closure

_FINDINGS = 20000 if long_run() else 2000
_OF_A_CLOSURE = 2000  # a record has a million bytes at most
_PATIENCE_S = 1200 if long_run() else 240
_DEATHS = ("after-commit:1", "before-commit:2", "after-commit:2", "before-apply:1", "after-commit:3")


@pytest.mark.parametrize("world", ["load"], indirect=True)
def test_killed_again_and_again_while_it_is_merged(world):
    world.topics_create(2)
    first, other = world.ids_apart(2)
    settings = {"limits.findings": _OF_A_CLOSURE}
    found = [{"finding_id": f"F-{n}", "category": "technical-lapse", "severity": "low"}
             for n in range(_FINDINGS)]
    for n in range(0, _FINDINGS, _OF_A_CLOSURE):
        world.close_incident(closure(first, n + 1, response_evaluation=EVALUATED,
                                     findings=found[n:n + _OF_A_CLOSURE]))
    world.close_incident(closure(other, 1, response_evaluation=EVALUATED))
    worker = world.start_worker(settings=settings).wait_ready()
    world.wait_worked_off(_PATIENCE_S)
    worker.stop()
    world.close_incident(closure(first, _FINDINGS + 1, response_evaluation=EVALUATED, merged_into=other))
    died = 0
    for death in _DEATHS:
        worker = world.start_worker(settings=settings, failpoint=death)
        try:
            died += worker.wait_exit(20) == 137
        except AssertionError:
            worker.kill()  # it had less left to do than that: another good moment to die
    assert died >= 2
    world.start_worker(settings=settings).wait_ready()
    world.wait_worked_off(_PATIENCE_S)
    assert world.consume_all("followup-dead-letters") == []
    last = checker.latest_tasks(world.tasks()).values()
    here = [t for t in last if t["finding_id"] and t["incident_id"] == other]
    assert sorted(t["finding_id"] for t in here) == sorted(f"{first}:F-{n}"
                                                           for n in range(_FINDINGS))
    assert all(t["status"] == "open" and t["version"] == 1 for t in here)
    there = [t for t in last if t["finding_id"] and t["incident_id"] == first]
    assert len(there) == _FINDINGS
    assert all(t["resolution"] == "duplicate" and t["moved_to"] for t in there)
    arrived = [r for r in world.consume_all("epilogue-forwarded")
               if r.header("epilogue-kind") == "finding"]
    assert len(arrived) == _FINDINGS  # each was sent once

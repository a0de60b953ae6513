# SPDX-License-Identifier: Apache-2.0
"""Merged incidents over several shards: findings go from one to the other by way of
epilogue-forwarded, and not for ever; and what else can stand on that topic."""

import time

import pytest

from support.events import bug_id, closure, finding
from support.records import partition_of

_EVALUATED = {"sufficient": True, "complete": True}


def _close(world, incident_id, revision, into, found=()):
    world.close_incident(closure(
        incident_id, revision, merged_into=into, response_evaluation=_EVALUATED,
        findings=[{"finding_id": name, "category": "technical-lapse"} for name in found]),
        headers={"ce_id": f"{incident_id}/{revision}"})


@pytest.fixture(scope="module")
def worlds(module_world):
    """A world of four partitions, so that merges go from shard to shard."""
    module_world.topics_create(4)
    module_world.start_worker().wait_ready()
    return module_world


def test_a_circle_of_three(worlds):
    one, two, three = worlds.ids_apart(3)
    for revision, (incident_id, into) in enumerate(((three, one), (one, two), (two, three)), 1):
        _close(worlds, incident_id, revision, into, ["F-1", "F-2"])
        worlds.wait_worked_off()
    for name in ("F-1", "F-2", f"{two}:F-1", f"{two}:F-2", f"{three}:F-1", f"{three}:F-2"):
        worlds.wait_task(bug_id(one, name), status="open")
    # What is told now goes to where the work is, by each way.
    worlds.update_finding(finding(two, "F-3", status="in-progress"))
    worlds.wait_task(bug_id(one, f"{two}:F-3"), status="in-progress")
    time.sleep(1)  # whatever goes round would go on
    forwarded = worlds.consume_all("epilogue-forwarded")
    assert 0 < len(forwarded) <= 4 * 3 * 8, len(forwarded)
    kinds = [record.header("epilogue-kind") for record in forwarded]
    assert kinds.count("parting") == 2  # of the merge that is void, to both others
    assert 3 <= kinds.count("merge") <= 3 * 4
    for record in forwarded:
        value, ends = record.json, ("incident-closed", "finding-updated")
        assert record.header("epilogue-topic") in [worlds.topic(name) for name in ends]
        if record.header("epilogue-kind") == "finding":
            assert len(value["passed"]) <= 3
            assert value["origin"]["incident_id"] in (one, two, three)
    (cut,) = [r.json for r in worlds.tasks() if r.type == "epilogue.incident.updated.v1"]
    assert cut["incident_id"] == one
    assert cut["warnings"] == [{"member": "merged_into", "value": two,
                                "taken_as": "merge-cycle: not merged"}]
    assert worlds.consume_all("followup-dead-letters") == []
    worlds.check_outputs()
    worlds.check_causes()


def test_a_record_of_no_kind_is_refused(worlds):
    value = finding("INC-200", "F-1")
    headers = {"epilogue-topic": worlds.topic("finding-updated"), "epilogue-partition": "0",
               "epilogue-offset": "0"}
    worlds.publish("epilogue-forwarded", value, headers=headers)
    (letter,) = worlds.wait_records("followup-dead-letters", len)
    assert letter.header("epilogue-error") == "bad-envelope"
    assert "epilogue-kind" in letter.header("epilogue-error-detail")
    assert letter.json == value


def test_a_kind_of_a_newer_version_ends_the_worker(world):
    """While a group is upgraded, the older workers leave to the newer ones what only they know."""
    world.topics_create(2)
    partition = partition_of("INC-1", 2)
    world.publish("epilogue-forwarded", {"incident_id": "INC-1"},
                  headers={"epilogue-kind": "split", "epilogue-topic": "x"})
    for _ in range(2):  # started again, it does not pass over the record either
        worker = world.start_worker()
        assert worker.wait_exit(60) == 1, worker.log
        assert (f"{world.topic('epilogue-forwarded')} partition {partition} offset 0 is a record "
                "of kind 'split', which this version does not know: it was written by a newer "
                "version of epilogue") in worker.log
    assert world.consume_all("followup-dead-letters") == []
    # Once it is gone, as a newer worker would leave it, this one works again.
    world.broker.delete_records(world.topic("epilogue-forwarded"), {partition: 1})
    world.start_worker().wait_ready()
    world.close_incident(closure("INC-1", findings=[
        {"finding_id": "F-1", "category": "technical-lapse"}]))
    world.wait_task(bug_id("INC-1", "F-1"))

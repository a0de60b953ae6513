# SPDX-License-Identifier: Apache-2.0
"""A transaction is bounded, so a slow broker gets through it and a large incident fits."""

import pytest

from support.events import closure, finding


def _large_closure(incident_id, findings):
    return closure(incident_id, findings=[
        {"finding_id": f"F-{n}", "category": "technical-lapse", "severity": "low",
         "title": f"Finding {n}"} for n in range(findings)])


@pytest.mark.parametrize("world", ["load"], indirect=True)
def test_many_large_closures(world):
    """60 closures of 1,000 findings: more than Redis takes in one script, if taken at once."""
    world.topics_create(2)
    for n in range(60):
        world.close_incident(_large_closure(f"INC-{n}", 1000), flush=False)
    world.publisher.flush()
    worker = world.start_worker().wait_ready()
    world.wait_worked_off(240)
    world.check_outputs([(f"INC-{n}", f"F-{f}") for n in range(60) for f in range(1000)])
    memory = next(line for line in worker.get("/metrics")[1].splitlines()
                  if line.startswith("epilogue_resident_memory_max_bytes"))
    mib = float(memory.split()[1]) / 2**20
    print(f"peak memory {mib:.0f} MiB")
    assert mib < 400


@pytest.mark.parametrize("world", ["load"], indirect=True)
def test_a_quota_on_producing(world, run_folder):
    """Brokers that take 1 MB a second: the backlog gets through all the same."""
    world.broker.set_producer_quota(1_000_000)
    try:
        world.topics_create(4)
        for n in range(600):
            world.close_incident(_large_closure(f"INC-{n}", 10), flush=False)
        world.publisher.flush(120)
        worker = world.start_worker().wait_ready()
        world.wait_worked_off(240)
    finally:
        world.broker.set_producer_quota(None)
    assert worker.running
    world.check_outputs([(f"INC-{n}", f"F-{f}") for n in range(600) for f in range(10)])


@pytest.mark.parametrize("world", ["load"], indirect=True)
def test_one_closure_with_20_000_findings(world):
    """It goes in steps, with a cursor in its state, and a crash in the middle changes nothing."""
    world.topics_create(1)
    settings = {"limits.findings": 20000, "limits.record.bytes": 3900000}
    world.admin_alter("incident-closed", **{"max.message.bytes": "4000000"})
    world.close_incident(_large_closure("INC-1", 20000))
    worker = world.start_worker(settings=settings, failpoint="after-commit:7")
    assert worker.wait_exit(60) == 137
    world.start_worker(settings=settings).wait_ready()
    world.wait_worked_off(240)
    world.check_outputs([("INC-1", f"F-{f}") for f in range(20000)])

# SPDX-License-Identifier: Apache-2.0
"""An input topic is deleted and made again while the worker is away."""

import pytest

from support.events import closure, finding

ACCEPT = ("--accept-state-loss",)


def _first_life(world, findings):
    world.topics_create(1)
    worker = world.start_worker().wait_ready()
    world.close_incident(closure("INC-old"))
    for i in range(findings):
        world.update_finding(finding("INC-old", f"F-{i}"))
    world.wait_created(findings)
    world.wait_worked_off()
    assert worker.stop() == 0
    world.recreate("finding-updated", 1)


@pytest.mark.parametrize("count, sentence", [
    (3, "ends at offset 3, but offsets below 5 were already processed"),
    (20, "has another record at offset 4 than the one that was processed"),
])
def test_recreated(world, count, sentence):
    """Shorter than it was, or grown past the old position: its records are never passed over."""
    _first_life(world, 5)
    for i in range(count):
        world.update_finding(finding("INC-old", f"N-{i}"))
    worker = world.start_worker()
    assert worker.wait_exit() == 1
    assert sentence in worker.log and "--accept-state-loss" in worker.log

    worker = world.start_worker(arguments=ACCEPT)
    worker.wait_log('level=error msg="state loss accepted" shard=0 loss=".*finding-updated/0')
    world.wait_created(5 + count)
    worker.wait_ready()
    assert worker.stop() == 0
    world.start_worker().wait_ready()
    world.update_finding(finding("INC-old", "last"))
    world.wait_created(6 + count)
    world.check_outputs([("INC-old", f"F-{i}") for i in range(5)]
                        + [("INC-old", f"N-{i}") for i in range(count)] + [("INC-old", "last")])


def test_the_last_record_is_gone(world):
    """Retention took what was consumed last: nothing to compare, and nothing is passed over."""
    world.topics_create(1)
    worker = world.start_worker().wait_ready()
    world.close_incident(closure("INC-1"))
    for i in range(5):
        world.update_finding(finding("INC-1", f"F-{i}"))
    world.wait_created(5)
    world.wait_worked_off()
    assert worker.stop() == 0
    world.broker.delete_records(world.topic("finding-updated"), {0: 5})
    world.update_finding(finding("INC-1", "F-5"))
    world.start_worker().wait_ready()
    world.wait_created(6)
    world.check_outputs([("INC-1", f"F-{i}") for i in range(6)])

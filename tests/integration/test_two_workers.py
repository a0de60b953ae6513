# SPDX-License-Identifier: Apache-2.0
"""Two workers share the shards, and one takes over when the other goes."""

import pytest

from support.events import closure, finding


def _publish(world, numbers):
    """One incident with two findings for each number; gives the findings."""
    findings = []
    for n in numbers:
        incident_id = f"INC-{n}"
        world.close_incident(closure(incident_id, revision=1), flush=False)
        for f in range(2):
            world.update_finding(finding(incident_id, f"F-{f}", revision=1), flush=False)
            findings.append((incident_id, f"F-{f}"))
    world.publisher.flush()
    return findings


def _log_names_shards(worker, shards):
    """The log of a worker says since when it owns these shards."""
    for shard in shards:
        worker.wait_log(rf"shards assigned.* shards=([0-9]+,)*{shard}\b")


def test_a_second_joins(world):
    world.topics_create(4)
    one = world.start_worker("one").wait_ready()
    findings = _publish(world, range(20))
    two = world.start_worker("two")
    findings += _publish(world, range(20, 40))
    owners = world.wait_owners({"one": 2, "two": 2})
    two.wait_ready()
    findings += _publish(world, range(40, 60))
    world.wait_created(len(findings))
    world.check_outputs(findings)
    for worker in (one, two):
        _log_names_shards(worker, owners[worker.instance_id])


@pytest.mark.parametrize("way", ["cleanly", "dies"])
def test_one_of_two_goes(world, way):
    world.topics_create(4)
    one = world.start_worker("one")
    two = world.start_worker("two")
    findings = _publish(world, range(20))
    world.wait_owners({"one": 2, "two": 2})
    world.wait_created(len(findings))
    findings += _publish(world, range(20, 120))
    if way == "cleanly":
        assert two.stop() == 0
    else:
        two.kill()
    findings += _publish(world, range(120, 140))
    world.wait_owners({"one": 4})
    world.wait_created(len(findings))
    one.wait_ready()
    world.check_outputs(findings)
    _log_names_shards(one, range(4))


def test_one_comes_back(world):
    """With a static membership the others are not disturbed by a short restart."""
    world.topics_create(4)
    world.start_worker("one")
    two = world.start_worker("two")
    before = world.wait_owners({"one": 2, "two": 2})
    assert two.stop() == 0
    world.start_worker("two").wait_ready()
    findings = _publish(world, range(20))
    world.wait_created(len(findings))
    assert world.wait_owners({"one": 2, "two": 2}) == before
    world.check_outputs(findings)

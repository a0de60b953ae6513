# SPDX-License-Identifier: Apache-2.0
"""Two workers share the shards, and one takes over when the other goes."""

import pytest

from support.events import closure, finding
from support.redis_server import RedisServer
from support.world import TOPICS


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


def test_partitions_are_added_under_two_workers(world):
    """4 -> 8 on all topics. The first worker ends when it gets a partition that it does not know,
    and is in the group until its session runs out: the second one gets only shards that have no
    state yet, and must not go to work on them."""
    world.topics_create(4)
    one = world.start_worker("one", settings={"session.timeout.ms": 20000}).wait_ready()
    findings = _publish(world, range(40))
    world.wait_created(len(findings))
    world.wait_worked_off()
    for name in TOPICS:
        world.broker.add_partitions(world.topic(name), 8)
    world.redis.client().flushall()  # so that only the group's offsets know of the 4
    two = world.start_worker("two", settings={"session.timeout.ms": 20000})
    assert two.wait_exit(60) == 1
    assert "was at work with 4 partitions" in two.log and "the topics have 8 now" in two.log
    assert "shard is active" not in two.log
    print(two.wait_log("shards assigned.*").group(0))
    events = world.tasks()
    assert len(events) == len({record.header("ce_id") for record in events})
    assert one


def test_the_counts_in_redis_are_compared_too(world):
    """The group's offsets are gone, and a shard of another owner has the old count."""
    world.topics_create(2)
    one = world.start_worker("one").wait_ready()
    findings = _publish(world, range(20))
    world.wait_created(len(findings))
    world.wait_worked_off()
    assert one.stop() == 0
    for name in TOPICS:
        world.broker.add_partitions(world.topic(name), 4)
    world.write_config(**{"group.id": f"{world.group_id}-2"})  # no offsets at all
    client = world.redis.client()
    for key in list(client.scan_iter("*")):
        client.rename(key, key.replace(b"-group:", b"-group-2:"))
    two = world.start_worker("two")
    assert two.wait_exit(60) == 1
    assert "was at work with 2 partitions (the state of shard" in two.log
    assert "shard is active" not in two.log


@pytest.mark.parametrize("way", ["cleanly", "fatal"])
def test_a_dynamic_member_leaves_when_it_ends(world, way):
    """Nobody waits for its session, which would last two minutes."""
    patient = {"session.timeout.ms": 120000}
    world.topics_create(4)
    own = RedisServer(world.folder / "own-redis").start()
    try:
        one = world.start_worker("one", settings=patient, dynamic=True)
        two = world.start_worker("two", settings={**patient, "redis.url": own.url}, dynamic=True)
        findings = _publish(world, range(20))
        world.wait_owners({"one": 2, "two": 2})
        two.wait_ready()
        world.wait_created(len(findings))
        findings += _publish(world, range(1000, 1200))  # some lie fetched and unread in the client
        if way == "cleanly":
            assert two.stop() == 0
        else:
            own.client().execute_command("ACL", "SETUSER", "default", "-@all")
            assert two.wait_exit() == 1
        findings += _publish(world, range(20, 40))
        world.wait_owners({"one": 4}, 30)
        world.wait_created(len(findings))
        one.wait_ready()
        world.check_outputs(findings)
    finally:
        own.stop()

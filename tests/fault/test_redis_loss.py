# SPDX-License-Identifier: Apache-2.0
"""Redis forgets everything, goes back in time, or goes away: only time is lost."""

import pytest

from support.events import AT_ONCE, bug_id, closure, finding
from support.load import Load
from support.process import wait_until
from support.redis_server import RedisServer


def test_flushall_when_idle(world):
    world.topics_create(4)
    world.start_worker().wait_ready()
    load = Load(world)
    load.publish(300)
    load.finish()
    world.redis.client().flushall()
    load.update(200)
    load.finish()


@pytest.mark.parametrize("world", ["load"], indirect=True)
def test_flushall_in_the_middle(world):
    world.topics_create(4)
    world.start_worker(settings={"batch.max": 50}).wait_ready()
    load = Load(world)
    for _ in range(3):
        done = len(load.findings)
        load.publish(2000)
        load.update(500)
        world.wait_created(done + 200)
        world.redis.client().flushall()
    load.finish()


def test_flushed_while_the_worker_was_away(world):
    world.topics_create(4)
    worker = world.start_worker().wait_ready()
    load = Load(world)
    load.publish(200)
    load.finish()
    assert worker.stop() == 0
    world.redis.client().flushall()
    load.update(100)
    world.start_worker().wait_ready()
    load.finish()


@pytest.mark.parametrize("when", ["running", "stopped"])
def test_rolled_back(world, when):
    world.topics_create(4)
    worker = world.start_worker().wait_ready()
    load = Load(world)
    load.publish(200)
    load.finish()
    world.redis.save()
    load.publish(100)
    load.update(200)
    load.finish()
    if when == "stopped":
        assert worker.stop() == 0
    world.redis.roll_back()
    load.update(200)
    if when == "stopped":
        world.start_worker()
    load.finish()


def test_one_shard_is_gone(world):
    world.topics_create(4)
    world.start_worker().wait_ready()
    load = Load(world)
    load.publish(200)
    load.finish()
    client = world.redis.client()
    client.delete(*client.scan_iter("*{1}*"))
    load.update(200)
    load.finish()


def test_away_for_a_while(world):
    world.topics_create(4)
    worker = world.start_worker().wait_ready()
    load = Load(world)
    load.publish(200)
    world.wait_created(50)
    world.redis.kill()
    load.update(100)
    wait_until(lambda: worker.get("/readyz")[0] == 503, 30, "/readyz to say 503")
    world.redis.start()
    worker.wait_ready(60)
    load.finish()


def test_rebuilt_redis_is_what_it_was(world):
    """What the changelog gives back after a loss is what stood in Redis before it."""
    world.topics_create(4)
    worker = world.start_worker().wait_ready()
    load = Load(world)
    load.publish(300)
    load.update(200)
    load.finish()
    assert worker.stop() == 0
    before = world.redis.snapshot()
    world.redis.client().flushall()
    worker = world.start_worker().wait_ready()
    assert worker.stop() == 0
    after = world.redis.snapshot()
    assert after.keys() == before.keys()
    for key in before:
        assert _entries(after[key]) == _entries(before[key]), key


def _entries(value):
    """A Redis value without the checkpoint, which says when it was written too."""
    if isinstance(value, dict):
        return {name: text for name, text in value.items() if name != b"$checkpoint"}
    return value


def test_a_reminder_is_not_said_twice_after_a_loss(world):
    terms = {"assign": "1s", "complete": "2s", "stale": "1h", "verify": "1h"}
    world.set_policy({"version": "seconds",
                      "sla": {priority: terms for priority in ("P1", "P2", "P3", "P4")},
                      "reminders": AT_ONCE, "escalation": []})
    world.topics_create(2)
    world.start_worker().wait_ready()
    world.close_incident(closure("INC-due"))
    world.update_finding(finding("INC-due", "F-1"))

    def due(records):
        return [r for r in records if r.json["kind"] == "due"
                and r.json["task_id"] == bug_id("INC-due", "F-1")]

    world.wait_records("followup-reminders", due)
    world.redis.client().flushall()
    load = Load(world)
    load.publish(20)
    world.wait_created(1 + len(load.findings))
    assert len(due(world.consume_all("followup-reminders"))) == 1
    world.check_outputs([("INC-due", "F-1"), *load.findings])


def test_another_server_behind_the_address(world):
    """What reads and what writes have a connection each, and only the one that was idle is closed: when
    the address leads elsewhere by then, both have to go there."""
    link, other = world.folder / "s", RedisServer(world.folder / "o").start()
    link.symlink_to(world.redis.socket_path)
    world.topics_create(4)
    worker = world.start_worker(settings={"redis.url": f"unix:{link}"}).wait_ready()
    load = Load(world)
    load.publish(100)
    load.finish()
    link.unlink()
    link.symlink_to(other.socket_path)
    try:
        [writing] = [c for c in world.redis.client().client_list() if c["cmd"] == "exec"]
        world.redis.client().client_kill_filter(_id=writing["id"])
        load.publish(100)
        load.finish()
        worker.wait_ready()
        assert world.redis.client().client_list()[0]["cmd"] == "client|list"  # the test alone
        assert other.client().dbsize() > 0
    finally:
        worker.stop()
        other.stop()

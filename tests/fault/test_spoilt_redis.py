# SPDX-License-Identifier: Apache-2.0
"""Redis is a copy: what is spoilt there is read again from followup-state."""

import pytest

from support.events import bug_id, closure, finding
from support.worker import json_lines


def state_key(world, shard=0):
    """The hash that holds the entries of a shard."""
    return next(key for key in world.redis.client().keys("*") if key.endswith(b":state"))


@pytest.fixture
def told(world):
    """One shard with two incidents, and its worker."""
    world.topics_create(1)
    world.start_worker().wait_ready()
    for incident in ("K1", "K2"):
        world.close_incident(closure(incident))
        world.update_finding(finding(incident, "F-1"))
        world.wait_task(bug_id(incident, "F-1"))
    world.wait_worked_off()
    return world


@pytest.mark.parametrize("field, restarted", [
    ("K1|f|F-1", True), ("K1|f|F-1", False), ("K1", True),
    ("$position/0", True), ("$position/0", False)])
def test_an_entry_that_cannot_be_read(told, field, restarted):
    """It was exit 1 on each start."""
    client = told.redis.client()
    client.hset(state_key(told), field, "garbage")
    if restarted:
        told.workers[-1].stop()
        told.start_worker().wait_ready()
    told.update_finding(finding("K1", "F-1", severity="critical"))
    told.wait_task(bug_id("K1", "F-1"), severity="critical")
    told.update_finding(finding("K2", "F-1", severity="critical"))
    told.wait_task(bug_id("K2", "F-1"), severity="critical")
    if field != "$position/0" or restarted:
        said = "cannot be read" in told.workers[-1].log
        assert said and field.split("/")[0] in told.workers[-1].log, told.workers[-1].log
    told.wait_worked_off()
    assert client.hget(state_key(told), field) != b"garbage"
    told.check_outputs([("K1", "F-1"), ("K2", "F-1")])


def test_followup_state_says_the_same(told):
    """A record that cannot be read in followup-state as well ends the worker, with its name."""
    told.workers[-1].stop()
    told.publisher.send(told.topic("followup-state"), "K1|f|F-1", b'{"v":1,"type":"tas',
                        partition=0)
    told.publisher.flush()
    worker = told.start_worker()
    assert worker.wait_exit() == 1
    assert "K1|f|F-1" in worker.log and "followup-state" in worker.log, worker.log


def test_commands_go_on_with_the_others(told):
    """`list` failed as a whole."""
    told.redis.client().hset(state_key(told), "K1|f|F-1", "garbage")
    listed = told.run("list")
    assert listed.returncode == 1 and "K2/bug/F-1" in listed.stdout, listed.stdout + listed.stderr
    assert "K1|f|F-1" in listed.stderr and "incomplete" in listed.stderr
    listed = told.run("list", "--json")
    gaps = json_lines(listed)[-1]["incomplete"]
    assert gaps == {"shards": [], "entries": 1, "keys": ["K1|f|F-1"]}
    for command in ("show", "report"):
        done = told.run(command, "K1")
        assert done.returncode == 1 and "K1|f|F-1" in done.stderr, (command, done.stderr)
        assert done.stdout
    assert told.run("show", "K2").returncode == 0


def test_a_list_that_lacks_shards(told):
    told.workers[-1].stop()
    told.redis.client().flushall()
    listed = told.run("list", "--json")
    assert listed.returncode == 1 and json_lines(listed)[-1]["incomplete"]["shards"] == [0]
    assert "1 shard is not in Redis yet" in listed.stderr

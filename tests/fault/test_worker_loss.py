# SPDX-License-Identifier: Apache-2.0
"""Workers that are killed, frozen, or started twice, in the middle of a load."""

import random

import pytest

from conftest import long_run
from support import checker
from support.load import Load
from support.process import wait_until

# One round is one kill. Small batches, so that there is a middle to be killed in.
_ROUNDS = 50 if long_run() else 10
_EVENTS = 20_000
_SEED = 20261120


@pytest.mark.parametrize("world", ["load"], indirect=True)
def test_kill_9_ten_times_in_20_000_events(world):
    chance = random.Random(_SEED)
    world.topics_create(4)
    load, small, in_the_middle = Load(world, seed=_SEED), {"batch.max": 20}, 0
    for _ in range(_ROUNDS):
        done = len(checker.created_findings(world.tasks()))
        load.publish(_EVENTS // _ROUNDS)
        worker = world.start_worker(settings=small)
        # Killed after some of this round's findings; never waiting for all of them.
        goal = done + chance.randint(1, (len(load.findings) - done) // 2)
        world.wait_created(goal)
        worker.kill()
        in_the_middle += len(checker.created_findings(world.tasks())) < len(load.findings)
    # A fast machine may finish a round before the kill: that is another good moment to die, but
    # most kills must be what the test says.
    assert in_the_middle >= _ROUNDS // 2
    world.start_worker().wait_ready()
    load.update(1000)
    load.finish()


def test_a_frozen_worker_wakes_up_as_a_zombie(world):
    world.topics_create(4)
    zombie = world.start_worker("zombie").wait_ready()
    world.start_worker("other").wait_ready()
    world.wait_owners({"zombie": 2, "other": 2})
    load = Load(world)
    load.publish(1000)
    world.wait_created(100)
    zombie.freeze()
    # A transaction that it left open keeps its shards from the other for up to a minute: what is
    # read back must be stable.
    world.wait_owners({"other": 4}, timeout_s=90)
    load.publish(500)
    world.wait_created(len(load.findings), timeout_s=120)
    load.update(300)
    zombie.thaw()
    load.update(300)
    load.finish()
    assert zombie.running or zombie.process.returncode == 1


# Where it stands still, with the next batch decided: the positions are taken and the outcome is open, until it
# wakes or until its time is over; or the batch is committed and Redis is behind. Whether the other has to wait for it.
@pytest.mark.parametrize("point, timeout_ms, is_waited_for", [
    ("prepared", 60000, True), ("prepared", 5000, False), ("before-apply", 5000, False)])
def test_frozen_between_the_steps_of_two_batches(world, point, timeout_ms, is_waited_for):
    world.topics_create(4)
    load = Load(world)
    load.publish(1000)
    zombie = world.start_worker("zombie", failpoint=f"{point}:9:freeze", settings={
        "batch.max": 20, "transaction.timeout.ms": timeout_ms, "watchdog.timeout.ms": 140000})
    wait_until(lambda: zombie.is_frozen, 60, f"the worker to come to '{point}'")
    other = world.start_worker("other")
    if is_waited_for:
        other.wait_log("is still open", timeout_s=60)
    else:
        other.wait_ready(60)
    load.update(100)
    zombie.thaw()
    load.update(100)
    load.finish()
    world.wait_redis()


def test_the_same_instance_id_twice(world):
    world.topics_create(4)
    old = world.start_worker("same").wait_ready()
    load = Load(world)
    load.publish(200)
    world.wait_created(50)
    new = world.start_worker("same")
    load.publish(200)
    assert old.wait_exit(60) == 1
    assert "instance.id" in old.log
    new.wait_ready()
    load.update(100)
    load.finish()
    assert new.running


def test_kill_9_of_one_of_two_again_and_again(world):
    world.topics_create(4)
    world.start_worker("steady").wait_ready()
    load = Load(world)
    for _ in range(6 if long_run() else 3):
        other = world.start_worker("other").wait_ready()
        load.publish(300)
        load.update(100)
        goal = len(load.findings) - 200
        wait_until(lambda: len(checker.created_findings(world.tasks())) >= goal, 90,
                   f"{goal} findings to have tasks")
        other.kill()
    load.finish()

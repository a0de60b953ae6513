# SPDX-License-Identifier: Apache-2.0
"""The broker is killed and comes back."""

import time

import pytest

from support.load import Load


def _supervised(world, worker):
    """What systemd would do: a worker that has ended is started again."""
    if worker.running:
        return worker
    assert worker.process.returncode == 1, worker.log
    return world.start_worker(worker.instance_id)


@pytest.mark.parametrize("away_s", [0, 8])
def test_broker_restart_in_the_middle(world, away_s):
    world.topics_create(4)
    worker = world.start_worker().wait_ready()
    load = Load(world)
    load.publish(1000)
    world.wait_created(100)
    world.broker.kill()
    time.sleep(away_s)
    world.broker.start()
    load.update(200)
    deadline = time.monotonic() + 120
    while world.lag() > 0:
        assert time.monotonic() < deadline, worker.log
        worker = _supervised(world, worker)
        time.sleep(0.5)
    load.finish()


def test_broker_dies_while_the_offsets_are_asked_for(world):
    """What is asked when it dies is given up long before it is back."""
    world.topics_create(4)
    worker = world.start_worker().wait_ready()
    load = Load(world)
    load.publish(50)
    load.finish()
    world.redis.client().flushall()  # so that all shards begin again
    time.sleep(0.05)
    world.broker.kill()
    time.sleep(8)
    world.broker.start()
    worker.wait_ready(60)
    load.update(50)
    load.finish()

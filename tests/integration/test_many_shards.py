# SPDX-License-Identifier: Apache-2.0
"""Many shards on one worker: how long a start takes, and that the loop is served meanwhile."""

import time

import pytest

from support.load import Load


def _start(world, what, limit_s):
    start = time.monotonic()
    worker = world.start_worker().wait_ready(limit_s)
    took = time.monotonic() - start
    print(f"{what}: {took:.2f} s")
    assert took < limit_s
    return worker


@pytest.mark.parametrize("world", ["load"], indirect=True)
def test_48_shards(world):
    """First, again, and with Redis to be rebuilt. Loose bounds: the machine is shared."""
    world.topics_create(48)
    worker = _start(world, "48 shards, first start", 60)  # the broker still makes the topics
    load = Load(world)
    load.publish(2000)
    load.finish()
    assert worker.stop() == 0
    worker = _start(world, "48 shards, again", 20)
    assert worker.stop() == 0
    world.redis.client().flushall()
    worker = _start(world, "48 shards, after FLUSHALL", 20)
    assert worker.log.count('why="it is empty"') == 48
    load.update(200)
    load.finish()


@pytest.mark.parametrize("world", ["load"], indirect=True)
def test_200_shards_and_the_watchdog(world):
    """With the default watchdog, and told to stop in the middle of it."""
    world.topics_create(200)
    worker = _start(world, "200 shards, first start", 120)
    assert worker.stop() == 0
    world.redis.client().flushall()
    worker = world.start_worker()
    worker.wait_log("shards assigned")
    start = time.monotonic()
    assert worker.stop() == 0
    assert time.monotonic() - start < 5
    _start(world, "200 shards, again", 40)

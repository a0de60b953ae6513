# SPDX-License-Identifier: Apache-2.0
"""The worker dies at each of its named points, and what comes out is as if it had not."""

import pytest

from conftest import long_run
from support.load import Load

_POINTS = ("after-poll", "before-commit", "prepared", "after-commit", "before-apply", "after-apply")
_PASSINGS = (1, 2, 3, 7, 20) if long_run() else (1, 7)
_CASES = [(point, n) for point in _POINTS for n in _PASSINGS] + [("in-restore", 1)]


@pytest.mark.parametrize("point, passing", _CASES)
def test_dies_at(world, point, passing):
    world.topics_create(4)
    load = Load(world)
    load.publish(60)
    small = {"batch.max": 10}
    worker = world.start_worker(settings=small).wait_ready()
    world.wait_created(len(load.findings))
    assert worker.stop() == 0
    if point == "in-restore":
        world.redis.client().flushall()  # else there is nothing to restore
    load.publish(200)
    load.update(200)
    worker = world.start_worker(settings=small, failpoint=f"{point}:{passing}")
    assert worker.wait_exit(60) == 137
    world.start_worker(settings=small).wait_ready()
    load.update(50)
    load.finish()

# SPDX-License-Identifier: Apache-2.0
"""Refusals of a broker together with all else that can happen to a shard. Longer than the default run
has time for: EPILOGUE_TEST_LONG=1."""

import random
import re
import signal
import time

import pytest

from conftest import long_run
from support.events import bug_id, closure, finding
from support.process import wait_until

# Only with --long: a minute. Its pieces are tried in each run by test_refused.py and the unit tests.
pytestmark = pytest.mark.skipif(not long_run(), reason="only with --long")

_OUTPUTS = ("followup-tasks", "followup-reminders", "followup-state", "followup-dead-letters",
            "epilogue-forwarded")
_UNCHECKED = {"topics.check": "false"}  # else a worker refuses to start with such topics


def _dead_letters(world):
    return world.consume_all("followup-dead-letters")


def test_every_topic_takes_little(world):
    """Refused records at the head of more shards than are remembered, two workers, and kills."""
    world.topics_create(24)
    for name in _OUTPUTS:
        world.admin_alter(name, **{"max.message.bytes": "6000"})
    for i in range(150):
        world.close_incident(closure(f"I-{i}", summary="s" * [10, 9000, 30000][i % 3], findings=[
            {"finding_id": f"F-{n}", "category": "technical-lapse", "title": "u",
             "description": "d" * [10, 20000, 3000, 7000][(i + n) % 4]} for n in range(3)]),
            flush=False)
        for n in range(2):
            world.update_finding(finding(f"I-{i}", "G", description="x" * [10, 8000][(i + n) % 2]),
                                 flush=False)
    world.publisher.flush()
    workers = [world.start_worker(name, settings=_UNCHECKED) for name in "ab"]
    for k in range(4):
        time.sleep(random.uniform(3, 6))
        workers[k % 2].process.send_signal(signal.SIGKILL)
        workers[k % 2].wait_exit(10)
        workers[k % 2] = world.start_worker("ab"[k % 2], settings=_UNCHECKED)
    world.wait_worked_off(240)
    places = [tuple(r.header(f"epilogue-{part}") for part in ("topic", "partition", "offset"))
              for r in _dead_letters(world)]
    assert places and len(places) == len(set(places))
    world.check_outputs()
    assert all(worker.running for worker in workers)


def _wait_condition(*workers):
    for worker in workers:
        wait_until(lambda w=worker: w.get("/readyz")[0] == 503
                   and "INVALID_RECORD" in w.get("/readyz")[1], 40, worker.get("/readyz"))


def test_what_else_happens_to_a_shard_that_waits(world):
    """Entries in Redis are spoilt, it goes to another worker and back, Redis is lost and frozen."""
    world.topics_create(2)
    worker, other = (world.start_worker(name).wait_ready() for name in "ab")
    world.wait_owners({"a": 1, "b": 1})
    for i in range(10):
        world.close_incident(closure(f"I-{i}"))
    world.wait_worked_off(30)
    world.admin_alter("followup-dead-letters", **{"cleanup.policy": "compact"})
    for partition in (0, 1):
        world.publish("incident-closed", b"no JSON", key=None, partition=partition)
    _wait_condition(worker, other)
    redis = world.redis.client()
    for key in (key for key in redis.keys("*") if key.endswith(b"state")):
        for field in (field for field in redis.hkeys(key) if not field.startswith(b"$")):
            redis.hset(key, field, b"spoilt")
    for i in range(10):
        world.update_finding(finding(f"I-{i}", "F"))
    time.sleep(6)
    assert worker.running and other.running
    other.process.send_signal(signal.SIGTERM)
    assert other.wait_exit(20) == 0
    world.wait_owners({"a": 2})
    redis.flushall()
    time.sleep(4)
    world.redis.freeze()
    time.sleep(3)
    world.redis.thaw()
    _wait_condition(worker)
    other = world.start_worker("b", settings=_UNCHECKED)
    world.wait_owners({"a": 1, "b": 1})
    world.admin_alter("followup-dead-letters", **{"cleanup.policy": "delete"})
    worker.wait_ready()
    other.wait_ready()
    world.wait_worked_off(60)
    for i in range(10):
        world.wait_task(bug_id(f"I-{i}", "F"))
    world.check_outputs()
    assert len(_dead_letters(world)) == 2
    assert len(re.findall("Kafka refuses what the worker writes", worker.log)) < 10

# SPDX-License-Identifier: Apache-2.0
"""Whoever cannot serve its shards does not keep them; and a worker that waits says for what."""

import time

import pytest

from support.events import closure, finding
from support.process import wait_until
from support.redis_server import RedisServer

_QUICK = {"session.timeout.ms": 6000}


@pytest.fixture(scope="module")
def world(module_world):
    return module_world.topics_create(4)


def _publish(world, n=8):
    """Some incidents with a finding each, in all shards; gives the findings."""
    found = []
    for i in range(n):
        incident_id = f"INC-{time.monotonic_ns()}"
        world.close_incident(closure(incident_id), flush=False)
        world.update_finding(finding(incident_id, "F-1"), flush=False)
        found.append((incident_id, "F-1"))
    world.publisher.flush()
    return found


def _not_ready(worker, words, timeout_s=30):
    """Waits till /readyz says 503 with these words."""
    def says():
        status, text = worker.get("/readyz")
        return status == 503 and words in text
    wait_until(says, timeout_s, lambda: f"503 and {words!r}: {worker.get('/readyz')}")


@pytest.fixture
def replica(world):
    """A second Redis, a replica of the world's."""
    server = RedisServer(world.folder / "replica")
    server.start()
    server.client().replicaof("127.0.0.1", world.redis.port)
    yield server
    server.stop()


def test_a_worker_on_a_replica(world, replica):
    """It took half the shards, served none of them, and said "connected to Redis again" 57 times in
    14 s. Promoted and demoted while it runs, as a failover does."""
    good = world.start_worker("good", dynamic=True).wait_ready()
    on_replica = {**_QUICK, "redis.url": replica.url}
    other = world.start_worker("other", settings=on_replica, dynamic=True)
    _not_ready(other, "is a replica, of 127.0.0.1")
    time.sleep(3)
    world.wait_owners({"good": 4}, 1)
    assert "connected to Redis again" not in other.log
    assert other.log.count("is a replica") <= 2, other.log

    replica.client().replicaof("NO", "ONE")
    other.wait_ready()
    world.wait_owners({"good": 2, "other": 2})
    found = _publish(world)
    world.wait_worked_off()

    replica.client().replicaof("127.0.0.1", world.redis.port)
    found += _publish(world)
    _not_ready(other, "is a replica")
    other.wait_log("leaving the group until Redis can be used", 60)
    world.wait_owners({"good": 4})
    world.wait_worked_off()
    good.wait_ready()
    assert other.running
    other.stop()
    assert {f for f in found} <= {
        (r.json["incident_id"], r.json["finding_id"]) for r in world.tasks()
        if r.json.get("finding_id")}
    world.check_outputs()

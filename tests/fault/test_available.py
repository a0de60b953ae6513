# SPDX-License-Identifier: Apache-2.0
"""Whoever cannot serve its shards does not keep them; and a worker that waits says for what."""

import json
import time

import pytest
from conftest import long_run
from confluent_kafka import Producer

from support.events import bug_id, closure, finding
from support.process import wait_until
from support.records import partition_of
from support.redis_server import RedisServer

_QUICK = {"session.timeout.ms": 6000}


@pytest.fixture(scope="module")
def world(module_world):
    return module_world.topics_create(4)


pytestmark = pytest.mark.usefixtures("everybody_runs")


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
    if long_run():  # half a minute; in the other form it is told to stop
        other.wait_log("leaving the group until Redis can be used", 60)
        world.wait_owners({"good": 4})
        assert other.running
    other.stop()
    world.wait_owners({"good": 4})
    world.wait_worked_off()
    good.wait_ready()
    good.stop()
    assert {f for f in found} <= {
        (r.json["incident_id"], r.json["finding_id"]) for r in world.tasks()
        if r.json.get("finding_id")}
    world.check_outputs()


def test_a_publisher_that_does_not_end_its_transaction(world):
    """Its shard stood still, and nothing said why."""
    worker = world.start_worker("waits").wait_ready()
    incident_id, finding_id = _publish(world, 1)[0]
    world.wait_worked_off()
    shard = partition_of(incident_id, 4)
    topic = world.topic("finding-updated")
    producer = Producer({"bootstrap.servers": world.broker.bootstrap,
                         "transactional.id": f"{world.group_id}-publisher",
                         "transaction.timeout.ms": 120000})
    producer.init_transactions(30)
    producer.begin_transaction()
    producer.produce(topic, key=incident_id, partition=shard,
                     value=json.dumps(finding(incident_id, "F-open")))
    producer.flush()
    world.update_finding(finding(incident_id, "F-behind"))
    line = worker.wait_log(r"that its publisher has not ended.*", 40).group(0)
    assert f"topic={topic} partition={shard} offset=" in line
    assert worker.get("/readyz")[0] == 200
    assert "\nepilogue_inputs_blocked 1\n" in worker.get("/metrics")[1]
    assert not any(r.json.get("finding_id") == "F-behind" for r in world.tasks())
    producer.commit_transaction(30)
    world.wait_task(bug_id(incident_id, "F-open"))
    world.wait_task(bug_id(incident_id, "F-behind"))
    worker.wait_log("the transaction that blocked an input has ended")
    wait_until(lambda: "\nepilogue_inputs_blocked 0\n" in worker.get("/metrics")[1], 20, "none")
    assert worker.log.count("publisher has not ended") == 1
    worker.stop()


def test_a_commit_that_waits_is_not_ready(world):
    """/readyz said 200 for 20 s with a dead broker, for the engine stood in a call."""
    worker = world.start_worker("commits").wait_ready()
    _publish(world, 300)
    world.broker.freeze()
    _not_ready(worker, "waiting for Kafka", 6)
    world.broker.thaw()
    worker.wait_ready(60)
    world.wait_worked_off()
    worker.stop()


def test_a_frozen_redis_is_not_ready(world):
    """The same of Redis; and an idle worker sees it as well."""
    worker = world.start_worker("reads").wait_ready()
    world.redis.freeze()
    _not_ready(worker, "waiting for Redis", 8)
    world.redis.thaw()
    worker.wait_ready(60)
    worker.stop()


def test_an_idle_worker_sees_a_frozen_broker(world):
    worker = world.start_worker("idle").wait_ready()
    world.broker.freeze()
    _not_ready(worker, "waiting for Kafka", 20)
    world.broker.thaw()
    worker.wait_ready(60)
    worker.stop()


def test_tokens_that_crash_the_library(world):
    """librdkafka before 2.2 dies with SIGSEGV when it renews an unsecured token."""
    tokens = {"kafka.security.protocol": "SASL_PLAINTEXT", "kafka.sasl.mechanism": "OAUTHBEARER",
              "kafka.sasl.oauthbearer.config": "principal=admin lifeSeconds=20"}
    worker = world.start_worker("tokens", settings={
        **tokens, "kafka.enable.sasl.oauthbearer.unsecure.jwt": "true"})
    assert worker.wait_exit() in (1, 2)
    assert "crashes when it renews such a token" in worker.log and "librdkafka 2.2" in worker.log
    worker = world.start_worker("none", settings=tokens)
    assert worker.wait_exit() in (1, 2)
    assert "no tokens would be fetched" in worker.log

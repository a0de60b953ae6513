# SPDX-License-Identifier: Apache-2.0
"""What the worker does when it starts, when something is not there, and when it is told to go."""

import socket
import subprocess
import time

import pytest

from support.events import bug_id, closure, finding
from support.process import free_port, wait_until
from support.worker import binary, environment
from support.world import TOPICS


def test_a_restart_goes_on(world):
    world.topics_create(4)
    first = world.start_worker().wait_ready()
    world.close_incident(closure("INC-1", revision=1))
    world.update_finding(finding("INC-1", "F-1", revision=1))
    world.wait_created(1)
    assert first.stop() == 0
    world.update_finding(finding("INC-1", "F-1", revision=2, severity="critical"))
    world.update_finding(finding("INC-1", "F-2", revision=1))
    world.start_worker().wait_ready()
    world.wait_task(bug_id("INC-1", "F-1"), priority="P1", version=2)
    world.wait_created(2)
    world.check_outputs([("INC-1", "F-1"), ("INC-1", "F-2")])


def test_sigterm_when_idle(world):
    world.topics_create(4)
    worker = world.start_worker().wait_ready()
    start = time.monotonic()
    assert worker.stop() == 0
    # A second is promised; a sanitizer's build on a busy machine gets more.
    assert time.monotonic() - start < 5


@pytest.mark.parametrize("missing", ["finding-updated", "followup-state", "epilogue-forwarded"])
def test_a_missing_topic(world, missing):
    for name in TOPICS:
        if name != missing:
            world.admin_create(name, 2)
    worker = world.start_worker()
    assert worker.wait_exit() == 1
    assert world.topic(missing) in worker.log and "topics create" in worker.log


def test_unequal_partition_counts(world):
    for name in TOPICS:
        world.admin_create(name, 3 if name == "followup-tasks" else 2,
                           **({"cleanup.policy": "compact"} if name == "followup-state" else {}))
    worker = world.start_worker()
    assert worker.wait_exit() == 1
    assert world.topic("followup-tasks") in worker.log and "partitions" in worker.log


def test_a_changed_partition_count(world):
    world.topics_create(2)
    worker = world.start_worker().wait_ready()
    world.close_incident(closure("INC-1"))
    world.update_finding(finding("INC-1", "F-1"))
    world.wait_created(1)
    assert worker.stop() == 0
    for name in TOPICS:
        world.broker.add_partitions(world.topic(name), 4)
    worker = world.start_worker()
    assert worker.wait_exit() == 1
    assert "partitions" in worker.log


def test_the_port_is_in_use(world):
    world.topics_create(2)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        worker = world.start_worker(settings={"http.listen": f"127.0.0.1:{port}"})
        assert worker.wait_exit() == 1
    assert str(port) in worker.log and "http.listen" in worker.log


@pytest.mark.parametrize("settings, names", [
    ({"sesion.timeout.ms": "6000"}, "session.timeout.ms"),
    ({"kafka.isolation.level": "read_uncommitted"}, "isolation.level"),
    ({"batch.max": "many"}, "batch.max"),
])
def test_a_wrong_configuration(world, settings, names):
    worker = world.start_worker(settings=settings)
    assert worker.wait_exit() == 2
    assert names in worker.log


def test_redis_is_not_there_yet(world):
    world.topics_create(4)
    world.redis.stop()
    world.close_incident(closure("INC-1"))
    world.update_finding(finding("INC-1", "F-1"))
    worker = world.start_worker()
    wait_until(lambda: worker.get("/readyz")[0] == 503, 30, lambda: f"503, {worker.log}")
    assert worker.get("/healthz")[0] == 200
    time.sleep(1)
    assert worker.running and worker.get("/readyz")[0] == 503
    world.redis.start()
    worker.wait_ready()
    world.wait_created(1)
    world.check_outputs([("INC-1", "F-1")])


def test_kafka_is_not_there_yet(world):
    worker = world.start_worker(
        settings={"kafka.bootstrap.servers": f"127.0.0.1:{free_port()}"})
    wait_until(lambda: worker.get("/readyz")[0] == 503, 30, lambda: f"503, {worker.log}")
    time.sleep(1)
    assert worker.running
    assert worker.stop() == 0


def test_metrics(world):
    world.topics_create(4)
    worker = world.start_worker().wait_ready()
    world.close_incident(closure("INC-1"))
    world.update_finding(finding("INC-1", "F-1"))
    world.wait_created(1)
    status, text = worker.get("/metrics")
    assert status == 200
    samples = [line for line in text.splitlines() if line and not line.startswith("#")]
    assert samples and all(line.startswith("epilogue_") for line in samples)
    assert worker.get("/nothing")[0] == 404


@pytest.mark.parametrize("limit, said", [("-n 64", "ulimit -n"), ("-v 150000", "ulimit -v")])
def test_too_small_limits_are_told_at_the_start(world, limit, said):
    """librdkafka ended the process by an assertion, or waited for brokers for ever. The build
    without sanitizers, which themselves need terabytes of addresses."""
    done = subprocess.run(
        ["sh", "-c", f"ulimit {limit}; exec '{binary(load=True)}' worker -c '{world.config_path}'"],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=30, env=environment())
    assert done.returncode == 1 and said in done.stderr, done.stderr

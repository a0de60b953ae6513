# SPDX-License-Identifier: Apache-2.0
"""What users' machines and clusters differ in: the worker is at home there, and says the same."""

import json
import os
import signal
import subprocess

import pytest
from confluent_kafka import Producer

from support.events import bug_id, closure, finding
from support.process import wait_until
from support.worker import binary, environment

_STORY = [{"topic": "incident-closed", "key": "INC-1", "at": "2026-11-20T00:00:00Z",
           "value": closure("INC-1", title="Größe, 大きさ, ölçü", data_breach=True)},
          {"topic": "finding-updated", "key": "INC-1", "value": finding("INC-1", "F-1")}]


@pytest.fixture(scope="module")
def one(module_world):
    """A world with a worker; each test uses an incident of its own."""
    module_world.topics_create(2)
    module_world.worker = module_world.start_worker().wait_ready()
    return module_world


@pytest.mark.parametrize("surroundings", [
    {"LC_ALL": "C"}, {"LC_ALL": "C.UTF-8"}, {"LC_ALL": "tr_TR.UTF-8"}, {"LC_ALL": "de_DE.UTF-8"},
    {"LC_ALL": "no-such-locale"}, {"TZ": "Asia/Kathmandu"}, {"TZ": "America/St_Johns"},
    {"TZ": "nowhere"}], ids=lambda pairs: "-".join(pairs.values()))
def test_locale_and_time_zone_change_nothing(tmp_path, surroundings):
    path = tmp_path / "story.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in _STORY))

    def simulated(**variables):
        done = subprocess.run([binary(), "simulate", path], stdin=subprocess.DEVNULL,
                              capture_output=True, timeout=60, env={**environment(), **variables})
        assert done.returncode == 0, done.stderr
        return done.stdout
    assert simulated(**surroundings) == simulated(LC_ALL="C.UTF-8", TZ="UTC")


@pytest.mark.parametrize("codec", ["none", "gzip", "snappy", "lz4", "zstd"])
def test_every_codec_is_read(one, codec):
    """Of a publisher, also what becomes more than a hundred times as large; what the worker itself writes follows
    kafka.compression.type."""
    publisher = Producer({"bootstrap.servers": one.broker.bootstrap, "compression.type": codec,
                          "partitioner": "murmur2_random", "linger.ms": 50})
    for topic, event in (("incident-closed", closure(f"INC-{codec}", summary="x" * 600000)),
                         ("finding-updated", finding(f"INC-{codec}", "F-1"))):
        publisher.produce(one.topic(topic), json.dumps(event), f"INC-{codec}")
    assert publisher.flush(30) == 0
    one.wait_task(bug_id(f"INC-{codec}", "F-1"))


def test_a_storm_of_signals(one):
    """SIGHUP loads the policy anew each time; SIGUSR1 and 2 mean nothing."""
    for number in range(300):
        one.worker.process.send_signal(
            (signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2)[number % 3])
    one.close_incident(closure("INC-storm"))
    one.update_finding(finding("INC-storm", "F-1"))
    one.wait_task(bug_id("INC-storm", "F-1"))
    assert one.worker.running


def test_others_in_the_same_redis(one):
    """Another program, and another group with the same topics' names, are not touched."""
    client = one.redis.client()
    client.set("theirs", "1")
    client.hset("epilogue:another-group:{0}:state", "K", "V")
    one.close_incident(closure("INC-shared"))
    one.wait_task("INC-shared/response-evaluation")
    assert client.get("theirs") == b"1"
    assert client.hgetall("epilogue:another-group:{0}:state") == {b"K": b"V"}


@pytest.mark.parametrize("prefix", [["env", "-i"], ["unshare", "--pid", "--fork", "--kill-child"]],
                         ids=["nothing-in-the-environment", "as-pid-1"])
def test_a_bare_process(one, prefix):
    """No home, no locale, no path; and as the first process of a container."""
    if prefix[0] == "unshare" and subprocess.run([*prefix, "true"]).returncode:
        # Where the kernel forbids it nothing of ours is at fault, and no other way makes us PID 1.
        pytest.skip("this machine does not let us make a PID namespace")
    options = [f"{name}={value}" for name, value in environment().items() if "SAN_OPTIONS" in name]
    if prefix[0] == "env":
        prefix = [*prefix, *options]
    log = one.folder / f"{prefix[0]}.log"
    listen = "[::1]:0" if os.path.exists("/proc/net/if_inet6") else "127.0.0.1:0"
    with open(log, "wb") as output:
        process = subprocess.Popen(
            [*prefix, binary(), "worker", "-c", one.config_path, "-s", f"http.listen={listen}"],
            stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, env=environment())
    try:
        wait_until(lambda: "shard is active" in log.read_text(), 40, log.read_text)
    finally:
        target = process.pid
        if prefix[0] == "unshare":  # the worker is its child
            with open(f"/proc/{process.pid}/task/{process.pid}/children") as children:
                target = int(children.read().split()[0])
        os.kill(target, signal.SIGTERM)
        process.wait(30)
    assert process.returncode == 0, log.read_text()


def test_the_port_that_became_of_0(one):
    """It is logged, and answers."""
    worker = one.start_worker("w2", settings={"http.listen": "127.0.0.1:0"})
    port = int(worker.wait_log(r"serving metrics.* port=(\d+)").group(1))
    assert port
    worker.http_port = port
    assert wait_until(lambda: worker.get("/healthz")[0] == 200, 20, "an answer")
    worker.stop()


def test_a_policy_of_100_megabytes_is_refused(one):
    policy = one.folder / "huge.json"
    with open(policy, "w") as file:
        file.write('{"version":"1"' + " " * 100_000_000 + "}")
    done = one.run("worker", "-s", f"policy.file={policy}")
    assert done.returncode == 2 and "larger than" in done.stderr, done.stderr


def test_simulate_until_before_the_first_event(tmp_path):
    path = tmp_path / "story.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in _STORY))
    done = subprocess.run([binary(), "simulate", path, "--until", "2026-11-19"],
                          stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          timeout=60, env=environment())
    assert done.returncode == 2 and "before the first event" in done.stderr, done.stderr

# SPDX-License-Identifier: Apache-2.0
"""`epilogue rebuild`: Redis afresh from followup-state, beside workers and without, whatever ends it."""

import json
import re
import threading
import time

from conftest import long_run
from support.load import Load
from support.process import wait_until
from support.worker import json_lines


def _start(world, partitions=2, count=100, **options):
    world.topics_create(partitions)
    worker = world.start_worker(**options).wait_ready()
    load = Load(world)
    load.publish(count)
    load.update(count)
    load.finish()
    return worker, load


def _rebuild(world, *arguments, code=0, **options):
    done = world.run("rebuild", *arguments, **options)
    assert done.returncode == code, (done.returncode, done.stdout, done.stderr)
    return done


# ---- without a worker ----

def test_no_worker(world):
    """What Redis lacks comes, what it has too much goes; nothing else changes, nor an offset."""
    worker, load = _start(world)
    assert worker.stop() == 0
    before = world.redis_content()
    client = world.redis.client()
    states = sorted(client.scan_iter("*:state"))
    wake = next(iter(client.scan_iter("*:wake")))
    client.zadd(wake, {member: 4e12 for member, _ in client.zscan_iter(wake)})
    client.hset(states[0], "INC-0|f|made-up", "{}")
    client.delete(states[1])
    done = _rebuild(world)
    assert re.search(r"^shard 1: \d+ entries, as of offset \d+ of ", done.stdout, re.M)
    assert "2 of 2 shards rebuilt" in done.stderr
    assert world.redis_content() == before
    world.check_redis()
    assert [line["shard"] for line in json_lines(_rebuild(world, "--shard", 1, "--json"))] == [1]
    assert [line["shard"] for line in json_lines(
        _rebuild(world, "--shard", 1, "--shard", 0, "--json"))] == [0, 1]
    assert "from 0 to 1" in _rebuild(world, "--shard", 2, code=2).stderr
    client.flushall()
    _rebuild(world)
    assert world.redis_content() == before
    worker = world.start_worker().wait_ready()
    assert "rebuilding the shard" not in worker.log
    assert set(re.findall(r"restored_records=(\d+)", worker.log)) <= {"0", "1", "2"}
    load.update(50)
    load.finish()


def test_killed(world):
    """Wherever it ends, Redis has the shard as it was or as it is to be."""
    worker, load = _start(world, partitions=1, count=200)
    assert worker.stop() == 0
    before = world.redis_content()
    for place in ("in-restore", "rebuild-before-install", "rebuild-after-install"):
        _rebuild(world, failpoint=f"{place}:1", code=137)
        found = {key: value for key, value in world.redis_content().items() if b":rebuild:" not in key}
        assert found == before
    for pause_s in (0.2, 0.5, 0.8) if long_run() else (0.5,):
        process = world.start("rebuild")
        time.sleep(pause_s)
        process.kill()
        process.communicate()
    _rebuild(world)
    assert world.redis_content() == before  # nothing is left of those that were killed
    world.start_worker().wait_ready()
    load.update(50)
    load.finish()


# ---- beside workers ----

def test_an_idle_worker_notices(world):
    """It takes the new copy up, and with it the wake times that stand there."""
    worker, load = _start(world, partitions=1)
    client = world.redis.client()
    wake = next(iter(client.scan_iter("*:wake")))
    before = client.zrange(wake, 0, -1, withscores=True)
    client.zadd(wake, {member: 4e12 for member, _ in before})
    assert worker.log.count("shard is active") == 1
    _rebuild(world)
    worker.wait_log("shard state in Redis was lost or changed")
    wait_until(lambda: worker.log.count("shard is active") == 2, 20, "the shard to be active again")
    assert worker.log.count("rebuilding the shard") == 1  # as it began
    assert client.zrange(wake, 0, -1, withscores=True) == before
    load.update(50)
    load.finish()
    world.check_redis()


def test_beside_workers_under_load(world):
    """Nothing comes twice, nothing is missing, and Redis is what followup-state says."""
    _, load = _start(world, partitions=4, settings={"batch.max": 20})
    world.start_worker("w2", settings={"batch.max": 20}).wait_ready()
    results, ended = [], threading.Event()

    def again_and_again():
        while not ended.is_set():
            results.append(world.run("rebuild"))
    runner = threading.Thread(target=again_and_again)
    runner.start()
    try:
        until = time.monotonic() + (60 if long_run() else 3)
        while time.monotonic() < until:
            load.publish(30)
            load.update(30)
        world.workers[0].kill()
        world.start_worker("w1", settings={"batch.max": 20})
        load.update(60)
        world.wait_worked_off()
    finally:
        ended.set()
        runner.join()
    assert [done.returncode for done in results] == [0] * len(results), results[-1]
    assert len(results) > 1
    _rebuild(world)
    load.update(60)
    load.finish()
    world.check_redis()


def test_two_at_once(world):
    worker, load = _start(world)
    processes = [world.start("rebuild") for _ in range(2)]
    for process in processes:
        out, err = process.communicate(timeout=60)
        assert process.returncode == 0 and out.count("entries") == 2, (out, err)
    load.update(50)
    load.finish()
    world.check_redis()
    assert worker.running


# ---- what it refuses ----

def test_what_is_not_built_upon(world):
    """followup-state has lost its start, or its end, or is on another cluster: Redis stays as it is."""
    worker, load = _start(world)
    assert worker.stop() == 0
    before = world.redis.snapshot()

    def refused(*words):
        done = _rebuild(world, code=1)
        for word in words:
            assert word in done.stderr, done.stderr
        assert "0 of 2 shards rebuilt; the rest is unchanged in Redis" in done.stderr
        assert "--accept-state-loss" not in done.stderr
        assert world.redis.snapshot() == before

    client = world.redis.client()
    rights = "on >secret ~epilogue:* +@hash +@sortedset +@scripting +@transaction +unlink +info"
    client.execute_command("ACL", "SETUSER", "epilogue", *rights.split())
    world.write_config(**{"redis.url": f"redis://epilogue:secret@127.0.0.1:{world.redis.port}"})
    refused("RENAME", "ACL SETUSER <user> +rename")
    client.execute_command("ACL", "SETUSER", "epilogue", "+rename")
    _rebuild(world, "--shard", 0)
    marks = {key: client.hget(key, "$checkpoint") for key in client.scan_iter("*:state")}
    for place, wrong, words in ((3, b"another-cluster", ("another Kafka cluster",)),
                                (0, b"1000000", ("Redis reflects", "up to offset 1000000"))):
        for key, mark in marks.items():
            parts = mark.split(b" ")
            client.hset(key, "$checkpoint", b" ".join([*parts[:place], wrong, *parts[place + 1:]]))
        before = world.redis.snapshot()
        refused(*words)
    for key, mark in marks.items():
        client.hset(key, "$checkpoint", mark)
    before = world.redis.snapshot()
    records = world.consume_all("followup-state")
    ends = {r.partition: r.offset for r in records}
    world.broker.delete_records(world.topic("followup-state"), {0: ends[0] // 2}, policy="compact")
    refused("has lost its records from offset 0")
    if long_run():
        lost = next(r for r in reversed(records) if r.partition == 0 and b"|f|" in r.key and r.value)
        world.rewrite_state(lambda r: r.key != lost.key)
        refused("entries, but its last batch counted")


def test_progress_and_stop(world):
    """Each second where it is; and SIGTERM leaves Redis as it was."""
    worker, load = _start(world, partitions=1)
    assert worker.stop() == 0
    before = world.redis.snapshot()
    end_of_it = world.hold_offsets("finding-updated", 0)
    process = world.start("rebuild")
    # Before that one it may have said why, on a line of its own.
    said = []
    while not said or "shard 0 (1 of 1): waits for the brokers" not in said[-1]:
        said.append(process.stderr.readline())
        assert said[-1], said
    process.terminate()
    out, err = process.communicate(timeout=20)
    assert process.returncode == 1 and not out
    assert "0 of 1 shards rebuilt; the rest is unchanged in Redis" in err and "stopped before the end" in err
    assert world.redis.snapshot() == before
    end_of_it()
    _rebuild(world)
    world.start_worker().wait_ready()
    load.update(50)
    load.finish()

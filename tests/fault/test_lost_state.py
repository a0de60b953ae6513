# SPDX-License-Identifier: Apache-2.0
"""followup-state, Redis or the group's offsets have lost something, or are of another world: what
is lost is noticed before a shard is active, and nothing is made worse."""

import json
import re
import time

import pytest

from support.events import closure, finding
from support.load import Load
from support.process import wait_until

ACCEPT = ("--accept-state-loss",)


def _start_with_load(world, partitions=2, count=100, **settings):
    world.topics_create(partitions)
    worker = world.start_worker(settings=settings).wait_ready()
    load = Load(world)
    load.publish(count)
    load.update(count)
    load.finish()
    assert worker.stop() == 0
    return load


def _ends(world):
    ends = {}
    for record in world.consume_all("followup-state"):
        ends[record.partition] = record.offset
    return ends


def _refused(world, *words):
    """The worker ends with a sentence of these words, and Redis is as it was."""
    before = world.redis.snapshot()
    worker = world.start_worker()
    assert worker.wait_exit() == 1
    reason = re.search(r'msg="worker exits" reason=(".*")', worker.log).group(1)
    for word in words:
        assert word in reason, reason
    assert "shard is active" not in worker.log
    assert world.redis.snapshot() == before
    return reason


def _marks(world):
    """{key in Redis: its $checkpoint}"""
    client = world.redis.client()
    return {key: client.hget(key, "$checkpoint").decode()
            for key in client.scan_iter("*:state")}


def _edit_marks(world, edit):
    client = world.redis.client()
    for key, mark in _marks(world).items():
        client.hset(key, "$checkpoint", " ".join(edit(mark.split(" "))))


def _goes_on(world, load, **options):
    """A worker starts, and new events of new incidents have their effects."""
    worker = world.start_worker(**options).wait_ready()
    load.publish(40)
    world.wait_worked_off()
    world.wait_created(len(load.findings))
    return worker


# ---- the start of followup-state is gone ----

def test_lost_start_and_redis_empty(world):
    load = _start_with_load(world)
    middle = {p: end // 2 for p, end in _ends(world).items()}
    world.broker.delete_records(world.topic("followup-state"), middle, policy="compact")
    world.redis.client().flushall()
    _refused(world, "has to be rebuilt", f"from offset 0 to {middle[0] - 1}", "Restore the topic",
             "--accept-state-loss")

    worker = world.start_worker(arguments=ACCEPT).wait_ready()
    assert re.search(r'level=error msg="state loss accepted" shard=\d loss=".*has lost its records',
                     worker.log)
    assert re.search(r'level=error msg="state loss accepted" shard=\d loss=".* entries, but its '
                     r'last batch counted', worker.log)
    new = [f"INC-new-{i}" for i in range(20)]  # some on each shard: a batch of each is committed
    for name in new:
        world.close_incident(closure(name))
        world.update_finding(finding(name, "F-1"))
    world.wait_created(len(load.findings) + len(new))
    assert worker.stop() == 0
    # What was accepted is not refused again; only that the topic has no start is said on.
    worker = world.start_worker().wait_ready()
    worker.wait_log("followup-state has lost its oldest records")
    assert "state loss accepted" not in worker.log


def test_lost_start_and_redis_whole(world):
    """Redis is the last copy: work goes on, is warned of, and nothing is cleared."""
    load = _start_with_load(world)
    middle = {p: end // 2 for p, end in _ends(world).items()}
    world.broker.delete_records(world.topic("followup-state"), middle, policy="compact")
    worker = _goes_on(world, load)
    worker.wait_log(r'level=warn msg="followup-state has lost its oldest records.*shards=2')
    assert "rebuilding" not in worker.log
    load.update(50)
    load.finish()
    # And one entry less in Redis is noticed, for it cannot be had back.
    assert worker.stop() == 0
    client = world.redis.client()
    key = sorted(client.scan_iter("*:index"))[0].decode()
    entry = client.zrange(key, 5, 5)[0]
    for name, delete in (("index", client.zrem), ("state", client.hdel)):
        delete(key.replace(":index", f":{name}"), entry)
    if client.zrem(key.replace(":index", ":wake"), entry):
        state = key.replace(":index", ":state")
        mark = client.hget(state, "$checkpoint").decode().split(" ")
        mark[2] = str(int(mark[2]) - 1)
        client.hset(state, "$checkpoint", " ".join(mark))
    _refused_after(world, "there should be", "it cannot be rebuilt")


def _refused_after(world, *words):
    """As _refused, but of one shard: others may be active already."""
    worker = world.start_worker()
    assert worker.wait_exit() == 1
    for word in words:
        assert word in worker.log
    return worker


def test_an_entry_is_gone_from_redis(world):
    """With followup-state whole, the shard is rebuilt."""
    load = _start_with_load(world)
    client = world.redis.client()
    for key in client.scan_iter("*:index"):
        entries = client.zrange(key, 0, -1)
        entry = next(e for e in entries if b"|f|" in e)
        assert client.zrem(key, entry) and client.hdel(key.replace(b":index", b":state"), entry)
        client.zrem(key.replace(b":index", b":wake"), entry)
        wake = client.zcard(key.replace(b":index", b":wake"))
        state = key.replace(b":index", b":state")
        mark = client.hget(state, "$checkpoint").decode().split(" ")
        mark[2] = str(wake)
        client.hset(state, "$checkpoint", " ".join(mark))
    worker = _goes_on(world, load)
    assert worker.log.count('why="it has lost entries"') == 2
    load.update(50)
    load.finish()


# ---- its end is gone, or something in between ----

def test_recreated_empty(world):
    load = _start_with_load(world)
    world.recreate("followup-state", 2)
    _refused(world, "Redis reflects", "up to offset", "but it ends at 0", "Redis may be the last",
             "--accept-state-loss")
    world.redis.client().flushall()
    _refused_after(world, "has lost its end", "knows of batch 0", "--accept-state-loss")
    worker = _goes_on(world, load, arguments=ACCEPT)
    assert worker.stop() == 0
    world.start_worker().wait_ready()


def test_lost_end(world):
    """The last batch of each shard is missing: its records, up to its $position."""
    load = _start_with_load(world, **{"batch.max": 20})
    positions = {}
    for record in world.consume_all("followup-state"):
        if record.key.startswith(b"$position/"):
            positions.setdefault(record.partition, []).append(record.offset)
    world.rewrite_state(lambda r: r.offset <= positions[r.partition][-2])
    world.redis.client().flushall()
    batch = json.loads(_state(world)[b"$position/0"])["batch"]
    _refused_after(world, "has lost its end", f"with batch {batch + 1}",
                   f"knows of batch {batch}", "the last 1 batches are missing")
    worker = _goes_on(world, load, arguments=ACCEPT)
    assert worker.log.count('"state loss accepted"') >= 2
    assert worker.stop() == 0
    world.start_worker().wait_ready()


def _state(world):
    """What followup-state says last of each key."""
    return {record.key: record.value for record in world.consume_all("followup-state")}


def test_lost_entries(world):
    """A record in the middle is missing, and nothing else tells of it."""
    load = _start_with_load(world)
    lost = next(r for r in reversed(world.consume_all("followup-state"))
                if r.partition == 1 and b"|f|" in r.key and r.value)
    world.rewrite_state(lambda r: r.key != lost.key)
    world.redis.client().flushall()
    worker = _refused_after(world, "has lost records", "entries, but its last batch counted")
    found, counted = map(int, re.search(r"/1 has (\d+) entries, but its last batch counted (\d+)",
                                        worker.log).groups())
    assert counted == found + 1
    worker = _goes_on(world, load, arguments=ACCEPT)
    assert worker.stop() == 0
    world.start_worker().wait_ready()


def test_rewritten_from_redis(world):
    """What docs/operations.md says to do when followup-state is gone and Redis is whole."""
    load = _start_with_load(world)
    client = world.redis.client()
    entries = []
    for key in client.scan_iter("*:state"):
        shard = int(re.search(rb"\{(\d+)\}", key).group(1))
        entries += [(shard, name, value) for name, value in client.hgetall(key).items()
                    if name != b"$checkpoint"]
    world.recreate("followup-state", 2)
    for shard, name, value in entries:
        world.publisher.send(world.topic("followup-state"), name, value, partition=shard)
    world.publisher.flush()
    client.flushall()
    _goes_on(world, load)
    load.update(50)
    load.finish()


# ---- stamps and clusters ----

def test_another_cluster(world):
    load = _start_with_load(world)
    cluster = next(iter(_marks(world).values())).split(" ")[3]
    assert cluster == world.broker.cluster_id()
    _edit_marks(world, lambda mark: [*mark[:3], "another-cluster"])
    _refused(world, "from Kafka cluster another-cluster", f"cluster {cluster}")
    _edit_marks(world, lambda mark: [*mark[:3], cluster])
    _goes_on(world, load)
    load.finish()


def test_a_stamp_of_the_future(world):
    load = _start_with_load(world)
    _edit_marks(world, lambda mark: [mark[0], str(int(mark[1]) + 2 * 3600 * 1000), *mark[2:]])
    worker = _goes_on(world, load)
    assert worker.log.count('why="its time is in the future"') == 2
    load.finish()


def test_away_for_longer_than_deletions_are_kept(world):
    world.topics_create(2)
    worker = world.start_worker().wait_ready()
    load = Load(world)
    load.publish(100)
    load.finish()
    world.redis.save()
    load.update(100)
    load.finish()
    assert worker.stop() == 0
    world.redis.roll_back()
    _edit_marks(world, lambda mark: [mark[0], str(int(mark[1]) - 8 * 86400 * 1000), *mark[2:]])
    worker = _goes_on(world, load)
    assert 'why="deletions that follow it may be gone from followup-state"' in worker.log
    load.finish()


@pytest.mark.parametrize("world", ["load"], indirect=True)
def test_pieces_keep_the_stamp(world):
    """A restore that is cut off has the time at which it began: what deletes was compacted away
    since then could be missed, however late the next piece comes."""
    load = _start_with_load(world, partitions=1, count=3000)
    world.redis.client().flushall()
    stamps = []
    for _ in range(2):
        began = time.time() * 1000
        assert world.start_worker(failpoint="in-restore:1").wait_exit() != 0
        offset, stamp, *_ = next(iter(_marks(world).values())).split(" ")
        stamps.append((int(offset), int(stamp)))
    assert stamps[1][0] > stamps[0][0] > 0
    assert stamps[1][1] == stamps[0][1] < began
    worker = world.start_worker().wait_ready()
    offset, stamp, *_ = next(iter(_marks(world).values())).split(" ")
    assert int(offset) > stamps[1][0] and int(stamp) > began
    assert worker.stop() == 0
    load.finish()


# ---- the group's offsets ----

@pytest.mark.parametrize("where", ["ahead", "behind"])
def test_offsets_of_a_stranger(world, where):
    """A console consumer with our group.id commits what it likes: it has no effect."""
    load = _start_with_load(world)
    stray = 100_000 if where == "ahead" else 1
    world.commit_offsets({("finding-updated", p): stray for p in range(2)})
    worker = world.start_worker().wait_ready()
    line = worker.wait_log(r"level=warn msg=\"the group's committed offset was not committed by "
                           rf"epilogue.*finding-updated partition=0 committed={stray} next=(\d+)")
    assert int(line.group(1)) > 1
    load.publish(50)
    load.finish()


def test_offsets_of_a_stranger_before_the_first_start(world):
    world.topics_create(2)
    load = Load(world)
    load.publish(100)
    world.commit_offsets({("finding-updated", p): 5 for p in range(2)})
    worker = world.start_worker().wait_ready()
    worker.wait_log(r"not committed by epilogue.*committed=5 next=0")
    load.finish()


def test_unstable_offsets_hold_up_their_shard_alone(world):
    load = _start_with_load(world, partitions=4)
    end_of_it = world.hold_offsets("finding-updated", 0)

    worker = world.start_worker()
    wait_until(lambda: "epilogue_shards_active 3" in worker.get("/metrics")[1], 20,
               lambda: f"three shards; {worker.log}")
    worker.wait_log("shard 0: a transaction of the worker that owned it before is still open")
    assert worker.get("/readyz")[0] == 503
    end_of_it()
    worker.wait_ready()
    load.publish(50)
    load.finish()

# SPDX-License-Identifier: Apache-2.0
"""`epilogue redrive`: dead letters go back to where they came from, each once, whatever happens."""

import base64
import collections
import json
import random
import time

import pytest
from confluent_kafka import Producer

from conftest import long_run
from support.events import bug_id, closure, finding, parse_time, task_update
from support.process import wait_until
from support.records import TopicReader, partition_of
from support.worker import json_lines

DAY_MS = 86400 * 1000


def _letter(world, value, topic="finding-updated", code="unknown-value", key=True, **options):
    """A dead letter as a worker writes it, without the worker. `headers` are the record's own;
    `ours` are changes of ours, None for one that is missing."""
    ours = {"epilogue-error": code, "epilogue-error-detail": "a test", "epilogue-topic":
            world.topic(topic), "epilogue-partition": "0", "epilogue-offset": "0",
            "epilogue-time": options.get("refused_at", "2026-11-20T10:15:00.000Z"),
            "epilogue-record-time": str(options.get("time_ms", _now_ms() - DAY_MS)),
            **options.get("ours", {})}
    headers = [*options.get("headers", []),
               *((name, text) for name, text in ours.items() if text is not None)]
    key = value["incident_id"] if key is True else key
    partition = options.get("partition", partition_of(key or "", world.partitions))
    world.publisher.send(world.topic("followup-dead-letters"), key, value, headers=headers,
                         partition=partition)


def _letters(world, count, incidents=7):
    """Many of them; gives {(incident, finding)}."""
    names = [(f"INC-{i % incidents}", f"F-{i}") for i in range(count)]
    for name in names:
        _letter(world, finding(*name))
    world.publisher.flush()
    return set(names)


def _now_ms():
    return int(time.time() * 1000)


def _sent(world, topic="finding-updated"):
    """How often each finding stands on an input, for a read_committed reader."""
    return collections.Counter((r.json["incident_id"], r.json["finding_id"])
                               for r in world.consume_all(topic))


def _redrive(world, *arguments, code=0, **options):
    done = world.run("redrive", *arguments, **options)
    assert done.returncode == code, (done.returncode, done.stdout, done.stderr)
    return done


def _summary(done):
    return done.stdout.splitlines()[-1]


# ---- as it was, once ----

def test_back_as_it_was(world):
    """Refused for a task that is not there yet; sent again it has its effect, and as of its time."""
    world.topics_create(2)
    world.start_worker().wait_ready()
    then = _now_ms() - 3 * DAY_MS
    update = task_update("INC-1", bug_id("INC-1", "F-1"), status="in-progress")
    own = [("traceparent", b"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"),
           ("x", b"1"), ("x", b"2"), ("epilogue-error", b"spoofed")]
    world.update_task(update, headers=own, timestamp_ms=then)
    letter = world.wait_records("followup-dead-letters", lambda all: len(all) == 1)[0]
    assert letter.header("epilogue-record-time") == str(then)
    first = world.consume_all("task-updated")[0]
    world.close_incident(closure("INC-1"), timestamp_ms=then - DAY_MS)
    world.update_finding(finding("INC-1", "F-1"), timestamp_ms=then - DAY_MS)
    world.wait_task(bug_id("INC-1", "F-1"), status="open")

    dry = _redrive(world, "--dry-run")
    assert "1 dead letter would be sent: 1 to " in _summary(dry) and "INC-1" in dry.stdout
    line, = json_lines(_redrive(world, "--dry-run", "--json"))
    assert (line["topic"], line["key"], line["value"]) == (world.topic("task-updated"), "INC-1",
                                                           update)
    assert len(world.consume_all("task-updated")) == 1
    assert len(world.consume_all("followup-dead-letters")) == 1

    done = _redrive(world)
    assert "1 dead letter sent: 1 to " in _summary(done)
    again = world.consume_all("task-updated")[1]
    assert (again.key, again.value, again.timestamp_ms, again.partition) == (
        first.key, first.value, then, first.partition)
    assert again.headers == own[:3]  # what is called as ours is, is taken off, too
    task = world.wait_task(bug_id("INC-1", "F-1"), status="in-progress")
    assert parse_time(task["updated_at"]).timestamp() * 1000 == then
    assert "0 dead letters sent; 1 sent before" in _summary(_redrive(world))
    marker = world.consume_all("followup-dead-letters")[1]
    assert (marker.partition, marker.key, marker.value) == (letter.partition, b"INC-1", None)
    assert marker.headers == [("epilogue-redriven", str(letter.offset).encode())]
    world.check_outputs([("INC-1", "F-1")])

    tail = world.start("tail", "--from-beginning", "--topic", "followup-dead-letters")
    try:
        lines = [tail.stdout.readline() for _ in range(2)]
    finally:
        tail.kill()
        tail.communicate()
    assert any(f"redriven            INC-1: the dead letter {letter.partition}@{letter.offset}"
               in line for line in lines), lines


def test_clocks_do_not_start_again_and_again(world):
    """Refused for a limit, twice; the task's clock starts when the finding first came."""
    world.topics_create(2)
    small = {"limits.record.bytes": 2000}
    worker = world.start_worker(settings=small).wait_ready()
    then = _now_ms() - 2 * DAY_MS
    world.close_incident(closure("INC-1"), timestamp_ms=then - DAY_MS)
    world.update_finding(finding("INC-1", "F-1", description="long " * 600), timestamp_ms=then,
                         key=None, partition=1 - partition_of("INC-1", 2))
    letters = world.wait_records("followup-dead-letters", lambda all: len(all) == 1)
    _redrive(world, "--code", "too-large")
    # It stands where it was sent now: a new dead letter, with the time of the first record.
    letters = world.wait_records("followup-dead-letters", lambda all: len(all) == 3)
    places = [(r.header("epilogue-partition"), r.header("epilogue-offset"))
              for r in letters if r.header("epilogue-error")]
    assert len(set(places)) == 2
    assert {r.header("epilogue-record-time") for r in letters} == {str(then), None}
    assert worker.stop() == 0
    world.start_worker().wait_ready()
    assert "1 dead letter sent" in _summary(_redrive(world))
    task = world.wait_task(bug_id("INC-1", "F-1"))
    assert parse_time(task["created_at"]).timestamp() * 1000 == then
    assert "0 dead letters sent; 2 sent before" in _summary(_redrive(world))
    home = partition_of("INC-1", 2)
    assert [(r.key, r.partition) for r in sorted(world.consume_all("finding-updated"), key=lambda
            r: r.partition != home)] == [(b"INC-1", home)] * 2 + [(None, 1 - home)]


# ---- which ones ----

def test_filters_and_what_is_passed_over(world):
    world.topics_create(2)
    hour = "2026-11-20T{:02}:00:00.000Z"
    _letter(world, finding("INC-1", "code"), code="bad-time", refused_at=hour.format(1))
    _letter(world, closure("INC-2", finding_id="topic"), topic="incident-closed",
            refused_at=hour.format(2))
    _letter(world, finding("INC-3", "no key"), key=None, refused_at=hour.format(3))
    _letter(world, finding("INC-4", "newer"), code="from-a-newer-version", refused_at=hour.format(4))
    _letter(world, b"\xff no JSON", key=None, code="invalid-utf8", partition=1,
            refused_at=hour.format(5), ours={"epilogue-partition": "1"})
    _letter(world, None, key="INC-6", code="no-value", refused_at=hour.format(6))
    _letter(world, finding("INC-7", "cut"), ours={"epilogue-truncated": "9000000"})
    _letter(world, finding("INC-7", "elsewhere"), topic="followup-tasks")
    for name, text in (("epilogue-offset", "x"), ("epilogue-time", None), ("epilogue-error", None)):
        _letter(world, finding("INC-7", "strange"), ours={name: text})
    # One that brought such a header along is whole.
    _letter(world, finding("INC-8", "whole"), headers=[("epilogue-truncated", "1"),
                                                       ("epilogue-redriven", "0")],
            refused_at=hour.format(8))
    world.publisher.flush()

    def chosen(*filters):
        lines = json_lines(_redrive(world, "--dry-run", "--json", *filters))
        return sorted(line["value"]["finding_id"] if "value" in line else next(
            name for name in ("raw_base64", "value_null") if name in line) for line in lines)
    everything = sorted(["code", "topic", "no key", "newer", "raw_base64", "value_null", "whole"])
    assert chosen() == everything
    assert chosen("--code", "bad-time") == ["code"]
    assert chosen("--code", "bad-time", "--code", "no-value") == ["code", "value_null"]
    assert chosen("--topic", "incident-closed") == ["topic"]
    assert chosen("--topic", world.topic("incident-closed")) == ["topic"]
    assert chosen("--incident", "INC-3") == ["no key"]
    assert chosen("--incident", "INC-6") == ["value_null"]
    assert chosen("--since", hour.format(5)) == ["raw_base64", "value_null", "whole"]
    assert chosen("--until", hour.format(3)) == ["code", "topic"]
    assert chosen("--since", hour.format(3), "--until", hour.format(5), "--code", "unknown-value"
                  ) == ["no key"]
    assert chosen("--since", "2026-11-21") == []
    for wrong in (("--code", "bad-tiem"), ("--topic", "followup-tasks"), ("--since", "yesterday")):
        assert wrong[1] in _redrive(world, *wrong, code=2).stderr

    assert "1 dead letter sent" in _summary(_redrive(world, "--code", "bad-time"))
    done = _redrive(world)
    assert "6 dead letters sent" in _summary(done)
    assert "; 1 sent before; passed over: 3 not dead letters, 1 cut, 1 not from an input" in \
        _summary(done)
    assert done.stderr.count("passed over") == 5 and "send the whole from its source" in done.stderr
    records = world.consume_all("finding-updated")
    assert all(r.partition == partition_of(r.key, 2) for r in records if r.key)
    assert {r.key for r in records if r.value and b"no key" in r.value} == {b"INC-3"}
    assert {(r.key, r.partition) for r in records if r.value == b"\xff no JSON"} == {(None, 1)}
    assert {r.value for r in records if r.key == b"INC-6"} == {None}
    assert [name for r in records for name, _ in r.headers] == []
    assert "0 dead letters sent; 7 sent before" in _summary(_redrive(world))


def test_what_the_broker_refuses(world):
    """Each goes alone then, so that one holds up nobody; the command fails, and says which."""
    world.topics_create(2)
    names = _letters(world, 20)
    # The limit is of what is compressed.
    long = base64.b64encode(random.Random(1).randbytes(5000)).decode()
    _letter(world, finding("INC-0", "long", description=long))
    _letter(world, finding("INC-1", "old", description="y"), time_ms=_now_ms() - 30 * DAY_MS)
    world.publisher.flush()
    world.admin_alter("finding-updated", **{"max.message.bytes": "4000",
                                            "message.timestamp.before.max.ms": str(7 * DAY_MS)})
    done = _redrive(world, code=1)
    assert "20 dead letters sent" in _summary(done), done.stderr
    assert "2 refused by the broker" in _summary(done)
    assert "max.message.bytes" in done.stderr
    assert "message.timestamp.before.max.ms" in done.stderr
    assert set(_sent(world)) == names and set(_sent(world).values()) == {1}

    world.admin_alter("finding-updated", **{"max.message.bytes": "100000",
                                            "message.timestamp.type": "LogAppendTime"})
    done = _redrive(world)
    assert "2 dead letters sent" in _summary(done)
    assert "message.timestamp.type=LogAppendTime" in done.stderr
    assert set(_sent(world).values()) == {1} and len(_sent(world)) == 22


# ---- never one twice ----

def test_killed_and_run_again(world):
    """kill -9 in the middle, at named places and at any; with filters that overlap."""
    world.topics_create(2)
    names = _letters(world, 1500 if long_run() else 200)
    world.write_config(**{"batch.max": 7})
    passings = (1, 2, 3, 5, 8) if long_run() else (1, 3)
    for n in passings:
        for place in ("before", "after"):
            _redrive(world, failpoint=f"redrive-{place}-commit:{n}", code=137)
            _redrive(world, "--incident", f"INC-{n}")
    rng = random.Random(1)
    for _ in range(12 if long_run() else 2):
        process = world.start("redrive", "--until", "2026-11-21")
        time.sleep(rng.uniform(0.3, 1.2))
        process.kill()
        process.communicate()
    _redrive(world)
    counts = _sent(world)
    assert set(counts) == names and set(counts.values()) == {1}
    assert f"0 dead letters sent; {len(names)} sent before" in _summary(_redrive(world))


def test_two_at_once(world):
    """The second goes on where it stopped the first, which says so."""
    world.topics_create(2)
    names = _letters(world, 600)
    world.write_config(**{"batch.max": 2})
    first = world.start("redrive")
    wait_until(lambda: sum(_sent(world).values()) > 10, 30, "the first to send something")
    second = _redrive(world)
    out, err = first.communicate(timeout=60)
    assert first.returncode == 1 and "another `epilogue redrive` of group" in err, (out, err)
    counts = _sent(world)
    assert set(counts) == names and set(counts.values()) == {1}
    assert f"{len(names)} dead letters sent" not in _summary(second)


def test_a_marker_behind_an_open_transaction(world):
    """A reader of committed records does not see a marker as long as a transaction is open before
    it: a run waits until all that was there when it began can be read."""
    world.topics_create(1)
    names = _letters(world, 3, incidents=1)
    producer = Producer({"bootstrap.servers": world.broker.bootstrap,
                         "transactional.id": f"{world.group_id}/busy",
                         "transaction.timeout.ms": 60000})
    producer.init_transactions(30)
    producer.begin_transaction()
    producer.produce(world.topic("followup-dead-letters"), key="K", value="open", partition=0)
    producer.flush(30)
    world.publisher.send(world.topic("followup-dead-letters"), "INC-0", None, partition=0,
                         headers=[("epilogue-redriven", "0")])
    world.publisher.flush()
    seen = TopicReader(world.broker.bootstrap, world.topic("followup-dead-letters")).refresh()
    assert len(seen) == 3  # the marker is not among them
    run = world.start("redrive")
    with pytest.raises(Exception):
        run.communicate(timeout=2)
    producer.abort_transaction(30)
    out, err = run.communicate(timeout=30)
    assert run.returncode == 0 and "2 dead letters sent" in out and "1 sent before" in out, err
    assert set(_sent(world)) == names - {("INC-0", "F-0")}


def test_stopped(world):
    """SIGTERM: what is under way is finished, and the rest is left."""
    world.topics_create(1)
    _letters(world, 400)
    run = world.start("redrive", "--json", "-s", "batch.max=1")
    wait_until(lambda: _sent(world), 30, "it to send something")
    run.terminate()
    out, err = run.communicate(timeout=30)
    assert run.returncode == 1 and "stopped before the end" in err
    assert len([json.loads(line) for line in out.splitlines()]) == len(_sent(world)) < 400
    _redrive(world)
    assert len(_sent(world)) == 400 and set(_sent(world).values()) == {1}

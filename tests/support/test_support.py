# SPDX-License-Identifier: Apache-2.0
"""The tools that the other tests trust: partitions, read_committed reading, the checker."""

import json

import pytest
from confluent_kafka import Producer

from support import checker
from support.kafka_broker import KafkaBroker
from support.records import Publisher, Record, TopicReader, murmur2, partition_of
from support.redis_server import RedisServer


def test_murmur2_as_java_has_it():
    # Apache Kafka's own test vectors (UtilsTest.testMurmur2).
    vectors = {b"21": -973932308, b"foobar": -790332482, b"a-little-bit-long-string": -985981536,
               b"a-little-bit-longer-string": -1486304829,
               b"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8": -58897971}
    for data, signed in vectors.items():
        assert murmur2(data) == signed & 0xFFFFFFFF


def test_no_test_starts_a_broker_past_the_fixtures(tmp_path):
    """Their names mark it as one that needs Kafka; this one is not marked."""
    with pytest.raises(RuntimeError, match="new_broker"):
        KafkaBroker(tmp_path)


@pytest.fixture
def own_broker(new_broker):
    """By way of another fixture."""
    return new_broker


def test_who_starts_a_broker_is_marked(own_broker, request):
    assert request.node.get_closest_marker("kafka")


@pytest.fixture
def topic(kafka, request):
    """An empty topic of three partitions, any number of times a day."""
    name = f"support.{request.node.name}"
    kafka.create_topic(name, 3)
    yield name
    kafka.delete_topics([name])


def test_publisher_and_reader_agree(kafka, topic):
    publisher, reader = Publisher(kafka.bootstrap), TopicReader(kafka.bootstrap, topic)
    assert reader.refresh() == []
    for i in range(300):
        publisher.send(topic, f"INC-{i}", {"i": i}, {"traceparent": "x"}, 1_700_000_000_000 + i)
    publisher.send(topic, "INC-0", None, partition=partition_of("INC-0", 3))
    publisher.flush()
    records = reader.refresh()
    assert len(records) == 301
    for record in records:
        assert record.partition == partition_of(record.key, 3)
    one = next(r for r in records if r.key == b"INC-7")
    assert (one.json, one.header("traceparent"), one.timestamp_ms) == (
        {"i": 7}, "x", 1_700_000_000_007)
    assert sum(r.json is None for r in records) == 1


def test_reader_sees_committed_records_alone(kafka, topic):
    reader = TopicReader(kafka.bootstrap, topic)
    producer = Producer({"bootstrap.servers": kafka.bootstrap, "transactional.id": topic})
    producer.init_transactions(30)
    for value, end in [(b"1", producer.commit_transaction), (b"2", producer.abort_transaction),
                       (b"3", producer.commit_transaction)]:
        producer.begin_transaction()
        producer.produce(topic, value, partition=1)
        producer.flush(30)  # an abort before the partition is in the transaction may be fatal
        end(30)
    assert [record.value for record in reader.refresh()] == [b"1", b"3"]
    producer.begin_transaction()
    producer.produce(topic, b"4", partition=1)
    producer.flush(30)
    assert len(reader.refresh()) == 2  # still open
    producer.abort_transaction(30)
    assert len(reader.refresh()) == 2


def test_redis_forgets_and_rolls_back(run_folder):
    server = RedisServer(run_folder / "redis-support").start()
    server.client().hset("{1}a", "x", "1")
    server.save()
    server.client().zadd("{1}b", {"m": 5})
    assert server.snapshot() == {b"{1}a": {b"x": b"1"}, b"{1}b": [(b"m", 5.0)]}
    server.roll_back()
    assert server.snapshot() == {b"{1}a": {b"x": b"1"}}
    server.client().flushall()
    assert server.snapshot() == {}
    server.stop()


def _task_record(version, kind="created", partitions=4, **members):
    task = {"task_id": "INC-1/bug/F-1", "version": version, "incident_id": "INC-1",
            "finding_id": "F-1", "kind": "bug", "status": "open", "resolution": None, "moved_from": None, "moved_to": None,
            "closed_at": None, "updated_at": "2026-11-20T10:15:00.000Z", "occurrence": 1,
            "priority": "P2", "changes": {}, **members}
    headers = {"ce_specversion": "1.0", "ce_id": f"INC-1/bug/F-1/{version}",
               "ce_type": f"epilogue.task.{kind}.v1", "ce_source": "/epilogue/g",
               "ce_subject": "INC-1/bug/F-1", "ce_time": "2026-11-20T10:15:00.000Z",
               "ce_partitionkey": "INC-1", "content-type": "application/json"}
    return Record("followup-tasks", partition_of("INC-1", partitions), version, 0, b"INC-1",
                  json.dumps(task).encode(), [(k, v.encode()) for k, v in headers.items()])


def _updated(version=2, **members):
    return _task_record(version, "updated", priority="P1",
                        **{"changes": {"priority": {"from": "P2", "to": "P1"}}, **members})


def test_checker_accepts_a_right_history():
    checker.check_history([_task_record(1), _updated()], [], 4, "g")
    checker.check_created_once([_task_record(1)], [("INC-1", "F-1")])


@pytest.mark.parametrize("records, complaint", [
    ([_task_record(1), _task_record(1)], "a ce_id twice"),
    ([_task_record(1), _updated(3)], "out of sequence"),
    ([_updated(1)], "created is not version 1"),
    ([_task_record(1), _updated(changes={})], "changes is not what differs"),
    ([_task_record(1), _updated(updated_at="2026-11-20T10:14:00.000Z")], "goes back"),
    ([_task_record(1), _updated(status="closed")], "disagree"),
    ([_task_record(1, partitions=3)], "not its key's"),
])
def test_checker_refuses_a_wrong_history(records, complaint):
    records[-1].partition += complaint == "not its key's"
    with pytest.raises(AssertionError, match=complaint):
        checker.check_history(records, [], 4, "g")


def test_checker_counts_created_tasks():
    for findings, complaint in [([("INC-1", "F-1"), ("INC-1", "F-2")], "have no task"),
                                ([], "unknown")]:
        with pytest.raises(AssertionError, match=complaint):
            checker.check_created_once([_task_record(1)], findings)
    with pytest.raises(AssertionError, match="more than one"):
        checker.check_created_once([_task_record(1), _task_record(1)], [("INC-1", "F-1")])

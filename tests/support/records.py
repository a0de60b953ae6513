# SPDX-License-Identifier: Apache-2.0
"""Records in and out of Kafka, as an outsider sees them."""

import dataclasses
import json
import time

from confluent_kafka import Consumer, KafkaError, KafkaException, Producer, TopicPartition

from support.process import wait_until

_EOF = KafkaError._PARTITION_EOF  # the client has no public name for it


def murmur2(data):
    """The hash of Java's default partitioner, from its definition and not from librdkafka, so
    that partitions are checked by something that shares no code with the worker."""
    mask, m = 0xFFFFFFFF, 0x5BD1E995
    h = (0x9747B28C ^ len(data)) & mask
    whole = len(data) & ~3
    for i in range(0, whole, 4):
        k = int.from_bytes(data[i:i + 4], "little") * m & mask
        k = (k ^ (k >> 24)) * m & mask
        h = (h * m & mask) ^ k
    if len(data) > whole:
        h = (h ^ int.from_bytes(data[whole:], "little")) * m & mask
    h = (h ^ (h >> 13)) * m & mask
    return h ^ (h >> 15)


def partition_of(key, partitions):
    """The partition that a key belongs on."""
    data = key.encode() if isinstance(key, str) else key
    return (murmur2(data) & 0x7FFFFFFF) % partitions


def end_of(consumer, topic, partition):
    """The end of a partition as this handle may see it. Asked again while the broker says that it
    is not the partition's leader: just after a topic was made, or the broker started, it is so."""
    def ask():
        try:
            return consumer.get_watermark_offsets(TopicPartition(topic, partition), timeout=5)
        except KafkaException:
            return None
    return wait_until(ask, 30, f"the end of {topic}/{partition}")[1]


@dataclasses.dataclass
class Record:
    """One record as read. `key` is bytes or None; `headers` is a list of (name, bytes)."""

    topic: str
    partition: int
    offset: int
    timestamp_ms: int
    key: bytes
    value: bytes
    headers: list

    def header(self, name):
        """The last header of this name as text; None when there is none."""
        values = [value for header, value in self.headers if header == name]
        return values[-1].decode() if values else None

    @property
    def type(self):
        """Its ce_type."""
        return self.header("ce_type")

    @property
    def json(self):
        """Its value, parsed once; None for a deletion."""
        if "_json" not in self.__dict__:
            self.__dict__["_json"] = None if self.value is None else json.loads(self.value)
        return self.__dict__["_json"]

    def __str__(self):
        return f"{self.topic}/{self.partition}@{self.offset} {self.header('ce_id')} {self.value!r}"


class TopicReader:
    """Follows one topic from its start, read_committed as the contract asks of every consumer.
    `records` grows with each refresh()."""

    def __init__(self, bootstrap, topic, isolation="read_committed"):
        self.topic = topic
        self.records = []
        self._consumer = Consumer({
            "bootstrap.servers": bootstrap,
            "group.id": "tests-reader",  # demanded by the client; nothing is ever committed
            "enable.auto.commit": False,
            "isolation.level": isolation,
            "enable.partition.eof": True,
            "fetch.wait.max.ms": 20,
            "fetch.message.max.bytes": 8 * 1024 * 1024,
        })
        # A topic just made is not known to the whole broker at once.
        metadata = wait_until(self._metadata, 20, f"the topic {topic}")
        self.partitions = len(metadata.partitions)
        self._next = dict.fromkeys(range(self.partitions), 0)
        self._consumer.assign([TopicPartition(topic, p, 0) for p in self._next])

    def _metadata(self):
        metadata = self._consumer.list_topics(self.topic, timeout=20).topics[self.topic]
        return None if metadata.error else metadata

    def refresh(self, timeout_s=60):
        """Reads up to what is readable now in every partition; gives all records so far."""
        # For a read_committed handle the high watermark is the last stable offset. Control
        # records take offsets too, so the end shows as an end-of-partition event and not as
        # the last record plus one.
        ends = {p: end_of(self._consumer, self.topic, p) for p in self._next}
        deadline = time.monotonic() + timeout_s
        while any(self._next[p] < end for p, end in ends.items()):
            for message in self._consumer.consume(1000, timeout=0.05):
                self._take(message)
            if time.monotonic() > deadline:
                raise AssertionError(f"{self.topic}: at {self._next}, its ends are {ends}")
        return self.records

    def _take(self, message):
        partition, error = message.partition(), message.error()
        if error is None:
            self._next[partition] = message.offset() + 1
            self.records.append(Record(
                self.topic, partition, message.offset(), message.timestamp()[1],
                message.key(), message.value(), message.headers() or []))
        elif error.code() == _EOF:
            self._next[partition] = max(self._next[partition], message.offset())
        elif not error.retriable() and error.code() != KafkaError._TRANSPORT \
                and error.code() != KafkaError._ALL_BROKERS_DOWN:
            raise KafkaException(error)

    def close(self):
        """Lets the connection go."""
        self._consumer.close()


class Publisher:
    """Another system that sends events, with the partitioner that Java clients have."""

    def __init__(self, bootstrap):
        self._producer = Producer({
            "bootstrap.servers": bootstrap,
            "partitioner": "murmur2_random",
            "enable.idempotence": True,
            "linger.ms": 2,
            "message.max.bytes": 4_000_000,
            "queue.buffering.max.messages": 1_000_000,
        })
        self._failures = []

    def send(self, topic, key, value, headers=None, timestamp_ms=None, partition=None,
             delivered=None):
        """Queues a record. A value that is no bytes and not None is written as JSON; a header
        value may be text. delivered(message) is called once it is there."""
        def report(error, message):
            if error:
                self._failures.append(error)
            elif message.offset() is None:  # a guess of the library: it may never have arrived
                self._failures.append("a record that is not known to have arrived")
            elif delivered:
                delivered(message)

        options = {}
        if timestamp_ms is not None:
            options["timestamp"] = int(timestamp_ms)
        if partition is not None:
            options["partition"] = partition
        if value is not None and not isinstance(value, bytes):
            value = json.dumps(value, ensure_ascii=False).encode()
        pairs = headers.items() if isinstance(headers, dict) else headers or []
        self._producer.produce(
            topic, key=key, value=value, on_delivery=report,
            headers=[(name, text if isinstance(text, bytes) else str(text).encode())
                     for name, text in pairs], **options)
        self._producer.poll(0)

    def flush(self, timeout_s=60):
        """Waits till all that was queued is in Kafka."""
        left = self._producer.flush(timeout_s)
        if left or self._failures:
            raise AssertionError(f"publishing: {left} not sent, errors {self._failures[:3]}")

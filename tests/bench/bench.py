# SPDX-License-Identifier: Apache-2.0
"""The benchmark: drain rate, CPU per event, peak memory and latency of one worker.

It prints figures and fails on none of them: machines are shared and noisy. Compare figures of one
run with each other, and CPU per event between runs. Called by tests/bench/run.
"""

import argparse
import json
import os
import pathlib
import statistics
import sys
import tempfile
import threading
import time

from confluent_kafka import Consumer, Producer

from support.events import closure, finding
from support.kafka_broker import KafkaBroker
from support.process import wait_until
from support.records import partition_of
from support.world import World

TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")


def cpu_seconds(pid):
    """User and system time of a process, all its threads."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS_PER_SECOND


def peak_mib(pid):
    """The most memory that a process has had."""
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM"):
            return int(line.split()[1]) / 1024
    return 0


class Sender:
    """Produces as fast as it can; keys decide the partition, as for every Java client."""

    def __init__(self, world, linger_ms=20):
        self._world = world
        self._producer = Producer({
            "bootstrap.servers": world.broker.bootstrap, "linger.ms": linger_ms,
            "queue.buffering.max.messages": 2000000, "compression.type": "none"})

    def send(self, topic, incident_id, event):
        """One event."""
        while True:
            try:
                self._producer.produce(
                    self._world.topic(topic), key=incident_id,
                    value=json.dumps(event, separators=(",", ":")),
                    partition=partition_of(incident_id, self._world.partitions))
                self._producer.poll(0)
                return
            except BufferError:
                self._producer.poll(0.1)

    def flush(self):
        """Waits for the broker to have them."""
        self._producer.flush()


def large_finding(incident_id, finding_id, size):
    """A finding-updated event of about `size` bytes."""
    event = finding(incident_id, finding_id, revision=1, severity="high", status="open",
                    groups=["identity", "crash-reporting"], sop_change=False,
                    tracker={"system": "jira", "key": f"SEC-{finding_id}",
                             "url": f"https://tracker.example.com/browse/SEC-{finding_id}"},
                    updated_at="2026-11-20T10:15:00Z", description="")
    missing = size - len(json.dumps(event, separators=(",", ":")))
    text = "The dump holds key material; redact it before it leaves the isolated network. "
    event["description"] = (text * (missing // len(text) + 1))[:max(missing, 0)]
    return event


def drain(world, worker_settings, topic):
    """Starts a worker on what is waiting in a topic. Gives its seconds from the first to the last
    batch, CPU seconds in that time, and peak memory."""
    waiting = world.lag()
    worker = world.start_worker("bench", settings=worker_settings)
    wait_until(lambda: world.lag() < waiting, 120, "the first batch", interval_s=0.005)
    began, cpu, left = time.monotonic(), cpu_seconds(worker.process.pid), world.lag()
    assert left, "too few events to measure: all were gone at the first look"
    wait_until(lambda: world.lag() == 0, 900, f"{topic} to be drained", interval_s=0.02)
    seconds = time.monotonic() - began
    cpu = cpu_seconds(worker.process.pid) - cpu
    peak = peak_mib(worker.process.pid)
    worker.stop()
    return left, seconds, cpu, peak


def bench_drain(world, arguments):
    """The drain rate of findings of incidents that are closed already."""
    sender = Sender(world)
    for i in range(arguments.incidents):
        sender.send("incident-closed", f"INC-{i}",
                    closure(f"INC-{i}", revision=1,
                            response_evaluation={"sufficient": True, "complete": True}))
    sender.flush()
    n, seconds, cpu, peak = drain(world, arguments.settings, "incident-closed")
    print(f"closures   {n:>8,} events  {n / seconds:>8,.0f} events/s  "
          f"{cpu / n * 1e6:>6.1f} us CPU/event  {peak:>5.0f} MiB peak", flush=True)
    each = arguments.findings // arguments.incidents
    for f in range(each):
        for i in range(arguments.incidents):
            sender.send("finding-updated", f"INC-{i}",
                        large_finding(f"INC-{i}", f"F-{f}", arguments.size))
    sender.flush()
    n, seconds, cpu, peak = drain(world, arguments.settings, "finding-updated")
    print(f"findings   {n:>8,} events  {n / seconds:>8,.0f} events/s  "
          f"{cpu / n * 1e6:>6.1f} us CPU/event  {peak:>5.0f} MiB peak", flush=True)


def watch_latency(world, until, latencies):
    """Reads the tasks as they come; the description says when the cause was sent."""
    consumer = Consumer({"bootstrap.servers": world.broker.bootstrap, "group.id": "bench-reader",
                         "isolation.level": "read_committed", "auto.offset.reset": "latest",
                         "fetch.wait.max.ms": 5, "enable.auto.commit": False})
    consumer.subscribe([world.topic("followup-tasks")])
    while not until.is_set():
        for message in consumer.consume(50, timeout=0.002):
            now = time.time_ns()
            value = message.value()
            at = value.find(b'"sent ') if value else -1
            if at >= 0:
                latencies.append((now - int(value[at + 6:value.index(b'"', at + 6)])) / 1e6)
    consumer.close()


def bench_latency(world, arguments):
    """From produce to a read_committed consumer, at a steady rate."""
    sender = Sender(world, linger_ms=5)
    worker = world.start_worker("bench", settings=arguments.settings).wait_ready()
    latencies, done = [], threading.Event()
    reader = threading.Thread(target=watch_latency, args=(world, done, latencies))
    reader.start()
    time.sleep(5)
    cpu, count = cpu_seconds(worker.process.pid), arguments.rate * arguments.seconds
    began = time.monotonic()
    for n in range(count):
        late = began + n / arguments.rate - time.monotonic()
        if late > 0:
            time.sleep(late)
        incident = f"INC-{n % arguments.incidents}"
        event = finding(incident, f"L-{n}", revision=1, description=f"sent {time.time_ns()}")
        sender.send("finding-updated", incident, event)
    sender.flush()
    wait_until(lambda: len(latencies) >= count, 60, f"{count} tasks; {len(latencies)}")
    cpu = cpu_seconds(worker.process.pid) - cpu
    done.set()
    reader.join()
    worker.stop()
    latencies.sort()
    print(f"latency    {count:>8,} events at {arguments.rate:,}/s   "
          f"p50 {statistics.median(latencies):.1f} ms  "
          f"p99 {latencies[int(len(latencies) * 0.99)]:.1f} ms  "
          f"max {latencies[-1]:.1f} ms  {cpu / count * 1e6:.1f} us CPU/event", flush=True)


def main():
    """All of it, on one broker and one Redis."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--incidents", type=int, default=20000)
    parser.add_argument("--findings", type=int, default=200000)
    parser.add_argument("--size", type=int, default=1350, help="bytes of a finding")
    parser.add_argument("--rate", type=int, default=2000, help="events/s of the latency part")
    parser.add_argument("--seconds", type=int, default=15, help="of the latency part")
    parser.add_argument("--partitions", type=int, default=4)
    parser.add_argument("-s", dest="settings", action="append", default=[], metavar="KEY=VALUE",
                        help="a setting of the worker")
    arguments = parser.parse_args()
    arguments.settings = dict(one.split("=", 1) for one in arguments.settings)
    with tempfile.TemporaryDirectory(prefix="epilogue-bench-") as folder:
        broker = KafkaBroker(pathlib.Path(folder) / "kafka", heap="1g", compile_fully=True)
        world = World(pathlib.Path(folder) / "world", broker, load=True)
        world.redis.start()
        try:
            world.topics_create(arguments.partitions)
            bench_drain(world, arguments)
            bench_latency(world, arguments)
        finally:
            world.close()
            broker.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())

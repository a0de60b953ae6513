# SPDX-License-Identifier: Apache-2.0
"""How long events of a shard wait when one of two workers stops, is restarted or dies.

Every 50 ms each shard gets an event; the gap is the longest time from sending one to reading what
follows from it, read_committed. It prints figures and fails on none of them. Called by
tests/bench/gaps.
"""

import argparse
import json
import os
import pathlib
import shutil
import signal
import statistics
import tempfile
import threading
import time

from confluent_kafka import Consumer, Producer, TopicPartition

from support.events import bug_id, closure, finding
from support.kafka_broker import KafkaBroker
from support.process import wait_until
from support.records import partition_of
from support.world import World

PARTITIONS = 4
EVERY_S = 0.05
# As a broker does that nobody has tuned; the tests' broker is quicker.
DEFAULTS = """\
transaction.abort.timed.out.transaction.cleanup.interval.ms=10000
group.initial.rebalance.delay.ms=3000
group.min.session.timeout.ms=6000
"""
SESSION_MS = 10000


class Traffic:
    """Sends events to all shards, and reads what comes of them."""

    def __init__(self, world):
        self._world = world
        self._incidents = {}
        number = 0
        while len(self._incidents) < PARTITIONS:  # one for each shard
            number += 1
            name = f"INC-{number}"
            self._incidents.setdefault(partition_of(name, PARTITIONS), name)
        self._sent, self._answered = {}, {}
        self._ending = threading.Event()
        for incident_id in self._incidents.values():
            world.close_incident(closure(incident_id))
        self._threads = [threading.Thread(target=f) for f in (self._read, self._send)]
        for thread in self._threads:
            thread.start()

    def _send(self):
        producer = Producer({"bootstrap.servers": self._world.broker.bootstrap, "linger.ms": 0})
        number = 0
        while not self._ending.is_set():
            number += 1
            for shard, incident_id in self._incidents.items():
                event = finding(incident_id, f"F-{number}")
                self._sent[bug_id(incident_id, f"F-{number}")] = time.monotonic()
                producer.produce(self._world.topic("finding-updated"), key=incident_id,
                                 value=json.dumps(event), partition=shard)
            producer.poll(EVERY_S)
            time.sleep(EVERY_S)
        producer.flush()

    def _read(self):
        consumer = Consumer({
            "bootstrap.servers": self._world.broker.bootstrap, "group.id": "gaps",
            "enable.auto.commit": False, "isolation.level": "read_committed",
            "fetch.wait.max.ms": 10})
        consumer.assign([TopicPartition(self._world.topic("followup-tasks"), p, 0)
                         for p in range(PARTITIONS)])
        while not self._ending.is_set():
            for message in consumer.consume(500, timeout=0.01):
                if not message.error():
                    self._answered.setdefault(json.loads(message.value()).get("task_id"),
                                              time.monotonic())
        consumer.close()

    def wait_steady(self):
        """Waits till events are answered as they come, for a second."""
        def steady():
            now = time.monotonic()
            return all(task in self._answered for task, at in list(self._sent.items())
                       if at < now - 0.5)
        for _ in range(10):
            wait_until(steady, 120, "the backlog to be worked off")
            time.sleep(0.1)

    def wait_answered(self, since):
        """Waits till all that was sent before now is answered; gives the longest wait of an event
        that was sent since then."""
        now = time.monotonic()
        open_ = {task for task, at in list(self._sent.items()) if at < now}
        wait_until(lambda: all(task in self._answered for task in open_), 120, "the answers")
        return max(self._answered[task] - self._sent[task] for task in open_
                   if self._sent[task] >= since)

    def end(self):
        self._ending.set()
        for thread in self._threads:
            thread.join()


def _stopped(worker):
    assert worker.stop() == 0, worker.log


def clean_stop(world, worker, again):
    """It goes for good."""
    _stopped(worker)


def restart(world, worker, again):
    """It is stopped, and started again at once."""
    _stopped(worker)
    return again()


def another_name(world, worker, again):
    """It is stopped, and one of another name started at once."""
    _stopped(worker)
    return world.start_worker(f"other-{time.monotonic_ns()}", dynamic=worker.dynamic)


def kill(world, worker, again):
    """kill -9, for good."""
    worker.kill()


def kill_and_restart(world, worker, again):
    """kill -9, and started again at once."""
    worker.kill()
    return again()


def kill_in_a_transaction(world, worker, again):
    """kill -9 while a transaction is open, for good: the broker stands still for a moment, so that the
    worker stands in a commit."""
    world.broker.freeze()
    time.sleep(0.3)
    worker.kill()
    world.broker.thaw()


def kill_in_a_transaction_and_restart(world, worker, again):
    """The same, and started again at once."""
    kill_in_a_transaction(world, worker, again)
    return again()


SCENARIOS = [
    ("clean stop, for good", clean_stop),
    ("clean stop, and start at once", restart),
    ("clean stop, and start under another name", another_name),
    ("kill -9, and start at once", kill_and_restart),
    ("kill -9, for good", kill),
    ("kill -9 in a transaction, and start at once", kill_in_a_transaction_and_restart),
    ("kill -9 in a transaction, for good", kill_in_a_transaction),
]


def start_both(world, dynamic):
    """Two workers that share the shards; the second is the one that goes."""
    one = world.start_worker("one", dynamic=dynamic)
    two = world.start_worker("two", dynamic=dynamic)
    for worker in (one, two):
        worker.wait_ready(60)
    world.wait_owners({"one": PARTITIONS // 2, "two": PARTITIONS // 2}, 60)
    return one, two


def measure(world, traffic, action, dynamic):
    """One round: the gap in seconds."""
    one, two = start_both(world, dynamic)
    traffic.wait_steady()
    since = time.monotonic() - EVERY_S
    back = action(world, two, lambda: world.start_worker("two", dynamic=dynamic))
    time.sleep(3)
    gap = traffic.wait_answered(since)
    for worker in filter(None, (back, one)):
        _stopped(worker)
    # Whoever was a member and is gone must not be one in the next round.
    wait_until(lambda: not world.broker.group(world.group_id).members, 60, "an empty group")
    return gap


def _arguments():
    parser = argparse.ArgumentParser(prog="tests/bench/gaps", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3, help="of each (default 3)")
    parser.add_argument("--only", help="scenarios whose name contains this")
    parser.add_argument("--keep", action="store_true", help="the logs")
    parser.add_argument("--form", choices=("static", "dynamic"), help="of membership (both)")
    return parser.parse_args()


def main():
    options = _arguments()
    folder = pathlib.Path(tempfile.mkdtemp(prefix="epilogue-gaps-"))
    broker = KafkaBroker(folder / "kafka", compile_fully=True, properties=DEFAULTS)
    world = World(folder / "world", broker, load=True)
    world.write_config(**{"session.timeout.ms": SESSION_MS})
    world.redis.start()
    world.topics_create(PARTITIONS)
    traffic = Traffic(world)
    try:
        print(f"{PARTITIONS} shards, session.timeout.ms {SESSION_MS}, "
              f"{PARTITIONS / EVERY_S:.0f} events/s, {os.cpu_count()} cores, "
              f"load {os.getloadavg()[0]:.1f}; seconds: the median, the longest", flush=True)
        for form in (options.form,) if options.form else ("static", "dynamic"):
            dynamic = form == "dynamic"
            for name, action in SCENARIOS:
                if options.only and options.only not in name:
                    continue
                gaps = [measure(world, traffic, action, dynamic)
                        for _ in range(options.rounds)]
                print(f"{form:8} {name:45} "
                      f"{statistics.median(gaps):5.1f} {max(gaps):5.1f}", flush=True)
    finally:
        traffic.end()
        world.close()
        broker.stop()
    if not options.keep:
        shutil.rmtree(folder)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: exit(1))
    main()

# SPDX-License-Identifier: Apache-2.0
"""A world for one test: topics, group and Redis that nobody else uses, on the shared broker."""

import itertools
import json
import pathlib
import re
import time

from confluent_kafka import Consumer, KafkaException, Producer, TopicPartition

from support import checker, schemas
from support.process import wait_until
from support.records import Publisher, TopicReader, end_of, partition_of
from support.redis_server import RedisServer
from support.worker import Worker, run_command, start_command

INPUTS = ("incident-closed", "finding-updated", "task-updated")
TOPICS = (*INPUTS, "followup-tasks", "followup-reminders", "followup-state",
          "followup-dead-letters", "epilogue-forwarded")


class World:
    """Made by the `world` fixture. Topic names in its methods are those of the contract."""

    _numbers = itertools.count(1)

    def __init__(self, folder, broker, load=False):
        self.folder = pathlib.Path(folder)
        self.broker = broker
        self.load = load
        self.prefix = f"t{next(self._numbers)}"
        self.group_id = f"{self.prefix}-group"
        self.partitions = None
        self.redis = RedisServer(self.folder / "redis")
        self.workers = []
        self._readers = {}
        self._publisher = None
        self._offsets = None  # a handle that reads the group's offsets, when needed
        self._policy_path = self.folder / "policy.json"
        self.config_path = self.folder / "epilogue.properties"
        self.settings = {
            "kafka.bootstrap.servers": broker.bootstrap,
            "group.id": self.group_id,
            "redis.url": self.redis.url,
            "session.timeout.ms": 6000,
            "http.listen": "127.0.0.1:0",
            **{f"topic.{name}": self.topic(name) for name in TOPICS},
        }
        self.write_config()

    def topic(self, name):
        """The name that a topic has in this world."""
        return f"{self.prefix}.{name}"

    def write_config(self, **settings):
        """Writes the configuration file afresh; dots in keys are given as in the file."""
        self.settings.update(settings)
        self.config_path.write_text(
            "".join(f"{key}={value}\n" for key, value in self.settings.items()))

    def set_policy(self, policy):
        """Makes this the policy of workers that start from now on."""
        self._policy_path.write_text(json.dumps(policy, indent=1))
        self.write_config(**{"policy.file": self._policy_path})

    def run(self, *arguments, **options):
        """Runs a command of the program to its end, with this world's configuration."""
        return run_command(self.config_path, *arguments, load=self.load, **options)

    def start(self, *arguments, **options):
        """Starts a command with this world's configuration; gives a Popen with pipes of text."""
        return start_command(self.config_path, *arguments, load=self.load, **options)

    # -- topics --------------------------------------------------------------------------------

    def topics_create(self, partitions=4):
        """All topics, by `epilogue topics create`."""
        done = self.run("topics", "create", "--partitions", partitions, "--replication", 1)
        assert done.returncode == 0, done.stderr
        self.partitions = partitions
        return self

    def ids_apart(self, count, taken=()):
        """Incidents on partitions that are all different and not `taken`, in byte order."""
        names = {}
        for number in range(100):
            name = f"INC-{number:02}"
            names.setdefault(partition_of(name, self.partitions), name)
        ids = [name for partition, name in names.items() if partition not in taken]
        assert len(ids) >= count
        return ids[:count]

    def admin_create(self, name, partitions, **config):
        """One topic, by Kafka's own client."""
        self.broker.create_topic(self.topic(name), partitions, **config)

    def admin_alter(self, name, **config):
        """Changes settings of a topic."""
        self.broker.alter_topic(self.topic(name), **config)

    def admin_delete(self, *names):
        """Removes topics. Their readers first: librdkafka can wait for ever when it destroys a
        consumer whose topic has gone."""
        for name in names:
            if name in self._readers:
                self._readers.pop(name).close()
        self.broker.delete_topics([self.topic(name) for name in names])

    def recreate(self, name, partitions):
        """Deletes a topic and makes it again, empty, with the right settings."""
        self.admin_delete(name)
        wait_until(lambda: self.run("topics", "create", "--partitions", partitions,
                                    "--replication", 1).returncode == 0, 30, f"{name} to be back",
                   interval_s=0.5)

    def rewrite_state(self, keep):
        """followup-state as after a mirror or a backup that has lost some: only the records for
        which keep(record) is true, in their order, at other offsets."""
        records = [r for r in self.consume_all("followup-state") if keep(r)]
        self.recreate("followup-state", self.partitions)
        for r in records:
            self.publisher.send(self.topic("followup-state"), r.key, r.value,
                                partition=r.partition)
        self.publisher.flush()

    def commit_offsets(self, offsets, group_id=None):
        """Commits {(topic, partition): offset} as a stranger does, who uses our group's name, or
        another one. Only once nobody is in the group any more."""
        stranger = Consumer({"bootstrap.servers": self.broker.bootstrap,
                             "group.id": group_id or self.group_id, "enable.auto.commit": False})
        partitions = [TopicPartition(self.topic(topic), partition, offset)
                      for (topic, partition), offset in offsets.items()]

        def commit():
            try:
                return stranger.commit(offsets=partitions, asynchronous=False)
            except KafkaException:
                return None
        wait_until(commit, 30, "the group to be empty", interval_s=0.2)
        stranger.close()

    def hold_offsets(self, topic, partition):
        """A worker that died in the middle of a commit: the offset of a partition stands in a
        transaction that nobody ends, until what this gives back is called."""
        producer = Producer({"bootstrap.servers": self.broker.bootstrap,
                             "transactional.id": f"{self.group_id}/gone",
                             "transaction.timeout.ms": 120000})
        consumer = Consumer({"bootstrap.servers": self.broker.bootstrap,
                             "group.id": self.group_id, "enable.auto.commit": False})
        producer.init_transactions(30)
        producer.begin_transaction()
        producer.send_offsets_to_transaction(
            [TopicPartition(self.topic(topic), partition, 1)],
            consumer.consumer_group_metadata(), 30)
        consumer.close()
        return lambda: producer.abort_transaction(30)

    # -- the worker ----------------------------------------------------------------------------

    def start_worker(self, instance_id="w1", settings=None, env=None, failpoint=None,
                     arguments=(), dynamic=False):
        """Starts a worker and gives it at once; wait_ready() waits."""
        worker = Worker(
            self.config_path, instance_id, self.folder / f"worker-{len(self.workers) + 1}.log",
            settings=settings, env=env, failpoint=failpoint, load=self.load, arguments=arguments,
            dynamic=dynamic)
        self.workers.append(worker)
        return worker

    def owners(self):
        """Who owns which partitions of the inputs, asked of the group's coordinator: {instance
        id: sorted partitions}. None while the group is not stable."""
        group = self.broker.group(self.group_id)
        if group is None or group.state != "Stable":
            return None
        return {_instance_of(member, self.workers): _assigned(member.assignment)
                for member in group.members}

    def wait_owners(self, expected, timeout_s=40):
        """Waits till the shards are shared as in {instance id: number of shards}."""
        def shared():
            owners = self.owners()
            return owners is not None and {
                name: len(shards) for name, shards in owners.items()} == expected and owners
        return wait_until(shared, timeout_s, lambda: f"{expected}; it is {self.owners()}")

    # -- records in and out --------------------------------------------------------------------

    @property
    def publisher(self):
        """The one producer of this world."""
        if self._publisher is None:
            self._publisher = Publisher(self.broker.bootstrap)
        return self._publisher

    def publish(self, topic, value, key=True, flush=True, **options):
        """Sends an event. The key is the value's incident_id if not given; None for no key.
        Options as in Publisher.send()."""
        if key is True:
            key = value["incident_id"]
        self.publisher.send(self.topic(topic), key, value, **options)
        if flush:
            self.publisher.flush()

    def close_incident(self, event, **options):
        """Publishes on incident-closed."""
        self.publish("incident-closed", event, **options)

    def update_finding(self, event, **options):
        """Publishes on finding-updated."""
        self.publish("finding-updated", event, **options)

    def update_task(self, event, **options):
        """Publishes on task-updated."""
        self.publish("task-updated", event, **options)

    def consume_all(self, topic):
        """All that a read_committed consumer can read now, from the start of the topic."""
        if topic not in self._readers:
            self._readers[topic] = TopicReader(self.broker.bootstrap, self.topic(topic))
        return self._readers[topic].refresh()

    def tasks(self):
        """consume_all("followup-tasks")"""
        return self.consume_all("followup-tasks")

    def wait_records(self, topic, predicate, timeout_s=40, what=None):
        """Waits till predicate holds for all records of a topic; gives them."""
        def found():
            records = self.consume_all(topic)
            return records if predicate(records) else None
        return wait_until(found, timeout_s, lambda: self._describe(what or predicate, topic))

    def wait_task(self, task_id, timeout_s=40, **members):
        """Waits till the last event of a task has these members; gives its value."""
        def found():
            task = checker.latest_tasks(self.tasks()).get(task_id)
            return task if task and all(task.get(k) == v for k, v in members.items()) else None
        return wait_until(found, timeout_s,
                          lambda: self._describe(f"{task_id} {members}", "followup-tasks"))

    def wait_created(self, count, timeout_s=60):
        """Waits till this many findings have their task."""
        return self.wait_records(
            "followup-tasks", lambda records: len(checker.created_findings(records)) >= count,
            timeout_s, f"{count} findings to have tasks")

    def _offsets_reader(self):
        if self._offsets is None:
            self._offsets = Consumer({"bootstrap.servers": self.broker.bootstrap,
                                      "group.id": self.group_id, "enable.auto.commit": False,
                                      "isolation.level": "read_committed"})
        return self._offsets

    def lag(self):
        """How many records of the inputs the group has not committed yet. Outputs are committed
        with them, so at 0 everything that follows from them is there."""
        reader = self._offsets_reader()
        partitions = [TopicPartition(self.topic(name), p)
                      for name in INPUTS for p in range(self.partitions)]

        def committed():
            try:
                return reader.committed(partitions, timeout=20)
            except KafkaException:  # a coordinator that a test has just restarted
                return None
        return sum(end_of(reader, one.topic, one.partition) - max(one.offset, 0)
                   for one in wait_until(committed, 60, "the group's committed offsets"))

    def ends(self, topic):
        """How many records a topic has had, all partitions together."""
        reader = self._offsets_reader()
        return sum(end_of(reader, self.topic(topic), p) for p in range(self.partitions))

    def wait_worked_off(self, timeout_s=120):
        """Waits till the workers have committed all that was published."""
        wait_until(lambda: self.lag() == 0, timeout_s,
                   lambda: self._describe(f"{self.lag()} more records to be worked off",
                                          "followup-tasks"), interval_s=0.1)

    def _describe(self, what, topic):
        records = self.consume_all(topic)
        states = [f"{w.instance_id}: {'runs' if w.running else w.process.returncode}"
                  for w in self.workers]
        ending = "\n  ".join(str(record)[:400] for record in records[-5:])
        return f"{what}; {topic} has {len(records)} records, last:\n  {ending}\nworkers {states}"

    # -- checks --------------------------------------------------------------------------------

    def check_outputs(self, findings=None):
        """All the outside checks over all outputs; with findings, [(incident_id, finding_id)],
        also that each of them, and nothing else, has exactly one task created."""
        tasks, reminders = self.tasks(), self.consume_all("followup-reminders")
        checker.check_history(tasks, reminders, self.partitions, self.group_id)
        schemas.check_outputs(tasks)
        schemas.check_outputs(reminders)
        schemas.check_state(self.consume_all("followup-state"))
        if findings is not None:
            checker.check_created_once(tasks, findings)

    def check_causes(self):
        """Each event names the record that has caused it. For worlds whose inputs are whole."""
        checker.check_causes(self.tasks(), [r for name in INPUTS for r in self.consume_all(name)])

    def redis_content(self):
        """All in Redis, without the checkpoints, of which several can be right."""
        found = self.redis.snapshot()
        for value in found.values():
            if isinstance(value, dict):
                value.pop(b"$checkpoint", None)
        return found

    def check_redis(self):
        """Redis holds what followup-state says, as of its end, and nothing beside. It follows the
        commits, so a worker may have to be waited for."""
        state = {}
        for record in self.consume_all("followup-state"):
            shard = state.setdefault(record.partition, {})
            shard.pop(record.key, None)
            if record.value is not None:
                shard[record.key] = record.value
        found = self.redis_content()
        for shard, entries in state.items():
            prefix = f"epilogue:{self.group_id}:{{{shard}}}:".encode()
            assert found.pop(prefix + b"state", {}) == entries
            assert sorted(key for key, _ in found.pop(prefix + b"index", [])) == sorted(entries)
            assert {key for key, _ in found.pop(prefix + b"wake", [])} <= entries.keys()
        assert not [key for key, value in found.items() if value], found.keys()

    def wait_redis(self, timeout_s=30):
        """Waits till check_redis() holds."""
        deadline = time.monotonic() + timeout_s
        while True:
            try:
                return self.check_redis()
            except AssertionError:
                if time.monotonic() > deadline:
                    raise
            time.sleep(0.2)

    def close(self):
        """Stops everything; gives what a sanitizer said of any worker, or None."""
        for worker in self.workers:
            worker.stop()
        for handle in filter(None, [*self._readers.values(), self._offsets]):
            handle.close()
        self.redis.stop()
        # The broker is shared: hundreds of dead partitions would slow the tests that follow.
        self.admin_delete(*TOPICS)
        return next(filter(None, (w.sanitizer_report() for w in self.workers)), None)


def _instance_of(member, workers):
    """Which of our workers a member of the group is: the member's id begins with the instance id of
    a static one, and with the client's name of a dynamic one."""
    match = re.match(r"(.*)-[0-9a-f]{8}-[0-9a-f-]{27}$", member.id)
    name = match.group(1) if match else member.id
    return next((w.instance_id for w in workers if w.member_name == name), member.id)


def _assigned(assignment):
    """The partitions in a consumer's assignment, which is the same for all input topics."""
    partitions, at = set(), 2
    topics, at = int.from_bytes(assignment[at:at + 4], "big"), at + 4
    for _ in range(topics):
        at += 2 + int.from_bytes(assignment[at:at + 2], "big")
        count, at = int.from_bytes(assignment[at:at + 4], "big"), at + 4
        for _ in range(count):
            partitions.add(int.from_bytes(assignment[at:at + 4], "big"))
            at += 4
    return sorted(partitions)

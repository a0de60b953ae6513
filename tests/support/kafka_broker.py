# SPDX-License-Identifier: Apache-2.0
"""One real Apache Kafka broker (KRaft, one node) in a folder of its own."""

import base64
import json
import os
import pathlib
import signal
import subprocess
import uuid

from confluent_kafka import KafkaException
from confluent_kafka.admin import (
    AdminClient, ConfigResource, ConfigSource, NewPartitions, NewTopic)

from support import process
from support.process import free_port, spawn, stop, tail, wait_until

_HERE = pathlib.Path(__file__).parent

# A test's partitions are few and its broker shares two cores with everything else: all the
# internal topics and thread pools are as small as they go.
_PROPERTIES = """\
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller_port}
listeners=PLAINTEXT://127.0.0.1:{port},SASL_PLAINTEXT://127.0.0.1:{sasl_port},CONTROLLER://127.0.0.1:{controller_port}
advertised.listeners=PLAINTEXT://127.0.0.1:{port},SASL_PLAINTEXT://127.0.0.1:{sasl_port}
controller.listener.names=CONTROLLER
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,SASL_PLAINTEXT:SASL_PLAINTEXT,CONTROLLER:PLAINTEXT
sasl.enabled.mechanisms=PLAIN
listener.name.sasl_plaintext.plain.sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required user_epilogue="secret";
authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
super.users=User:ANONYMOUS
log.dirs={data}
auto.create.topics.enable=false
num.network.threads=2
num.io.threads=4
background.threads=2
log.cleaner.dedupe.buffer.size=4194304
log.index.size.max.bytes=1048576
offsets.topic.num.partitions=4
offsets.topic.replication.factor=1
transaction.state.log.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.abort.timed.out.transaction.cleanup.interval.ms=1000
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=1000
controlled.shutdown.enable=false
"""


def kafka_home():
    """The folder whose lib/ has the broker's jars; tests/run fetches it."""
    cache = os.environ.get("EPILOGUE_CACHE") or os.path.join(
        os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "epilogue")
    home = pathlib.Path(os.environ.get("EPILOGUE_TEST_KAFKA_HOME") or f"{cache}/kafka-4.1.0")
    if not (home / "lib").is_dir():
        raise RuntimeError(f"no Apache Kafka in {home}: run tests/run once, it fetches it")
    return home


class KafkaBroker:
    """Started by the constructor; `bootstrap` is its address, the same after a restart. Whoever
    comes there may do anything; who logs in at `sasl_bootstrap` (epilogue, secret) only what ACLs
    allow."""

    def __init__(self, folder, heap="512m", compile_fully=False, properties=""):
        """`compile_fully`: for a benchmark; tests want a broker that is up soon. `properties`:
        lines that come over those of every test."""
        if not process.may_start_broker:
            raise RuntimeError("a test starts a broker by the fixture `kafka` or `new_broker`, "
                               "else tests/run --quick would run it, too")
        self._heap = heap
        self._compiler = () if compile_fully else ("-XX:TieredStopAtLevel=1",)
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.port = free_port()
        self.bootstrap = f"127.0.0.1:{self.port}"
        sasl_port = free_port()
        self.sasl_bootstrap = f"127.0.0.1:{sasl_port}"
        self.log_path = self.folder / "broker.log"
        self._properties = self.folder / "server.properties"
        self._properties.write_text(_PROPERTIES.format(
            port=self.port, sasl_port=sasl_port, controller_port=free_port(), data=self.folder / "data")
            + properties)
        # One client for good: a future of a client that is garbage fails with "handle destroyed".
        self._admin = AdminClient({"bootstrap.servers": self.bootstrap, "log_level": 0})
        self._process = None
        self._format()
        self.start()

    def _java(self, heap, *arguments):
        return ["java", f"-Xmx{heap}", "-XX:+UseSerialGC", *self._compiler,
                f"-Dlog4j2.configurationFile={_HERE}/kafka/log4j2.properties",
                "-cp", f"{kafka_home()}/lib/*", *arguments, str(self._properties)]

    def _format(self):
        cluster_id = "-"
        while cluster_id.startswith("-"):  # it would be taken for an option
            cluster_id = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        subprocess.run(
            self._java("128m", "kafka.tools.StorageTool", "format", "-t", cluster_id, "-c"),
            check=True, capture_output=True, timeout=60)

    def start(self):
        """Starts it, or starts it again on the same port and data, and waits till it answers."""
        self._process = spawn(self._java(self._heap, "kafka.Kafka"), self.log_path)
        wait_until(self._answers, 60, lambda: f"the broker; its log:\n{tail(self.log_path)}")

    def _answers(self):
        if self._process.poll() is not None:
            raise RuntimeError(f"the broker ended at once; its log:\n{tail(self.log_path)}")
        try:
            return bool(self._admin.list_topics(timeout=1).brokers)
        except KafkaException:
            return False

    @property
    def pid(self):
        """Of its process."""
        return self._process.pid

    def cluster_id(self):
        """The id that the brokers tell of themselves."""
        return self._admin.list_topics(timeout=10).cluster_id

    def create_topic(self, name, partitions, **config):
        """Makes a topic and waits till it is there."""
        self._admin.create_topics([NewTopic(name, partitions, 1, config=config)])[name].result(30)
        # The controller has made it; the broker's answers to clients follow a little later.
        wait_until(lambda: name in self._admin.list_topics(timeout=10).topics, 30,
                   lambda: f"the topic {name}")

    def has_topic(self, name):
        """Whether it is there."""
        return name in self._admin.list_topics(timeout=10).topics

    def add_partitions(self, name, partitions):
        """Lets a topic have more partitions, and waits till they are there."""
        self._admin.create_partitions([NewPartitions(name, partitions)])[name].result(30)

        def there():
            topic = self._admin.list_topics(name, timeout=10).topics[name]
            return len(topic.partitions) == partitions
        wait_until(there, 30, f"{partitions} partitions of {name}")

    def delete_topics(self, names):
        """Removes those of the topics that there are."""
        there = [name for name in names if name in self._admin.list_topics(timeout=10).topics]
        for future in self._admin.delete_topics(there).values() if there else ():
            future.result(30)

    def alter_topic(self, name, **config):
        """Changes settings of a topic; the others stay."""
        resource = ConfigResource("topic", name)
        found = self._admin.describe_configs([resource])[resource].result(30)
        own = {key: entry.value for key, entry in found.items()
               if entry.source == ConfigSource.DYNAMIC_TOPIC_CONFIG.value}
        wanted = ConfigResource("topic", name, set_config={**own, **config})
        self._admin.alter_configs([wanted])[wanted].result(30)

    def delete_records(self, name, offsets, policy="delete"):
        """Lets partitions begin at {partition: offset}. Of a compacted topic (`policy`), Kafka
        only does so while it is not one."""
        self.alter_topic(name, **{"cleanup.policy": "delete"})
        plan = self.folder / "delete-records.json"
        plan.write_text(json.dumps({"version": 1, "partitions": [
            {"topic": name, "partition": p, "offset": offset} for p, offset in offsets.items()]}))
        command = self._java("128m", "org.apache.kafka.tools.DeleteRecordsCommand",
                             "--bootstrap-server", self.bootstrap, "--offset-json-file", str(plan))
        done = subprocess.run(command[:-1], capture_output=True, text=True, timeout=60)
        assert done.returncode == 0 and "error" not in done.stdout.lower(), done.stdout + done.stderr
        self.alter_topic(name, **{"cleanup.policy": policy})

    def group(self, group_id):
        """A consumer group's state and members; None when there is no such group, or its
        coordinator does not answer just now."""
        try:
            groups = self._admin.list_groups(group_id, timeout=10)
        except KafkaException:
            return None
        return groups[0] if groups else None

    def set_producer_quota(self, bytes_per_s):
        """What each client may produce; None for all that it can."""
        change = (["--add-config", f"producer_byte_rate={bytes_per_s}"] if bytes_per_s
                  else ["--delete-config", "producer_byte_rate"])
        subprocess.run(
            ["java", "-Xmx128m", "-cp", f"{kafka_home()}/lib/*", "kafka.admin.ConfigCommand",
             "--bootstrap-server", self.bootstrap, "--alter", *change,
             "--entity-type", "clients", "--entity-default"],
            check=True, capture_output=True, timeout=60)

    def kill(self):
        """kill -9, as if its machine had lost power; start() brings it back."""
        self._process.kill()
        self._process.wait(10)

    def freeze(self):
        """SIGSTOP: its connections stay, and nothing is answered."""
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self):
        """SIGCONT, and waits till it answers; nothing to one that runs."""
        self._process.send_signal(signal.SIGCONT)
        wait_until(self._answers, 60, "the broker to answer again")

    def stop(self):
        """Ends it for good."""
        stop(self._process)

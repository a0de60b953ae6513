# SPDX-License-Identifier: Apache-2.0
"""What worker and peer have in common: one broker, the generator and the measuring reader."""

import json
import pathlib
import subprocess

from confluent_kafka import Consumer, TopicPartition
from confluent_kafka.admin import AdminClient

from support.kafka_broker import KafkaBroker

_HERE = pathlib.Path(__file__).parent
# As a broker does that nobody has tuned; the tests' broker is quicker.
_PROPERTIES = """\
transaction.abort.timed.out.transaction.cleanup.interval.ms=10000
group.initial.rebalance.delay.ms=3000
group.min.session.timeout.ms=6000
"""


class Stage:
    """The broker runs from the constructor to close()."""

    def __init__(self, folder, tools):
        """`tools` is the folder of the two C programs."""
        self.folder = pathlib.Path(folder)
        self.broker = KafkaBroker(self.folder / "kafka", heap="1g", compile_fully=True,
                                  properties=_PROPERTIES)
        self._tools = pathlib.Path(tools)
        self._admin = AdminClient({"bootstrap.servers": self.broker.bootstrap, "log_level": 0})

    def _command(self, tool, **arguments):
        given = {"bootstrap": self.broker.bootstrap, **arguments}
        return [str(self._tools / tool),
                *(f"{name.replace('_', '-')}={value}" for name, value in given.items())]

    def generate(self, topic, **arguments):
        """Runs the generator to its end; gives what it says."""
        return _result(self.start_generate(topic, **arguments))

    def start_generate(self, topic, **arguments):
        """Starts the generator; result() waits for it."""
        return subprocess.Popen(
            self._command("generate", topic=topic, words=_HERE / "words.txt", **arguments),
            stdout=subprocess.PIPE, text=True)

    def start_measure(self, topic, **arguments):
        """Starts the reader, and waits till it stands at the ends of the topic."""
        reader = subprocess.Popen(self._command("measure", topic=topic, **arguments),
                                  stdout=subprocess.PIPE, text=True)
        assert reader.stdout.readline() == "ready\n"
        return reader

    @staticmethod
    def result(process):
        """What the generator or the reader says at its end."""
        return _result(process)

    def group_offsets(self, group_id):
        """Opens what reads the committed offsets of a group."""
        return GroupOffsets(self.broker.bootstrap, group_id)

    def delete_topics(self, prefix):
        """Removes all topics whose name begins so."""
        self.broker.delete_topics([name for name in self._admin.list_topics(timeout=10).topics
                                   if name.startswith(prefix)])

    def close(self):
        """Stops the broker."""
        self.broker.stop()


class GroupOffsets:
    """How far a group has come in a topic, which is asked often and so has to be cheap."""

    def __init__(self, bootstrap, group_id):
        # Not read_committed: that waits while a commit is under way.
        self._consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": group_id,
                                   "enable.auto.commit": False,
                                   "isolation.level": "read_uncommitted"})

    def committed(self, topic, partitions):
        """How many records the group has behind it."""
        asked = [TopicPartition(topic, p) for p in range(partitions)]
        return sum(max(one.offset, 0) for one in self._consumer.committed(asked, timeout=20))

    def end(self, topic, partitions):
        """How many records the topic has had."""
        return sum(self._consumer.get_watermark_offsets(TopicPartition(topic, p), timeout=10)[1]
                   for p in range(partitions))

    def close(self):
        """Lets the connection go."""
        self._consumer.close()


def _result(process):
    out, _ = process.communicate()
    if process.returncode:
        raise RuntimeError(f"{process.args}: exit code {process.returncode}\n{out}")
    return json.loads(out)

# SPDX-License-Identifier: Apache-2.0
"""The two that are compared, behind one face: the worker with its Redis, and the peer, which does
the same job on Kafka Streams (peer/README.md). Each instance has topics, group and state of its
own."""

import itertools
import shutil

from support.process import spawn, stop, tail, wait_until
from support.world import World

SESSION_MS = 10000
_READY_S = 120
_numbers = itertools.count(1)
# One reminder for each task, when it is due, as the peer has it.
_POLICY = {
    "reminders": {"due_soon": [], "overdue_max": 0, "at_once": ["P1", "P2", "P3", "P4"],
                  "digest": False},
    "escalation": [],
}


class WorkerSide:
    """The worker of this tree."""

    name = "worker"

    def __init__(self, stage, partitions, settings=None):
        self.partitions = partitions
        self._world = World(stage.folder / f"worker-{next(_numbers)}", stage.broker, load=True)
        self._world.set_policy(_POLICY)
        self._world.write_config(**{"session.timeout.ms": SESSION_MS, **(settings or {})})
        self._world.redis.start()
        self._world.topics_create(partitions)
        self.offsets = stage.group_offsets(self._world.group_id)
        self._broker = stage.broker

    def topic(self, name):
        """The name that a topic has for this side."""
        return self._world.topic({"closures": "incident-closed", "findings": "finding-updated",
                                  "tasks": "followup-tasks",
                                  "reminders": "followup-reminders"}[name])

    def start(self, instance="one", dynamic=False):
        """Starts a process; gives it at once."""
        return Running(self._world.start_worker(instance, dynamic=dynamic))

    def pids(self, running):
        """The processes whose cost counts."""
        return {"worker": running.pid, "broker": self._broker.pid, "redis": self._world.redis.pid}

    def redis_bytes(self):
        """The memory of the working state."""
        return self._world.redis.client().info("memory")["used_memory"]

    def lose_state(self):
        """Takes away what can be had again from Kafka. No process may run."""
        self._world.redis.client().flushall()

    def close(self):
        """Ends all, and removes its topics."""
        self.offsets.close()
        self._world.close()


class Running:
    """A worker that was started."""

    def __init__(self, worker):
        self._worker = worker
        self.pid = worker.process.pid

    def wait_ready(self):
        """Waits till all its shards are worked on."""
        self._worker.wait_ready(_READY_S)
        return self

    def stop(self):
        """An orderly end."""
        self._worker.stop()

    def kill(self):
        """kill -9."""
        self._worker.kill()


class PeerSide:
    """The peer, of the class path that peer_build.build() gives."""

    name = "peer"

    def __init__(self, stage, partitions, class_path):
        self.partitions = partitions
        self._class_path = class_path
        number = next(_numbers)
        self._prefix = f"peer{number}."
        self._application = f"{self._prefix}app"
        self._folder = stage.folder / f"peer-{number}"
        self._folder.mkdir()
        self._stage = stage
        self._starts = itertools.count(1)
        for name in ("closures", "findings", "tasks", "reminders"):
            stage.broker.create_topic(self.topic(name), partitions)
        self.offsets = stage.group_offsets(self._application)
        self._processes = []

    def topic(self, name):
        """The name that a topic has for this side."""
        return f"{self._prefix}{name}"

    def start(self, instance="one", dynamic=False):
        """Starts a process; gives it at once."""
        arguments = {
            "bootstrap.servers": self._stage.broker.bootstrap,
            "application.id": self._application,
            "state.dir": self._folder / instance,
            "num.stream.threads": 1, "commit.interval.ms": 100,
            "producer.batch.size": 131072, "producer.compression.type": "lz4",
            "consumer.session.timeout.ms": SESSION_MS,
            **({} if dynamic else {"consumer.group.instance.id": instance}),
            **{f"peer.{name}": self.topic(name)
               for name in ("closures", "findings", "tasks", "reminders")}}
        command = ["java", "-Xmx512m", "-XX:+UseParallelGC",
                   "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
                   "-cp", self._class_path, "peer.Peer",
                   *(f"{key}={value}" for key, value in arguments.items())]
        running = RunningPeer(command, self._folder / f"log-{next(self._starts)}")
        self._processes.append(running)
        return running

    def pids(self, running):
        """The processes whose cost counts."""
        return {"worker": running.pid, "broker": self._stage.broker.pid}

    def redis_bytes(self):
        """It has no Redis."""
        return None

    def lose_state(self):
        """Takes away what can be had again from Kafka. No process may run."""
        for folder in self._folder.iterdir():
            if folder.is_dir():
                shutil.rmtree(folder)

    def close(self):
        """Ends all, and removes its topics."""
        for process in self._processes:
            process.stop()
        self.offsets.close()
        self._stage.delete_topics(self._prefix)
        shutil.rmtree(self._folder)


class RunningPeer:
    """A peer that was started."""

    def __init__(self, command, log_path):
        self._log_path = log_path
        self._process = spawn(command, log_path)
        self.pid = self._process.pid

    def wait_ready(self):
        """Waits till it says that it runs, its state restored."""
        def ready():
            assert self._process.poll() is None, tail(self._log_path)
            return "state RUNNING\n" in self._log_path.read_text(errors="replace")
        wait_until(ready, _READY_S, lambda: f"the peer:\n{tail(self._log_path)}")
        return self

    def stop(self):
        """An orderly end."""
        stop(self._process, 20)

    def kill(self):
        """kill -9."""
        self._process.kill()
        self._process.wait(10)

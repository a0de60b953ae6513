# SPDX-License-Identifier: Apache-2.0
"""A real Redis of the test's own, on a free port and a Unix socket."""

import pathlib
import shutil
import signal

import redis

from support.process import free_port, spawn, stop, tail, wait_until


class RedisServer:
    """Reserves a port and a folder; start() starts it, now or later, again and again. Nothing
    is kept over a restart unless save() has been called, and then what stood at that time."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}"
        # A socket's path may have 107 bytes at most, and test folders are deep.
        self.socket_path = self.folder / "redis.sock"
        self.log_path = self.folder / "redis.log"
        self._dump = self.folder / "dump.rdb"
        self._process = None

    def start(self, *options):
        """Starts it, with more options if need be, and waits till it answers."""
        command = ["redis-server", "--port", self.port, "--bind", "127.0.0.1",
                   "--dir", self.folder, "--save", "", "--appendonly", "no",
                   "--maxmemory-policy", "noeviction", "--daemonize", "no", *options]
        if len(str(self.socket_path)) < 107:
            command += ["--unixsocket", self.socket_path]
        self._process = spawn(command, self.log_path)
        wait_until(self._answers, 20, lambda: f"Redis; its log:\n{tail(self.log_path)}")
        return self

    def _answers(self):
        try:
            return self.client().ping()
        except redis.RedisError:
            return False

    @property
    def pid(self):
        """Of its process, while it runs."""
        return self._process.pid

    def client(self):
        """A new connection, bytes in and out."""
        return redis.Redis("127.0.0.1", self.port, socket_timeout=10)

    def snapshot(self):
        """All that it holds, as {key: value} with values of plain Python types."""
        client = self.client()
        readers = {
            b"string": client.get,
            b"hash": client.hgetall,
            b"set": client.smembers,
            b"list": lambda key: client.lrange(key, 0, -1),
            b"zset": lambda key: client.zrange(key, 0, -1, withscores=True),
        }
        return {key: readers[client.type(key)](key) for key in client.scan_iter(count=1000)}

    def save(self):
        """Keeps what it holds now aside, for roll_back()."""
        self.client().save()
        shutil.copy(self._dump, self.folder / "saved.rdb")

    def roll_back(self):
        """As after a failover to a replica that was behind: dies, and comes back with what it
        held at the last save()."""
        self.kill()
        shutil.copy(self.folder / "saved.rdb", self._dump)
        self.start()

    def freeze(self):
        """SIGSTOP: it takes connections, and answers nothing."""
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self):
        """SIGCONT; nothing to one that runs."""
        self._process.send_signal(signal.SIGCONT)

    def kill(self):
        """kill -9: what was not saved is gone."""
        if self._process:
            self._process.kill()
            self._process.wait(10)
            self._process = None

    def stop(self):
        """Ends it for good."""
        if self._process:
            stop(self._process)
            self._process = None

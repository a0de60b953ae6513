# SPDX-License-Identifier: Apache-2.0
"""Kafka's ACLs by Kafka's own protocol: Debian's Python client has no calls for them, librdkafka 2.0
knows no transactional ids there, and kafka-acls.sh takes seconds for each."""

import shlex
import socket
import struct
from typing import NamedTuple

from support.process import wait_until

_TYPES = {"--topic": 2, "--group": 3, "--transactional-id": 5}
_OPERATIONS = {"Read": 3, "Write": 4, "Create": 5, "DescribeConfigs": 10}
_PATTERNS = {"literal": 3, "prefixed": 4}
_ALLOW = 3


class Right(NamedTuple):
    """One right as kafka-acls.sh has it."""

    principal: str
    operation: str
    resource: str  # "--topic"
    name: str
    pattern: str = "literal"

    def __str__(self):
        return f"{self.operation} {self.resource} {self.name}"


def parse(command):
    """The rights that a command of kafka-acls.sh grants."""
    words = shlex.split(command)
    assert words[0] == "kafka-acls.sh" and "--add" in words, command
    found = {"--resource-pattern-type": ["literal"]}
    for option, value in zip(words, words[1:]):
        if option.startswith("--") and not value.startswith("--"):
            if option == "--resource-pattern-type":
                found[option] = []
            found.setdefault(option, []).append(value)
    return [Right(found["--allow-principal"][0], operation, resource, name,
                  found["--resource-pattern-type"][0])
            for operation in found["--operation"]
            for resource in _TYPES for name in found.get(resource, [])]


def _text(value):
    data = value.encode()
    return struct.pack(">h", len(data)) + data


class Acls:
    """At a broker where everybody may change them. A change is in force when the call returns."""

    _CREATE, _DELETE, _DESCRIBE, _VERSION = 30, 31, 29, 1

    def __init__(self, bootstrap):
        host, port = bootstrap.split(":")
        self._address = host, int(port)

    def _ask(self, key, body):
        """The answer, without its correlation id and its throttle time."""
        request = struct.pack(">hhi", key, self._VERSION, 1) + _text("acls") + body
        with socket.create_connection(self._address, timeout=30) as connection:
            connection.sendall(struct.pack(">i", len(request)) + request)
            with connection.makefile("rb") as answer:
                size, = struct.unpack(">i", answer.read(4))
                return answer.read(size)[8:]

    @staticmethod
    def _entry(right):
        return (struct.pack(">b", _TYPES[right.resource]) + _text(right.name)
                + struct.pack(">b", _PATTERNS[right.pattern]) + _text(right.principal) + _text("*")
                + struct.pack(">bb", _OPERATIONS[right.operation], _ALLOW))

    def _change(self, key, rights, there):
        answer = self._ask(key, struct.pack(">i", len(rights)) + b"".join(map(self._entry, rights)))
        count, error = struct.unpack(">ih", answer[:6])
        assert (count, error) == (len(rights), 0), answer
        # The controller has taken it; the broker's own view follows a little later.
        for right in rights:
            wait_until(lambda: self._has(right) == there, 30, lambda: f"{right} to be {there}")

    def _has(self, right):
        answer = self._ask(self._DESCRIBE, self._entry(right))
        error, = struct.unpack(">h", answer[:2])
        assert error == 0, answer
        length, = struct.unpack(">h", answer[2:4])
        at = 4 + max(length, 0)
        return struct.unpack(">i", answer[at:at + 4])[0] > 0

    def add(self, *rights):
        """Grants them."""
        self._change(self._CREATE, rights, True)

    def remove(self, *rights):
        """Takes them away."""
        self._change(self._DELETE, rights, False)

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


def _right(r):
    """As it is granted, and as what is asked for."""
    return (struct.pack(">b", _TYPES[r.resource]) + _text(r.name)
            + struct.pack(">b", _PATTERNS[r.pattern]) + _text(r.principal) + _text("*")
            + struct.pack(">bb", _OPERATIONS[r.operation], _ALLOW))


class Acls:
    """At a broker where everybody may change them."""

    _DESCRIBE, _CREATE, _DELETE, _VERSION = 29, 30, 31, 1

    def __init__(self, bootstrap):
        host, port = bootstrap.split(":")
        self._address = host, int(port)

    def _ask(self, key, body):
        """The answer behind its correlation id and throttle time."""
        request = struct.pack(">hhi", key, self._VERSION, 1) + _text("acls") + body
        with socket.create_connection(self._address, timeout=30) as connection:
            connection.sendall(struct.pack(">i", len(request)) + request)
            answer = connection.makefile("rb")
            size, = struct.unpack(">i", answer.read(4))
            return answer.read(size)[8:]

    def _change(self, key, rights):
        answer = self._ask(key, struct.pack(">i", len(rights)) + b"".join(map(_right, rights)))
        # How many results; then the first one's error code.
        count, error = struct.unpack(">ih", answer[:6])
        assert (count, error) == (len(rights), 0), answer

    def _has(self, right):
        """Whether the broker itself knows of it: what the controller has taken comes a little later."""
        answer = self._ask(self._DESCRIBE, _right(right))
        error, message = struct.unpack(">hh", answer[:4])
        assert error == 0, answer
        resources, = struct.unpack(">i", answer[4 + max(message, 0):][:4])
        return resources > 0

    def add(self, *rights):
        """Grants them; they count when this returns."""
        self._change(self._CREATE, rights)
        wait_until(lambda: all(map(self._has, rights)), 30, lambda: f"the broker to know {rights}")

    def remove(self, *rights):
        """Takes them away; they do not count any more when this returns."""
        self._change(self._DELETE, rights)
        wait_until(lambda: not any(map(self._has, rights)), 30,
                   lambda: f"the broker to forget {rights}")

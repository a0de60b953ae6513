# SPDX-License-Identifier: Apache-2.0
"""Kafka's ACLs by Kafka's own protocol: Debian's Python client has no calls for them, librdkafka 2.0
knows no transactional ids there, and kafka-acls.sh takes seconds for each."""

import shlex
import socket
import struct
from typing import NamedTuple

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
    """At a broker where everybody may change them."""

    _CREATE, _DELETE, _VERSION = 30, 31, 1

    def __init__(self, bootstrap):
        host, port = bootstrap.split(":")
        self._address = host, int(port)

    def _ask(self, key, rights):
        body = struct.pack(">i", len(rights)) + b"".join(
            struct.pack(">b", _TYPES[r.resource]) + _text(r.name)
            + struct.pack(">b", _PATTERNS[r.pattern]) + _text(r.principal) + _text("*")
            + struct.pack(">bb", _OPERATIONS[r.operation], _ALLOW) for r in rights)
        request = struct.pack(">hhi", key, self._VERSION, 1) + _text("acls") + body
        with socket.create_connection(self._address, timeout=30) as connection:
            connection.sendall(struct.pack(">i", len(request)) + request)
            answer = connection.makefile("rb")
            size, = struct.unpack(">i", answer.read(4))
            answer = answer.read(size)
        # Correlation id, throttle time, how many results; then the first one's error code.
        count, error = struct.unpack(">ih", answer[8:14])
        assert (count, error) == (len(rights), 0), answer

    def add(self, *rights):
        """Grants them."""
        self._ask(self._CREATE, rights)

    def remove(self, *rights):
        """Takes them away."""
        self._ask(self._DELETE, rights)

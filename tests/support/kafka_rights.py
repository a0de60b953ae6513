# SPDX-License-Identifier: Apache-2.0
"""Rights of the user `worker` on a KafkaBroker with rights, by Kafka's own requests: its tools take
seconds for each, and Debian's client knows no ACLs."""

import socket
import struct

TOPIC, GROUP, TRANSACTIONAL_ID = 2, 3, 5
ALL, READ, WRITE, DESCRIBE_CONFIGS = 2, 3, 4, 10
_CREATE, _DELETE = 30, 31  # the requests, both in version 1
_LITERAL, _DENY, _ALLOW = 3, 2, 3
_PRINCIPAL, _HOST = "User:worker", "*"


def _text(text):
    data = text.encode()
    return struct.pack(">h", len(data)) + data


def _ask(broker, request, body):
    """Sends a request with one entry; gives what the answer says, after the throttle time."""
    message = struct.pack(">hhi", request, 1, 7) + _text("tests") + struct.pack(">i", 1) + body
    with socket.create_connection(("127.0.0.1", broker.port), timeout=30) as connection:
        connection.sendall(struct.pack(">i", len(message)) + message)
        with connection.makefile("rb") as answer:
            size, = struct.unpack(">i", answer.read(4))
            data = answer.read(size)
    _, _, count, error = struct.unpack_from(">iiih", data)
    assert count == 1 and error == 0, f"request {request} gave {error}: {data!r}"


def _entry(kind, name, operation, permission):
    return (struct.pack(">b", kind) + _text(name) + struct.pack(">b", _LITERAL) + _text(_PRINCIPAL)
            + _text(_HOST) + struct.pack(">bb", operation, permission))


def allow(broker, kind, name, operation):
    """Gives a right on a resource, or on all of its kind with `*`."""
    _ask(broker, _CREATE, _entry(kind, name, operation, _ALLOW))


def deny(broker, kind, name, operation):
    """Takes a right away, whatever is allowed."""
    _ask(broker, _CREATE, _entry(kind, name, operation, _DENY))


def give_back(broker, kind, name, operation):
    """Ends a deny()."""
    _ask(broker, _DELETE, _entry(kind, name, operation, _DENY))

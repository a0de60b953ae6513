# SPDX-License-Identifier: Apache-2.0
"""What is wrong with usage or configuration ends every command with 2, so that a supervisor does not
start it again for ever, and is named. No Kafka and no Redis is needed for that."""

import json
import os
import subprocess

import pytest

from conftest import long_run
from support.events import closure
from support.process import free_port
from support.worker import binary, environment, run_command

_COMMANDS = {
    "worker": ["worker"],
    "check": ["check"],
    "topics check": ["topics", "check"],
    "topics create": ["topics", "create"],
    "publish": ["publish", "EVENTS"],
    "tail": ["tail"],
    "list": ["list"],
    "show": ["show", "INC-1"],
    "report": ["report", "INC-1"],
    "simulate": ["simulate", "EVENTS"],
    "dev": ["dev"],
}

_SETTINGS = {
    "a key that is near to one": ({"group.idd": "x"}, "group.id"),
    "a librdkafka setting misspelt": ({"kafka.security.protocl": "SSL"},
                                      "kafka.security.protocol"),
    "one without a default misspelt": ({"kafka.sasl.pasword": "x"}, "kafka.sasl.password"),
    "one of one side misspelt": ({"kafka.consumer.fetch.min.byte": "1"}, "kafka.fetch.min.bytes"),
    "a topic's setting misspelt": ({"kafka.producer.compresion.type": "lz4"},
                                   "kafka.compression.type"),
    "one that is fixed misspelt": ({"kafka.bootstrap.server": "x"}, "kafka.bootstrap.servers"),
    "a librdkafka setting that is fixed": ({"kafka.isolation.level": "read_uncommitted"},
                                           "isolation.level"),
    "a bad value for librdkafka": ({"kafka.security.protocol": "TSL"}, "kafka.security.protocol"),
    "a number that is too large": ({"kafka.socket.timeout.ms": "99999999"}, "socket.timeout.ms"),
    "a bad value of ours": ({"batch.max": "many"}, "batch.max"),
    "a level that is none": ({"log.level": "loud"}, "log.level"),
    "a secret's file that is not there": ({"redis.password.file": "/nowhere/redis"},
                                          "/nowhere/redis"),
    "a secret's file of Kafka": ({"kafka.sasl.password.file": "/nowhere/kafka"}, "/nowhere/kafka"),
    "a secret's file that is a folder": ({"redis.password.file": "/"}, "redis.password.file"),
    "an authority that is not there": ({"redis.tls.ca.file": "/nowhere/ca.pem"},
                                       "redis.tls.ca.file"),
    "http.listen without a port": ({"http.listen": "localhost"}, "http.listen"),
    "redis.url without a host": ({"redis.url": "redis://:pw@"}, "redis.url"),
    "redis.url with a bad port": ({"redis.url": "redis://localhost:port"}, "redis.url"),
    "redis.url with a bad database": ({"redis.url": "redis://localhost/one"}, "redis.url"),
    "two topics of one name": ({"topic.incident-closed": "x", "topic.finding-updated": "x"},
                               "topic.finding-updated"),
}

_FEW = ["a librdkafka setting misspelt", "a bad value for librdkafka", "a bad value of ours",
        "a secret's file that is not there", "redis.url with a bad port"]

_POLICIES = {
    "is not there": None,
    "is a folder": "folder",
    "is a FIFO": "fifo",
    "is a device": "device",
    "is empty": "",
    "is no JSON": "{",
    "has an unknown member": '{"versoin":"x"}',
    "has a bad value": '{"retention":"soon"}',
}


@pytest.fixture
def run(tmp_path):
    """Runs a command with settings where nobody listens; gives what became of it."""
    events = tmp_path / "events.jsonl"
    line = {"topic": "incident-closed", "key": "INC-1", "value": closure("INC-1"),
            "at": "2026-11-20T10:00:00.000Z"}
    events.write_text(json.dumps(line) + "\n")

    def run(command, settings, *more):
        config = tmp_path / "epilogue.properties"
        config.write_text("".join(f"{key}={value}\n" for key, value in {
            "kafka.bootstrap.servers": f"127.0.0.1:{free_port()}",
            "redis.url": f"redis://127.0.0.1:{free_port()}",
            "http.listen": "127.0.0.1:0", **settings}.items()))
        words = [str(events) if word == "EVENTS" else word for word in _COMMANDS[command]]
        return run_command(config, *words, *more)
    return run


def _is_usage(done, named):
    assert done.returncode == 2, done.stdout + done.stderr
    assert named in done.stdout + done.stderr


@pytest.mark.parametrize("command", _COMMANDS)
def test_every_command_has_the_configuration_right(run, command):
    # One function loads it for all of them.
    whole = command == "worker" or long_run()
    for settings, named in [_SETTINGS[name] for name in (_SETTINGS if whole else _FEW)]:
        _is_usage(run(command, settings), named)


@pytest.mark.parametrize("fault", _POLICIES)
def test_a_policy_that_cannot_be_read(run, tmp_path, fault):
    path = tmp_path / "policy.json"
    if _POLICIES[fault] == "folder":
        path.mkdir()
    elif _POLICIES[fault] == "fifo":
        os.mkfifo(path)  # nobody writes: the start hung
    elif _POLICIES[fault] == "device":
        path.symlink_to("/dev/zero")
    elif _POLICIES[fault] is not None:
        path.write_text(_POLICIES[fault])
    for command in ("worker", "publish", "list", "show", "simulate"):
        _is_usage(run(command, {"policy.file": path}), str(path))
    _is_usage(run("simulate", {}, "--policy", path), str(path))
    _is_usage(run("simulate", {}, "--diff", path, path), str(path))
    _is_usage(run("simulate", {}, "--change", f"2026-12-01T00:00:00Z={path}"), str(path))
    _is_usage(run("dev", {}, "--policy", path), str(path))


def test_a_policy_that_may_not_be_read(tmp_path):
    events, policy = tmp_path / "events.jsonl", tmp_path / "policy.json"
    events.write_text(json.dumps({"topic": "incident-closed", "value": closure("INC-1"),
                                  "at": "2026-11-20T10:00:00.000Z"}) + "\n")
    policy.write_text("{}")
    policy.chmod(0)
    # root reads everything, but for these two capabilities
    bound = (["setpriv", "--bounding-set=-dac_override,-dac_read_search"]
             if os.geteuid() == 0 else [])
    done = subprocess.run([*bound, binary(), "simulate", "--policy", policy, events],
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60,
                          env=environment())
    _is_usage(done, f"{policy}: Permission denied")


@pytest.mark.parametrize("command", ["worker", "topics check", "publish", "tail"])
def test_what_librdkafka_only_sees_when_it_starts(run, command):
    settings = {"kafka.security.protocol": "SSL", "kafka.ssl.ca.location": "/nowhere/ca.pem"}
    _is_usage(run(command, settings), "ssl.ca.location")


def test_what_this_build_lacks(run):
    # librdkafka has it on Windows alone, so no build that the worker runs with does.
    done = run("worker", {"kafka.ssl.ca.certificate.stores": "Root"})
    _is_usage(done, "kafka.ssl.ca.certificate.stores")
    assert "not supported in this build" in done.stdout + done.stderr

# SPDX-License-Identifier: Apache-2.0
"""Standard streams that are closed, full, or read by nobody."""

import json
import os
import subprocess
import urllib.request

import pytest

from support.events import bug_id, closure, finding
from support.process import free_port
from support.worker import binary, environment

HOSTILE = "first\r\nDEL canary\r\nSET canary hit\r\nlast"


@pytest.fixture(scope="module")
def told(module_world):
    """A world that holds one incident, whose text would be commands for Redis."""
    world = module_world
    world.topics_create(2)
    worker = world.start_worker().wait_ready()
    world.close_incident(closure("INC-1", summary=HOSTILE, title=HOSTILE,
                                 technical_summary={"response": HOSTILE},
                                 timeline=[{"action": HOSTILE}]))
    world.update_finding(finding("INC-1", "F-1"))
    world.wait_task(bug_id("INC-1", "F-1"))
    world.wait_worked_off()
    worker.stop()
    path = world.folder / "events.jsonl"
    path.write_text(json.dumps(
        {"topic": "incident-closed", "key": "INC-2", "value": closure("INC-2"),
         "at": "2026-11-20T00:00:00Z"}) + "\n")
    return world


def shell(world, redirection, *arguments):
    """Runs a command as a shell does that was given `redirection`."""
    command = " ".join(f"'{part}'" for part in (binary(), *arguments))
    if arguments[0] not in ("--version", "help"):
        command += f" -c '{world.config_path}'"
    return subprocess.run(["sh", "-c", f"{command} {redirection}"], stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, timeout=60, env=environment())


def commands(world):
    """Every command that prints and comes to an end."""
    events = str(world.folder / "events.jsonl")
    return [["help"], ["--version"], ["list"], ["show", "INC-1"], ["report", "INC-1"],
            ["topics", "check"], ["check"], ["simulate", events], ["publish", events]]


def test_text_never_goes_to_redis(told):
    """With a descriptor from 0 to 2 closed the next socket gets it: what was printed was run by
    Redis."""
    redis = told.redis.client()
    redis.set("canary", "alive")
    for closed in (">&-", "<&- >&-", "<&- >&- 2>&-", "2>&-"):
        for arguments in (["report", "INC-1"], ["show", "INC-1"], ["list"]):
            done = shell(told, closed, *arguments)
            assert done.returncode == (1 if ">&-" in closed.replace("2>&-", "") else 0), \
                (closed, arguments, done.stderr)
    assert redis.get("canary") == b"alive"


def test_a_worker_without_streams_works(told):
    worker_log = told.folder / "nothing.log"
    process = subprocess.Popen(
        ["sh", "-c", f"exec '{binary()}' worker -c '{told.config_path}' -s instance.id=bare "
         f"-s http.listen=127.0.0.1:0 <&- >&- 2>&-"], stdin=subprocess.DEVNULL, env=environment())
    try:
        told.update_finding(finding("INC-1", "F-2"))
        told.wait_task(bug_id("INC-1", "F-2"))
        assert process.poll() is None and not worker_log.exists()
    finally:
        process.terminate()
        assert process.wait(20) == 0


def test_a_full_disk_is_told(told):
    for arguments in commands(told):
        done = shell(told, ">/dev/full", *arguments)
        assert done.returncode == 1, (arguments, done.returncode, done.stderr)
        assert "standard output" in done.stderr, (arguments, done.stderr)


def test_tail_on_a_full_disk_ends(told):
    done = shell(told, ">/dev/full", "tail", "--from-beginning")
    assert done.returncode == 1 and "standard output" in done.stderr, done.stderr


def test_a_reader_that_has_enough_is_no_error(told):
    for arguments in [*commands(told), ["tail", "--from-beginning"]]:
        read, write = os.pipe()
        os.close(read)
        command = [binary(), *arguments]
        if arguments[0] not in ("--version", "help"):
            command += ["-c", told.config_path]
        done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=write,
                              stderr=subprocess.PIPE, text=True, timeout=60, env=environment())
        os.close(write)
        assert done.returncode == 0 and "standard output" not in done.stderr, \
            (arguments, done.returncode, done.stderr)


def test_a_log_that_nobody_reads_stops_nothing(told):
    """Thousands of warnings into a pipe that nobody reads: the loop, the watchdog and the stop all stood
    still in write()."""
    read, write = os.pipe()
    port = free_port()
    process = subprocess.Popen(
        [binary(), "worker", "-c", told.config_path, "-s", "instance.id=unread",
         "-s", f"http.listen=127.0.0.1:{port}"], stdin=subprocess.DEVNULL, stderr=write,
        env=environment())
    os.close(write)
    try:
        for i in range(4000):
            told.publish("finding-updated", {"incident_id": "INC-1"}, flush=False)
        told.update_finding(finding("INC-1", "F-3"))
        told.wait_task(bug_id("INC-1", "F-3"))
        assert metric(port, "epilogue_log_lines_dropped_total") > 0
        process.terminate()
        assert process.wait(20) == 0
    finally:
        process.kill()
        os.close(read)


def metric(port, name):
    """What a worker's /metrics says."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
        return next(float(line.split()[1]) for line in answer.read().decode().split("\n")
                    if line.startswith(f"{name} "))

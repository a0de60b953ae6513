# SPDX-License-Identifier: Apache-2.0
"""Child processes that cannot outlive the tests, free ports, and waiting."""

import ctypes
import os
import pathlib
import random
import re
import signal
import socket
import subprocess
import time

_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)

may_start_broker = True  # conftest.py says it of each test


def _die_with_parent():
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def spawn(command, log_path, env=None, cwd=None):
    """Starts a command whose output goes to the end of a file. It is killed by the kernel when
    this process ends, however it ends: an interrupted run must leave no broker behind."""
    with open(log_path, "ab") as log:
        return subprocess.Popen(
            [str(part) for part in command], stdin=subprocess.DEVNULL, stdout=log,
            stderr=subprocess.STDOUT, env=env, cwd=cwd, preexec_fn=_die_with_parent)


def stop(process, timeout_s=10):
    """SIGTERM, then SIGKILL to one that does not listen; gives the exit code."""
    if process.poll() is None:
        process.send_signal(signal.SIGCONT)
        process.terminate()
        try:
            process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            process.kill()
    return process.wait(10)


# Below the range from which the kernel gives ports to outgoing connections: a server that a test
# stops and starts again finds its port free. Several test processes draw from classes of their own.
_PORTS_FROM, _PORT_CLASSES = 10000, 8
_ports = None


def _candidates():
    path = pathlib.Path("/proc/sys/net/ipv4/ip_local_port_range")
    until = min(int(path.read_text().split()[0]), 32768)
    match = re.search(r"\d+$", os.environ.get("PYTEST_XDIST_WORKER", ""))
    first = _PORTS_FROM + (int(match.group()) if match else 0) % _PORT_CLASSES
    ports = range(first, until, _PORT_CLASSES)
    start = random.SystemRandom().randrange(len(ports))
    while True:
        yield ports[start % len(ports)]
        start += 1


def free_port():
    """A TCP port of the loopback address that nobody listens on just now, and that this process has
    not given before."""
    global _ports
    _ports = _ports or _candidates()
    for port in _ports:
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
                return port
            except OSError:
                pass  # somebody has it


def port_open(port):
    """Whether somebody accepts connections on this port of the loopback address."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1):
            return True
    except OSError:
        return False


def read_terminal(controller):
    """All that is written on a terminal until its last writer has ended. Gets the end that stands for the person."""
    said = b""
    while True:
        try:
            said += os.read(controller, 65536)
        except OSError:  # how a terminal says its end
            return said


def wait_until(predicate, timeout_s=30, what=None, interval_s=0.05):
    """Calls predicate till it gives something true, and gives that; fails the test after
    timeout_s. `what` says what was waited for: a text, or a function that makes one then."""
    deadline = time.monotonic() + timeout_s
    while True:
        result = predicate()
        if result:
            return result
        if time.monotonic() > deadline:
            text = what() if callable(what) else what or "a condition"
            raise AssertionError(f"waited {timeout_s} s in vain for {text}")
        time.sleep(interval_s)


def tail(path, lines=60):
    """The last lines of a text file; nothing when it is not there."""
    if not os.path.exists(path):
        return ""
    with open(path, errors="replace") as file:
        return "".join(file.readlines()[-lines:])

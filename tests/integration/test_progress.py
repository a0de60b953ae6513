# SPDX-License-Identifier: Apache-2.0
"""A long command says on a terminal how far it is, on one line that is gone at the end."""

import json
import os
import pty
import re
import subprocess

from support.events import closure
from support.process import read_terminal
from support.worker import binary


def _said(process, controller):
    """What it wrote on a terminal till its end, by the times that the line was written over."""
    said = read_terminal(controller)
    assert process.wait(60) == 0
    return said.split(b"\r\x1b[K")


def test_simulate_of_a_big_file(tmp_path):
    line = {"topic": "incident-closed", "at": "2026-11-20T10:00:00.000Z"}
    events = tmp_path / "events.jsonl"
    events.write_text("".join(json.dumps({**line, "value": closure(f"INC-{n}")}) + "\n"
                              for n in range(2000)))
    controller, terminal = pty.openpty()
    process = subprocess.Popen([binary(), "simulate", events, "--until", "2026-11-20T10:01:00Z"], stdin=subprocess.DEVNULL,
                               stdout=subprocess.DEVNULL, stderr=terminal)
    os.close(terminal)
    lines = _said(process, controller)
    assert re.fullmatch(rb"\d+ of 2000 lines \(\d+ %\)", lines[1]), lines
    assert lines[-1] == b""


def test_stats_over_all_shards(world):
    world.topics_create(4)
    world.start_worker().wait_ready()
    controller, terminal = pty.openpty()
    world.redis.client().client_pause(1500)  # what is over at once says nothing
    process = subprocess.Popen([binary(), "stats", "-c", world.config_path],
                               stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=terminal)
    os.close(terminal)
    lines = _said(process, controller)
    assert re.fullmatch(rb"\d of 4 shards read \(\d+ %\)", lines[1]), lines
    assert lines[-1] == b""

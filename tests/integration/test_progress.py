# SPDX-License-Identifier: Apache-2.0
"""A long command says on a terminal how far it is, on one line that is gone at the end."""

import json
import os
import pty
import re
import subprocess

from support.events import closure
from support.worker import binary


def test_simulate_of_a_big_file(tmp_path):
    line = {"topic": "incident-closed", "at": "2026-11-20T10:00:00.000Z"}
    events = tmp_path / "events.jsonl"
    events.write_text("".join(json.dumps({**line, "value": closure(f"INC-{n}")}) + "\n"
                              for n in range(2000)))
    controller, terminal = pty.openpty()
    process = subprocess.Popen([binary(), "simulate", events, "--until", "2026-11-20T10:01:00Z"], stdin=subprocess.DEVNULL,
                               stdout=subprocess.DEVNULL, stderr=terminal)
    os.close(terminal)
    said = b""
    while True:
        try:
            said += os.read(controller, 65536)
        except OSError:  # its end, of a terminal
            break
    assert process.wait(60) == 0
    lines = said.split(b"\r\x1b[K")
    assert re.fullmatch(rb"\d+ of 2000 lines \(\d+ %\)", lines[1]), said
    assert lines[-1] == b""

# SPDX-License-Identifier: Apache-2.0
"""What `epilogue simulate` says of a year: who is reminded how often, and whether that is too much."""

import json
import subprocess

from support.events import closure
from support.worker import binary, environment


def _lines(path, *lines):
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return path


def test_it_ends_with_its_reader(tmp_path):
    """A review a week for seven thousand years is more than anybody waits for."""
    events = _lines(tmp_path / "events.jsonl", *(
        {"topic": "incident-closed", "at": "2026-11-20T10:00:00Z", "value": closure(f"INC-{n}")}
        for n in range(50)))
    process = subprocess.Popen([binary(), "simulate", events, "--until", "9000-01-01"],
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                               env=environment())
    with process:
        assert "received" in process.stdout.readline()
        process.stdout.close()
        assert process.wait(60) == 0
        assert process.stderr.read() == ""

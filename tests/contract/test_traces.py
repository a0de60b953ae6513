# SPDX-License-Identifier: Apache-2.0
"""What goes out in the trace scenarios fits the schemas and the rules that hold of every history,
and the same scenario gives the same bytes."""

import json
import os
import pathlib
import re
import subprocess

import pytest

from support import checker, schemas
from support.records import Record

_TRACES = sorted((pathlib.Path(__file__).resolve().parents[1] / "trace").glob("*.trace"))
_DIRECTIVE = re.compile(r"^# (until|policy|change): (\S+)$", re.MULTILINE)


def _options(path):
    """What the trace says about how it is run (tests/trace/run has the list)."""
    options = []
    for name, value in _DIRECTIVE.findall(path.read_text()):
        if name == "policy":
            value = str(path.parent / value)
        elif name == "change":
            time, file = value.split("=", 1)
            value = f"{time}={path.parent / file}"
        options += [f"--{name}", value]
    return options


def _simulate(path, *more):
    environment = {name: value for name, value in os.environ.items()
                   if not name.startswith("EPILOGUE_")}
    return subprocess.run([os.environ["EPILOGUE_BIN"], "simulate", str(path), "--json",
                           *_options(path), *more],
                          stdout=subprocess.PIPE, check=True, timeout=120, env=environment).stdout


def _records(output):
    """The lines as records of topics with one partition."""
    offsets, records = {}, []
    for text in output.splitlines():
        line = json.loads(text)
        offset = offsets[line["topic"]] = offsets.get(line["topic"], -1) + 1
        value = line.get("value")
        records.append(Record(
            line["topic"], 0, offset, 0, line["key"].encode() if line.get("key") else None,
            None if value is None else json.dumps(value).encode(),
            [(name, header.encode()) for name, header in line["headers"].items()]))
    return records


@pytest.mark.parametrize("path", _TRACES, ids=[path.stem for path in _TRACES])
def test_a_trace_keeps_the_contract(path):
    output = _simulate(path)
    records = _records(output)
    tasks = [r for r in records if r.topic == "followup-tasks"]
    reminders = [r for r in records if r.topic == "followup-reminders"]
    assert tasks
    schemas.check_outputs(tasks + reminders)
    checker.check_history(tasks, reminders, 1, "epilogue")
    assert _simulate(path) == output


def test_a_policy_does_not_differ_from_itself():
    policy = str(_TRACES[0].parent / "policies" / "stricter.json")
    path = next(path for path in _TRACES if path.stem.startswith("05-"))
    assert _simulate(path, "--diff", policy, policy) == b""

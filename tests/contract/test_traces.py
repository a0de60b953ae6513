# SPDX-License-Identifier: Apache-2.0
"""What goes out in the trace scenarios fits the schemas and the rules that hold of every history,
and the same scenario gives the same bytes."""

import json
import os
import pathlib
import re
import subprocess

import pytest

from support import checker, schemas, story
from support.records import Record
from support.worker import binary

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
    options = more if "--diff" in more else (*_options(path), *more)
    return subprocess.run([str(binary()), "simulate", str(path), "--json", *options],
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
    checker.check_causes(tasks, story.inputs(story.objects(path.read_text())))
    assert _simulate(path) == output


def test_a_policy_does_not_differ_from_itself():
    policy = str(_TRACES[0].parent / "policies" / "stricter.json")
    path = next(path for path in _TRACES if path.stem.startswith("05-"))
    assert _simulate(path, "--diff", policy, policy) == b""


def test_two_policies_differ_where_they_differ():
    folder = _TRACES[0].parent
    old, new = (folder / "policies" / name for name in ("regulator-72h.json", "chain.json"))
    path = next(path for path in _TRACES if path.stem.startswith("20-"))
    lines = [json.loads(line) for line in _simulate(path, "--diff", str(old), str(new)).splitlines()]
    created = [(line["in"], line["value"]["due_at"]) for line in lines
               if line["headers"]["ce_type"] == "epilogue.task.created.v1"]
    assert created == [("old", "2026-12-02T09:00:00.000Z"), ("new", "2026-11-10T09:00:00.000Z")]
    # What both policies say is not said.
    assert not [line for line in lines if line["headers"]["ce_id"] == "INC-200/opened/1"]

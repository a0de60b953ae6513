# SPDX-License-Identifier: Apache-2.0
"""The public examples: the valid ones fit their schemas and are taken; each of the invalid ones
ends as the dead letter that its file's name says."""

import base64
import collections
import json
import re
import subprocess

import pytest

from support import schemas
from support.worker import binary, environment
from support.world import INPUTS

_VALID = sorted((schemas.FOLDER / "examples" / "valid").glob("*.jsonl"))
_INVALID = sorted((schemas.FOLDER / "examples" / "invalid").glob("*.jsonl"))
_CODES = {
    "no-value", "too-large", "invalid-utf8", "malformed-json", "too-deep", "duplicate-member",
    "not-an-object", "missing-field", "wrong-type", "bad-identifier", "bad-time",
    "unknown-value", "key-mismatch", "unknown-task", "bad-envelope",
}


def _lines(path):
    lines = [json.loads(line) for line in path.read_text().split("\n") if line.strip()]
    assert lines, f"{path.name} is empty"
    return lines


def _value(line):
    """The bytes of an example line's value; None for a null value."""
    if line.get("value_null"):
        return None
    if "raw_base64" in line:
        return base64.b64decode(line["raw_base64"], validate=True)
    if "raw_repeat" in line:
        raw = line["raw_repeat"]
        return (raw["prefix"] + raw["unit"] * raw["count"] + raw["suffix"]).encode()
    return json.dumps(line["value"], ensure_ascii=False).encode()


def _data(line):
    """The event of a line, out of its envelope if it has one."""
    value = json.loads(_value(line))
    content_type = (line.get("headers") or {}).get("content-type", "")
    return value["data"] if content_type.startswith("application/cloudevents+json") else value


def _code(path):
    return path.name.split("--")[0]


def _publish(world, line, delivered):
    key = line.get("key")
    world.publisher.send(world.topic(line["topic"]), key, _value(line), line.get("headers"),
                         delivered=delivered)


@pytest.mark.parametrize("path", _VALID, ids=[path.stem for path in _VALID])
def test_a_valid_example_fits_its_schema(path):
    for number, line in enumerate(_lines(path), 1):
        found = schemas.problems(line["topic"], _data(line))
        assert not found, f"{path.name}:{number}: {found}"


def test_every_input_and_every_code_has_an_example():
    topics = {line["topic"] for path in _VALID for line in _lines(path)}
    assert topics == set(INPUTS)
    assert {_code(path) for path in _INVALID} == _CODES


def test_the_schemas_are_schemas():
    names = {path.name.removesuffix(".schema.json")
             for path in schemas.FOLDER.glob("*.schema.json")}
    assert {*INPUTS, "task-event", "incident-event", "reminder-event", "reminder-digest", "state",
            "policy"} <= names
    read_me = (schemas.FOLDER / "README.md").read_text()
    for name in names:
        schemas.validator(name)
        assert f"`{name}.schema.json`" in read_me


def test_the_default_policy_fits_its_schema():
    policies = sorted((schemas.FOLDER.parent / "deploy" / "policy").glob("*.json"))
    assert policies
    for path in policies:
        assert schemas.problems("policy", json.loads(path.read_text())) == [], path.name


def _shown_policies():
    """The policies that deploy/policy/README.md shows; what is a part of `people` is put into one."""
    text = (schemas.FOLDER.parent / "deploy" / "policy" / "README.md").read_text()
    members = json.loads((schemas.FOLDER / "policy.schema.json").read_text())["properties"]
    for block in re.findall(r"^ *```json\n(.*?)^ *```", text, re.DOTALL | re.MULTILINE):
        part = block.strip().startswith('"')
        shown = json.loads(f'{{"people": {{{block}}}}}' if part else block)
        if isinstance(shown, dict) and shown.keys() <= members.keys():
            yield shown


def test_the_policies_that_are_shown_are_taken(tmp_path):
    event = tmp_path / "event.jsonl"
    event.write_text(json.dumps({"topic": "finding-updated", "at": "2026-11-20T09:00:00Z", "value": {
        "incident_id": "E-1", "finding_id": "F-1"}}) + "\n")
    shown = list(_shown_policies())
    assert len(shown) > 5
    for policy in shown:
        assert schemas.problems("policy", policy) == [], policy
        path = tmp_path / "policy.json"
        path.write_text(json.dumps(policy))
        done = subprocess.run([binary(), "simulate", "--policy", path, event],
                              env=environment(), capture_output=True, text=True, check=False)
        assert done.returncode == 0, (policy, done.stderr)


def _cleared(schema, required):
    """An object of what it must have, and an empty text for whatever else the schema knows."""
    return {**{name: "" for name in schema["properties"]}, **required}


def test_whatever_is_optional_may_be_empty(tmp_path):
    """Also what is added to a schema later: forms send all of their fields."""
    known = {name: json.loads((schemas.FOLDER / f"{name}.schema.json").read_text()) for name in INPUTS}
    inner = known["incident-closed"]["$defs"]["finding"]
    values = [
        ("incident-closed", {"incident_id": "E-1", "closed_at": "2026-11-19T17:00:00Z"}),
        ("incident-closed", {"incident_id": "E-1", "closed_at": "2026-11-19T17:00:00Z",
                             "updated_at": "2026-11-20T09:00:00Z",
                             "findings": [_cleared(inner, {"finding_id": "F-1"})]}),
        ("finding-updated", {"incident_id": "E-1", "finding_id": "F-1"}),
        ("task-updated", {"incident_id": "E-1", "task_id": "E-1/response-evaluation"}),
    ]
    lines = [{"topic": topic, "value": _cleared(known[topic], required), "at": "2026-11-20T09:00:00Z"}
             for topic, required in values]
    for line in lines:
        assert schemas.problems(line["topic"], line["value"]) == [], line
    path = tmp_path / "cleared.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    done = subprocess.run([binary(), "simulate", path, "--until", "2026-11-20T10:00:00Z"],
                          env=environment(), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count(" received ") == len(lines)
    assert " refused " not in done.stdout and "warning" not in done.stdout, done.stdout


def test_one_of_what_a_tracker_may_say_is_enough(tmp_path):
    """The list in the schema is the decoder's: each member alone is taken, and none is refused."""
    schema = json.loads((schemas.FOLDER / "task-updated.schema.json").read_text())
    said = {"status": "in-progress", "owner": "dev@example.com", "tracker": None, "evidence": [],
            "evaluation": None,
            "snoozed_until": None, "submitted_at": None, "accepted_until": None,
            "accepted_by": None}
    assert [{"required": [name]} for name in said] == sorted(
        schema["anyOf"], key=lambda one: list(said).index(one["required"][0]))
    others = set(schema["properties"]) - {*said, *schema["required"]}
    task = {"incident_id": "E-1", "task_id": "E-1/postmortem"}
    path = tmp_path / "said.jsonl"
    for member, is_enough in [*((name, True) for name in said), *((name, False) for name in others)]:
        path.write_text(json.dumps({"topic": "task-updated", "at": "2026-11-20T09:00:00Z",
                                    "value": {**task, member: said.get(member)}}) + "\n")
        done = subprocess.run([binary(), "simulate", path, "--json"], env=environment(),
                              capture_output=True, text=True, check=True)
        (letter,) = map(json.loads, done.stdout.splitlines())
        code = "unknown-task" if is_enough else "missing-field"
        assert letter["headers"]["epilogue-error"] == code, (member, letter)


@pytest.fixture(scope="module")
def letters(module_world):
    """All examples published, the valid before the invalid ones, and worked off. Gives
    {file name: its dead letters}."""
    world = module_world.topics_create(4)
    world.start_worker().wait_ready()
    came_from = {}
    for path in (*_VALID, *_INVALID):
        for line in _lines(path):
            _publish(world, line, lambda message: came_from.__setitem__(
                (message.topic(), message.partition(), message.offset()), path.name))
            world.publisher.flush()
    world.wait_worked_off(60)
    found = collections.defaultdict(list)
    for letter in world.consume_all("followup-dead-letters"):
        origin = (letter.header("epilogue-topic"), int(letter.header("epilogue-partition")),
                  int(letter.header("epilogue-offset")))
        found[came_from[origin]].append(letter)
    return found


@pytest.mark.parametrize("path", _INVALID, ids=[path.stem for path in _INVALID])
def test_an_invalid_example_is_refused(letters, path):
    codes = [letter.header("epilogue-error") for letter in letters[path.name]]
    assert set(codes) == {_code(path)}
    for letter in letters[path.name]:
        assert letter.header("epilogue-error-detail")
        assert letter.header("epilogue-time")


def test_no_valid_example_is_refused(letters):
    refused = {path.name: [(r.header("epilogue-error"), r.header("epilogue-error-detail"))
                           for r in letters[path.name]]
               for path in _VALID if letters[path.name]}
    assert refused == {}


def test_what_the_examples_cause_fits_the_schemas(letters, module_world):
    del letters  # it has published them
    assert module_world.tasks()
    module_world.check_outputs()

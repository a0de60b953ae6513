# SPDX-License-Identifier: Apache-2.0
"""The public schemas, with a real validator (JSON Schema 2020-12)."""

import functools
import json
import pathlib
import re

import jsonschema

FOLDER = pathlib.Path(__file__).resolve().parents[2] / "schemas"

_OUT_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
DIGEST = "epilogue.reminder.digest.v1"
_formats = jsonschema.FormatChecker(formats=())


@_formats.checks("date-time")
def _is_out_time(value):
    return not isinstance(value, str) or _OUT_TIME.fullmatch(value) is not None


def _each_once(pairs):
    """An object of a schema: of two members of one name the reader would take the last, and say nothing."""
    members = dict(pairs)
    assert len(members) == len(pairs), f"a member is there twice: {[name for name, _ in pairs]}"
    return members


@functools.lru_cache(maxsize=None)
def _store():
    schemas = {}
    for path in FOLDER.glob("*.schema.json"):
        schema = json.loads(path.read_text(), object_pairs_hook=_each_once)
        schemas[path.name] = schemas[schema.get("$id", path.name)] = schema
        schemas[path.as_uri()] = schema
    return schemas


@functools.lru_cache(maxsize=None)
def validator(name, times_out=False):
    """The validator of schemas/<name>.schema.json; with times_out a date-time must have the one
    form of the outputs."""
    schema = _store()[f"{name}.schema.json"]
    jsonschema.Draft202012Validator.check_schema(schema)
    base = schema.get("$id") or (FOLDER / f"{name}.schema.json").as_uri()
    return jsonschema.Draft202012Validator(
        schema, resolver=jsonschema.RefResolver(base, schema, store=_store()),
        format_checker=_formats if times_out else None)


def problems(name, value, times_out=False):
    """What is wrong with a value, as lines; empty when it is valid."""
    return [f"{error.json_path}: {error.message[:300]}"
            for error in validator(name, times_out).iter_errors(value)]


def _schema_of(record):
    if record.type.startswith("epilogue.task."):
        return "task-event"
    if record.type.startswith("epilogue.incident."):
        return "incident-event"
    if record.type.startswith("epilogue.finding."):
        return "finding-event"
    return "reminder-digest" if record.type == DIGEST else "reminder-event"


def check_outputs(records, at_most=1500):
    """Each record of `followup-tasks` and `followup-reminders` is valid; of a load, an even
    sample of at_most, since a validator in Python takes milliseconds a record."""
    step = max(1, -(-len(records) // at_most))
    for record in records[::step]:
        found = problems(_schema_of(record), record.json, times_out=True)
        if found:
            raise AssertionError(f"{record}\nis not a valid {_schema_of(record)}:\n  "
                                 + "\n  ".join(found[:10]))


def check_state(records, at_most=1000):
    """Each record of `followup-state` is a deletion or a value of the public format."""
    step = max(1, -(-len(records) // at_most))
    for record in records[::step]:
        found = record.value is not None and problems("state", record.json)
        if found:
            raise AssertionError(f"{record}\nis not a valid state:\n  " + "\n  ".join(found[:10]))

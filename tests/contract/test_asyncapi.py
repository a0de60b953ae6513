# SPDX-License-Identifier: Apache-2.0
"""asyncapi.yaml says of headers and names what the code does."""

import json
import pathlib
import re
import subprocess

import jsonschema
import pytest
import yaml

from support.worker import binary, environment

_ROOT = pathlib.Path(__file__).resolve().parents[2]
_API = yaml.safe_load((_ROOT / "schemas" / "asyncapi.yaml").read_text())
_MESSAGES = _API["components"]["messages"]
_TRACES = sorted((_ROOT / "tests" / "trace").glob("*.trace"))


def _references(node):
    """Every $ref of the document."""
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        for child in node.values():
            yield from _references(child)
    elif isinstance(node, list):
        for child in node:
            yield from _references(child)


def _find(reference):
    node = _API
    for name in reference.removeprefix("#/").split("/"):
        node = node[name]
    return node


def test_every_reference_leads_somewhere():
    references = set(_references(_API))
    assert len(references) > 30
    for reference in references:
        if reference.startswith("#/"):
            assert _find(reference), reference
        else:
            assert (_ROOT / "schemas" / reference).is_file(), reference


def test_the_kinds_are_those_of_the_code():
    code = (_ROOT / "worker" / "codec" / "envelope.c").read_text()
    kinds = set(re.findall(r"\[ENVELOPE_\w+\] =\s+\{\"([\w-]+)\"", code))
    assert kinds > {"record", "finding", "items"}
    schemas = _API["components"]["schemas"]
    forwarded = schemas["forwarded-headers"]["properties"]["epilogue-kind"]["enum"]
    others = {_MESSAGES["items"]["headers"]["properties"]["epilogue-kind"]["const"]}
    for name in ("recurrence", "recurred"):
        others.add(_MESSAGES[name]["headers"]["allOf"][1]["properties"]["epilogue-kind"]["const"])
    assert {*forwarded, *others} == kinds
    letters = schemas["dead-letter-headers"]["allOf"][1]["properties"]["epilogue-kind"]["enum"]
    assert set(letters) == kinds - {"record"}  # that goes back where it first stood


def _message_of(line):
    """The message that a line of `simulate --json` is, by its topic and type."""
    channel = _API["channels"][line["topic"]]["messages"]
    if line["topic"] == "followup-dead-letters":
        return "dead-letter"
    for reference in (of["$ref"] for of in channel.values()):
        name = _find(reference)["name"]
        pattern = re.escape(name).replace("<kind>", "(?!digest)[a-z-]+")
        if re.fullmatch(pattern, line["headers"]["ce_type"]):
            return reference.rsplit("/", 1)[1]
    raise AssertionError(f"asyncapi.yaml has no {line['headers']['ce_type']}")


def _simulate(path):
    policies = re.findall(r"^# policy: (\S+)$", path.read_text(), re.MULTILINE)
    options = ["--policy", path.parent / policies[0]] if policies else []
    done = subprocess.run([binary(), "simulate", path, "--json", *options], env=environment(),
                          capture_output=True, text=True, timeout=120, check=True)
    return map(json.loads, done.stdout.splitlines())


@pytest.fixture(scope="module", name="sent")
def _sent():
    """{message: [(key, headers)]} of all stories."""
    sent = {}
    for path in _TRACES:
        for line in _simulate(path):
            if line["topic"] in _API["channels"]:
                sent.setdefault(_message_of(line), []).append((line.get("key"), line["headers"]))
    return sent


def test_headers_of_all_that_the_stories_send(sent):
    assert {"task-created", "task-changed", "task-resolved", "task-closed", "task-reopened",
            "incident-opened", "incident-updated", "incident-completed", "digest", "reminder",
            "dead-letter"} <= set(sent)
    for message, records in sent.items():
        schema = jsonschema.Draft202012Validator(
            {**_API, "$ref": f"#/components/messages/{message}/headers"})
        for _, headers in records:
            found = [error.message for error in schema.iter_errors(headers)]
            assert not found, (message, headers, found)


def test_the_key_of_a_digest_is_a_recipient(sent):
    schema = jsonschema.Draft202012Validator(
        {**_API, "$ref": "#/components/schemas/recipient-key"})
    keys = {key for key, _ in sent["digest"]}
    assert len(keys) > 5 and all(schema.is_valid(key) for key in keys), keys

# SPDX-License-Identifier: Apache-2.0
"""What the mappings of deploy/connect make is what the contract takes. Their own tests hold what comes out of
which payload (`deploy/connect/build` runs them); here that is held against schemas and worker."""

import collections
import json
import pathlib
import re
import subprocess

import pytest
import yaml

from support import schemas
from support.worker import binary, environment

_ROOT = pathlib.Path(__file__).resolve().parents[2]
_CONNECT = _ROOT / "deploy/connect"
_TESTS = sorted(_CONNECT.glob("sources/*_benthos_test.yaml"))
_SOURCES = [path.name.removesuffix("_benthos_test.yaml") for path in _TESTS]
# The incidents whose tasks the payloads speak of.
_STORY = [{"topic": "incident-closed", "at": "2026-10-01T09:00:00Z", "value": {
    "incident_id": incident, "closed_at": "2026-10-01T09:00:00Z", "findings": [
        {"finding_id": "F-7", "category": "technical-lapse", "title": "Dumps are not redacted"}]}}
    for incident in ("INC-1042", "34")]


def _records(path):
    """(name of the test, topic, value) of all that a mapping's tests expect."""
    for test in yaml.safe_load(path.read_text())["tests"]:
        for batch in test["output_batches"]:
            for message in batch:
                if "topic" in message.get("metadata_equals", {}):
                    yield test["name"], message["metadata_equals"]["topic"], message.get("json_equals")


def test_each_source_has_a_test_and_a_page():
    for path in _CONNECT.glob("sources/*.yaml"):
        if not path.name.endswith("_benthos_test.yaml"):
            assert path.stem in _SOURCES
            assert (_ROOT / f"docs/connect/{path.stem}.md").exists(), path.stem
    assert len(_SOURCES) == 11


@pytest.mark.parametrize("path", _TESTS, ids=_SOURCES)
def test_what_comes_out_fits_the_schemas(path):
    found = 0
    for name, topic, value in _records(path):
        if value is not None:
            assert not schemas.problems(topic, value), (name, schemas.problems(topic, value))
            found += 1
    assert found >= 1


@pytest.mark.parametrize("path", _TESTS, ids=_SOURCES)
def test_the_worker_takes_it_and_a_replay_changes_nothing(path, tmp_path):
    records = [{"topic": topic, "value": value, "at": f"2026-12-10T09:{minute:02}:00Z"}
               for minute, (_, topic, value) in enumerate(_records(path)) if value is not None]
    again = [{**record, "at": record["at"].replace("T09", "T10")} for record in records]
    file = tmp_path / "events.jsonl"

    def simulate(lines):
        file.write_text("".join(json.dumps(line) + "\n" for line in lines))
        done = subprocess.run([binary(), "simulate", file, "--json", "--until", "2026-12-10T11:00:00Z"],
                              capture_output=True, text=True, timeout=60, env=environment(),
                              check=True)
        events = [json.loads(line) for line in done.stdout.splitlines()]
        assert not [e for e in events if e["topic"] == "followup-dead-letters"], done.stdout
        return [e for e in events if e["topic"] == "followup-tasks"]
    events = simulate(_STORY + records)
    warnings = [w for e in events for w in e["value"].get("warnings") or ()]
    # A tracker's word alone is not enough for wont-fix at P2, and that is said.
    assert not [w for w in warnings
                if w["taken_as"] != "not closed: it needs accepted_until and accepted_by"]
    said = collections.Counter(e["at"][:13] for e in events)
    assert said["2026-12-10T09"] >= 1
    twice = simulate(_STORY + records + again)
    assert [json.dumps(e) for e in twice] == [json.dumps(e) for e in events]


def test_the_pages_know_what_is_set():
    """Each variable that a connector reads stands on a page, and each that stands there is read."""
    told = {name for page in [_ROOT / "docs/connect.md", *(_ROOT / "docs/connect").glob("*.md")]
            for name in re.findall(r"`([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)`", page.read_text())}
    read = set()
    for path in _CONNECT.rglob("*"):
        if path.suffix in (".yaml", ".blobl", ".go") and not path.stem.endswith("_test"):
            for line in path.read_text().splitlines():
                read.update(re.findall(r"\$\{([A-Z][A-Z0-9_]+):", line))
                read.update(re.findall(r"secrets_from: (\w+)", line))
                if re.search(r"env\(", line, re.IGNORECASE):
                    read.update(re.findall(r'"([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)"', line))
    # Those of topics are told by one of them; the values of a protocol are none.
    topics = {name for name in read if name.startswith("TOPIC_")}
    assert topics >= {"TOPIC_INCIDENT_CLOSED", "TOPIC_FOLLOWUP_TASKS"}
    assert (read - topics) ^ (told - topics - {"SASL_PLAINTEXT", "SASL_SSL"}) == set()


def test_the_pages_show_what_comes_out():
    """An example on a page (after `→ topic`) is one of the tests' results, whole."""
    expected = {}
    for path in _TESTS:
        expected[path.name.removesuffix("_benthos_test.yaml")] = [
            (topic, value) for _, topic, value in _records(path)]
    for name, results in expected.items():
        text = (_ROOT / f"docs/connect/{name}.md").read_text()
        shown = re.findall(r"→ `([a-z-]+)`:?\n\n```json\n(.*?)```", text, re.DOTALL)
        assert shown, name
        for topic, value in shown:
            assert (topic, json.loads(value)) in results, (name, topic)

# SPDX-License-Identifier: Apache-2.0
"""Incidents that are merged and parted at random, in circles, chains and into themselves: it ends,
every name is made once, every cause is a record, and no open finding is lost on the way."""

import collections
import datetime
import json
import random
import re
import subprocess

import pytest

from conftest import long_run
from support import checker, schemas
from support.events import closure, finding
from support.records import Record
from support.story import inputs, write_lines
from support.worker import binary

_INCIDENTS = ("A", "B", "C", "D", "E")
_FINDINGS = ("F", "G")
_STORIES = 400 if long_run() else 25
_FORWARDED = re.compile(r"  forwarded +finding (\S+) goes on to (\S+)$")
_START = datetime.datetime(2026, 11, 2, 9, tzinfo=datetime.timezone.utc)


class _Story:
    """The records of one seed; its incidents begin with the seed, so that many stories fit in one
    simulation."""

    def __init__(self, seed):
        self._random = random.Random(seed)
        self.prefix = f"{seed:03}"
        self.lines = []
        self._at = _START
        self._known = []  # (incident_id, finding_id)
        for name in _INCIDENTS:
            self._close(name, None)
        for _ in range(self._random.randrange(8, 25)):
            if self._random.random() < 0.6:
                self._close(self._some(), self._random.choice((None, self._some(), self._some())))
            else:
                self._tell()

    def _some(self):
        return self._random.choice(_INCIDENTS)

    def _id(self, name):
        return f"{self.prefix}-{name}"

    def _add(self, topic, value):
        # Sometimes at the same time, and sometimes read later than it was written.
        self._at += datetime.timedelta(minutes=self._random.choice((0, 1, 60, 60, 600)))
        self.lines.append({"at": self._at.strftime("%Y-%m-%dT%H:%M:%SZ"), "topic": topic,
                           "headers": {"ce_id": f"{self.prefix}/{len(self.lines)}"},
                           "value": value})

    def _close(self, name, into):
        found = [f for f in _FINDINGS if self._random.random() < 0.3]
        value = closure(self._id(name), len(self.lines) + 1, merged_into=into and self._id(into),
                        findings=[self._finding(name, f, inline=True) for f in found])
        self._add("incident-closed", value)

    def _tell(self):
        name, found = self._some(), self._random.choice(_FINDINGS)
        self._add("finding-updated", self._finding(name, found))

    def _finding(self, name, found, inline=False):
        self._known.append((self._id(name), found))
        # Without a revision only what it has passed ends its way.
        revision = None if self._random.random() < 0.5 else len(self.lines) + 1
        value = finding(self._id(name), found, revision,
                        status=self._random.choice(("open", "in-progress")))
        if inline:
            del value["incident_id"]
        return value

    def most_forwarded(self):
        """Each record can send on all that is known, and each member of a circle sends it on twice."""
        return len(self.lines) * len(set(self._known)) * 2 * len(_INCIDENTS)

    def names(self):
        """What each finding may be called: {(incident_id, finding_id)} by its origin."""
        return {one: {(one[0], one[1])} | {(self._id(name), f"{one[0]}:{one[1]}")
                                           for name in _INCIDENTS if self._id(name) != one[0]}
                for one in self._known}


def _simulate(path, *options):
    return subprocess.run([str(binary()), "simulate", "--until", "2026-11-12", str(path), *options],
                          stdout=subprocess.PIPE, check=True, timeout=300,
                          text=True).stdout.splitlines()


def _simulated(path):
    offsets, records = collections.Counter(), []
    for text in _simulate(path, "--json"):
        line = json.loads(text)
        offset, offsets[line["topic"]] = offsets[line["topic"]], offsets[line["topic"]] + 1
        records.append(Record(line["topic"], 0, offset, 0, line["key"].encode(),
                              json.dumps(line["value"]).encode(),
                              [(name, value.encode()) for name, value in line["headers"].items()]))
    return records


@pytest.fixture(scope="module")
def played(tmp_path_factory):
    stories = [_Story(seed) for seed in range(_STORIES)]
    lines = sorted((line for one in stories for line in one.lines), key=lambda line: line["at"])
    path = write_lines(tmp_path_factory.mktemp("merges") / "all.jsonl", lines)
    forwarded = [match.groups() for match in map(_FORWARDED.search, _simulate(path)) if match]
    return stories, lines, _simulated(path), forwarded


def _of(records, topic, prefix=""):
    return [r for r in records if r.topic == topic and r.key.decode().startswith(prefix)]


def test_what_goes_out_is_true(played):
    _, lines, records, _ = played
    tasks, reminders = _of(records, "followup-tasks"), _of(records, "followup-reminders")
    schemas.check_outputs(tasks + reminders)
    checker.check_history(tasks, reminders, 1, "epilogue")
    checker.check_causes(tasks, inputs(lines))
    assert not _of(records, "followup-dead-letters")


def test_a_way_ends(played):
    stories, _, records, forwarded = played
    circles = [r for r in _of(records, "followup-tasks")
               if any("merge-cycle" in (w["taken_as"] or "") for w in r.json["warnings"])]
    assert len(circles) > len(stories) / 4  # they did go in circles
    for story in stories:
        count = sum(into.startswith(story.prefix) for _, into in forwarded)
        assert count <= story.most_forwarded(), story.prefix


def test_a_name_is_made_once(played):
    stories, _, records, forwarded = played
    for story in stories:
        allowed = set().union(*story.names().values())
        for record in _of(records, "followup-tasks", story.prefix):
            value = record.json
            if value.get("finding_id"):
                assert (value["incident_id"], value["finding_id"]) in allowed, str(record)
        made = {f"{incident_id}:{name}" for incident_id, name in story.names()}
        assert {name for name, into in forwarded if into.startswith(story.prefix)} <= made


def test_what_is_open_is_open_somewhere(played):
    stories, _, records, _ = played
    for story in stories:
        last = checker.latest_tasks(_of(records, "followup-tasks", story.prefix)).values()
        still_open = {(t["incident_id"], t["finding_id"]) for t in last if t["status"] != "closed"}
        for one, names in story.names().items():
            assert names & still_open, f"story {story.prefix}: nobody follows up {one}"

# SPDX-License-Identifier: Apache-2.0
"""An incident with 2,000 findings (20,000 in the long form), with parties and obligations, is merged into another one, on
another shard, and parts from it again, and its workers die while that is under way: every finding and every duty is
followed up where it belongs, once."""

import collections
import pathlib
import time

import pytest

from conftest import long_run
from support import checker
from support.events import AT_ONCE, EVALUATED, closure, task_update

_FINDINGS = 20000 if long_run() else 2000
_OF_A_CLOSURE = 2000  # a record has a million bytes at most
_PATIENCE_S = 1200 if long_run() else 240
_DEATHS = ("after-commit:1", "before-commit:2", "after-commit:2", "before-apply:1", "after-commit:3")
_LATER_DEATHS = ("before-commit:6", "after-commit:9", "before-apply:7") if long_run() else ()
_SETTINGS = {"limits.findings": _OF_A_CLOSURE}
_POLICY = {
    "version": "merging",
    "obligations": [
        {"id": "notice", "title": "notice", "party": "Authority", "from": "known_at", "within": "90d"},
        {"id": "report", "title": "report", "party": "Authority", "from": "known_at", "within": "180d"},
    ],
    "reminders": AT_ONCE,
}
_NOTICE, _REPORT = "obligation/notice", "obligation/report"
_VENDOR, _POLICE, _PRESS, _CSIRT = (f"coordination/{party}" for party in ("Vendor", "Police", "Press", "CSIRT"))
_PARTIES = {"first": ("Vendor", "Police", "Press", "CSIRT"), "other": ("Police", "Press", "CSIRT")}


def _close(world, incident_id, revision, **members):
    world.close_incident(closure(incident_id, revision, response_evaluation=EVALUATED, **members))


def _parties(names):
    return [{"party": name, "party_kind": "other", "status": "open"} for name in names]


def _tell(world, incident_id, duty, **members):
    world.update_task(task_update(incident_id, f"{incident_id}/{duty}", 1, **members))


def _close_both(world, first, other):
    """What they have before anybody merges them: each has met one duty that both have, and one party is its own."""
    found = [{"finding_id": f"F-{n}", "category": "technical-lapse", "severity": "low"} for n in range(_FINDINGS)]
    for n in range(0, _FINDINGS, _OF_A_CLOSURE):
        _close(world, first, n + 1, coordination=_parties(_PARTIES["first"]), findings=found[n:n + _OF_A_CLOSURE])
    _close(world, other, 1, coordination=_parties(_PARTIES["other"]))
    worker = world.start_worker(settings=_SETTINGS).wait_ready()
    world.wait_worked_off(_PATIENCE_S)
    _tell(world, first, _VENDOR, status="in-progress", tracker={"system": "jira", "key": "V-1"})
    _tell(world, first, _POLICE, status="verified")
    _tell(world, other, _PRESS, status="verified")
    _tell(world, first, _NOTICE, submitted_at="2026-11-20", evidence=[{"ref": "receipt 4711"}])
    world.wait_worked_off()
    worker.stop()


class _Watched:
    """The workers of a merge or parting: how long it has taken with their deaths, and the most memory that one had."""

    def __init__(self, world):
        self._world, self._started, self.peak_mib = world, time.monotonic(), 0

    def start(self, **options):
        return self._world.start_worker(settings=_SETTINGS, **options)

    def look_at(self, worker):
        """Whether it lives."""
        alive = worker.running
        if alive:
            status = pathlib.Path(f"/proc/{worker.process.pid}/status").read_text()
            _, is_said, peak = status.partition("VmHWM:")
            self.peak_mib = max(self.peak_mib, int(peak.split()[0]) / 1024 if is_said else 0)
        return alive

    def die_again_and_again(self):
        """At one moment after the other, none of which it comes to that has less left to do."""
        died = 0
        for death in (*_DEATHS, *_LATER_DEATHS):
            worker = self.start(failpoint=death)
            for _ in range(200):
                if not self.look_at(worker):
                    break
                time.sleep(0.05)
            worker.kill()  # where it still lives: another good moment to die
            died += worker.process.returncode == 137
        assert died >= 2

    def finish(self, latest, incident_id):
        """One lives till all findings are followed up in this incident. What is on its way between shards is no lag of
        the inputs, so they are looked at."""
        worker = self.start().wait_ready()
        self._world.wait_worked_off(_PATIENCE_S)
        while latest.refresh() and latest.findings_of(incident_id)["open", None] < _FINDINGS:
            assert self.look_at(worker)
            assert time.monotonic() < self._started + _PATIENCE_S, latest.findings_of(incident_id)
            time.sleep(0.2)
        self._world.wait_redis()
        latest.refresh()
        self.look_at(worker)
        worker.stop()
        print(f"{time.monotonic() - self._started:.0f} s, {self.peak_mib:.0f} MiB at most, till all was in {incident_id}")


class _Latest:
    """The last event of each task, as far as it was asked for."""

    def __init__(self, world):
        self._world, self._read = world, 0
        self.tasks = {}

    def refresh(self):
        records = self._world.tasks()
        self.tasks.update(checker.latest_tasks(records[self._read:]))
        self._read = len(records)
        return self.tasks

    def findings_of(self, incident_id):
        """Of an incident, by status and resolution."""
        return collections.Counter((task["status"], task["resolution"]) for task in self.tasks.values()
                                   if task["finding_id"] and task["incident_id"] == incident_id)


def _move(world, latest, incident_id):
    """All that has just been told to go to this incident does."""
    watched = _Watched(world)
    watched.die_again_and_again()
    watched.finish(latest, incident_id)


def _duties(latest, *incident_ids):
    """What has become of each duty in each of these incidents, as words: open, done, or where it went."""
    def word(task):
        if task["moved_to"]:
            return task["moved_to"].partition("/")[0]
        return task["resolution"] or task["status"]
    return {duty: tuple(word(task) if (task := latest.tasks.get(f"{incident_id}/{duty}")) else None
                        for incident_id in incident_ids)
            for duty in (_NOTICE, _REPORT, _VENDOR, _POLICE, _PRESS, _CSIRT)}


def _check_sent(world, times):
    """Each finding was sent once for each merge and parting, and nobody was asked twice for anything."""
    sent = [r for r in world.consume_all("epilogue-forwarded") if r.header("epilogue-kind") == "finding"]
    assert len(sent) == times * _FINDINGS
    assert world.consume_all("followup-dead-letters") == []
    checker.check_history(world.tasks(), world.consume_all("followup-reminders"), world.partitions, world.group_id)


@pytest.mark.parametrize("world", ["load"], indirect=True)
def test_killed_again_and_again_while_it_is_merged(world):
    world.topics_create(2)
    world.set_policy(_POLICY)
    first, other = world.ids_apart(2)
    latest = _Latest(world)
    _close_both(world, first, other)

    _close(world, first, _FINDINGS + 1, merged_into=other)
    _move(world, latest, other)
    here = [t for t in latest.tasks.values() if t["finding_id"] and t["incident_id"] == other]
    assert sorted(t["finding_id"] for t in here) == sorted(f"{first}:F-{n}" for n in range(_FINDINGS))
    assert all(t["status"] == "open" and t["version"] == 1 for t in here)
    there = [t for t in latest.tasks.values() if t["finding_id"] and t["incident_id"] == first]
    assert len(there) == _FINDINGS
    assert all(t["resolution"] == "duplicate" and t["moved_to"] for t in there)
    assert _duties(latest, first, other) == {
        _NOTICE: ("done", first), _REPORT: (other, "open"), _VENDOR: (other, "in-progress"), _POLICE: ("done", first),
        _PRESS: (other, "done"), _CSIRT: (other, "open")}
    assert latest.tasks[f"{other}/{_VENDOR}"]["tracker"]["key"] == "V-1"
    _check_sent(world, 1)

    _close(world, first, _FINDINGS + 2, merged_into=None)
    _move(world, latest, first)
    assert latest.findings_of(first) == {("open", None): _FINDINGS}
    assert latest.findings_of(other) == {("closed", "superseded"): _FINDINGS}
    assert _duties(latest, first, other) == {
        _NOTICE: ("done", first), _REPORT: ("open", "open"), _VENDOR: ("in-progress", first), _POLICE: ("done", first),
        _PRESS: ("done", "done"), _CSIRT: ("open", "open")}
    assert latest.tasks[f"{first}/{_VENDOR}"]["tracker"]["key"] == "V-1"
    _check_sent(world, 2)

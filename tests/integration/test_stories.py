# SPDX-License-Identifier: Apache-2.0
"""The trace scenarios on the real Kafka and Redis: the same records give the same events, to the
byte, whether `epilogue simulate` plays them or a worker reads them years later and dies after every
batch."""

import dataclasses
import datetime
import itertools
import json
import pathlib
import time

import pytest

from conftest import long_run
from support import checker
from support.events import EVALUATED, closure, finding, parse_time
from support.process import wait_until
from support.story import (TRACES, Story, covered, histories, reminder_series, simulated,
                           write_lines)

_STORIES = ("02-", "05-", "07-", "14-", "22-", "25-", "26-", "29-", "33-", "41-")
# A policy that changes in the middle, and findings that go on to another incident: they arrive there
# when their records are behind them.
_NOT_AT_ONCE = ("26-", "29-", "37-", "38-", "39-")
_AT_ONCE = (*_STORIES, "28-")
# Digests are of the time of sending, which is another one when a story is read years later.
_DIGESTS = ("70-", "71-", "72-")
_ONE_BY_ONE = (TRACES / "policies" / "one-by-one.json").read_text()
_ALL = tuple(sorted(path.stem for path in TRACES.glob("*.trace")
                    if not path.stem.startswith(_DIGESTS)))
_DEV_POLICY = pathlib.Path(__file__).resolve().parents[2] / "deploy" / "policy" / "dev.json"


def _iso(moment):
    return moment.astimezone(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


def _now():
    return _iso(datetime.datetime.now(datetime.timezone.utc))


def _read(name):
    story = Story.read(name)
    return dataclasses.replace(story, policy=story.policy or _ONE_BY_ONE)


def _make_topics(world):
    # Brokers delete what is older than a week, and so would these stories be, unread. One partition
    # for all: while one shard waits for its next record, the other's deadlines would go on.
    for name in ("incident-closed", "finding-updated", "task-updated"):
        world.admin_create(name, 1, **{"retention.ms": "-1"})
    world.topics_create(1)


def _forwarded_waits(world):
    """Whether a finding of a merged incident is still on its way: lag() does not see it, since
    where a transaction's marker stands at the end cannot be told from a record."""
    positions = [r.json["offsets"] for r in world.consume_all("followup-state")
                 if r.key == b"$position/0"]
    forwarded = world.consume_all("epilogue-forwarded")
    done = positions[-1].get("epilogue-forwarded", 0) if positions else 0
    return bool(forwarded) and forwarded[-1].offset >= done


def _play(world, story):
    """Publishes a story piece by piece and has each worked off by workers that die right after a
    batch. So nothing becomes due that lies behind the records read so far: a worker that lives on
    would find itself years later, with all deadlines passed, before the next piece is there."""
    deaths = itertools.cycle(("after-apply", "after-commit"))
    for number, (changed, lines) in enumerate(story.steps(), 1):
        policy = story.change[1] if changed else story.policy
        if policy:
            world.set_policy(json.loads(policy))
        path = write_lines(world.folder / f"step-{number}.jsonl", lines)
        done = world.run("publish", "--no-validate", path)  # some are to be refused
        assert done.returncode == 0, done.stderr
        while world.lag() or _forwarded_waits(world):
            assert world.start_worker(failpoint=f"{next(deaths)}:1").wait_exit(60) == 137


def _simulate(world, story, *options):
    """`epilogue simulate` of the same records."""
    path = write_lines(world.folder / "story.jsonl", story.lines)
    for number, text in enumerate((story.policy, story.change and story.change[1])):
        if text:
            file = world.folder / f"policy-{number}.json"
            file.write_text(text)
            options += (("--change", f"{story.change[0]}={file}") if number
                        else ("--policy", file))
    return world.run("simulate", path, *options)


def _of(records, topic):
    return [record for record in records if record.topic == topic]


def _wait_told(world, expected):
    """Waits till everything that must stand on followup-tasks does, and shows what differs."""
    count = sum(map(len, expected.values()))
    wait_until(lambda: len(world.tasks()) >= count, 60,
               lambda: f"{count} events; there are {len(world.tasks())}")
    told = histories(world.tasks(), world.topic(""))
    assert told.keys() == expected.keys()
    for subject, events in expected.items():
        assert told[subject] == events, subject


def _still_open(tasks):
    """Subjects of reminders whose task or incident is open at the end."""
    events = {r.json["incident_id"]: r.type for r in tasks if ".incident." in r.type}
    return {name for name, task in checker.latest_tasks(tasks).items()
            if task["status"] != "closed"} | {
        checker.encode_id(name) for name, ce_type in events.items() if "completed" not in ce_type}


# Of these so many are sent, so there may be later ones after years in which nothing ran.
_COUNTED = {"escalation", "overdue", "verify-due", "orphan-finding"}
# These fall due at fixed times, whatever was sent before.
_FIRM = {"due", "due-soon", "assign-due", "review-due", "missing-findings"}


def _missing(real, expected, still_open):
    """What was to be said of what is open at the end, and was not."""
    said = covered(real)
    return {(subject, occurrence): missing
            for (subject, occurrence), kinds in covered(expected).items() if subject in still_open
            and (missing := (kinds & _FIRM) - said.get((subject, occurrence), set()))}


def _check_reminders(real, expected):
    """Reminders of years in which nothing ran come as one, so there are fewer of them; but none is
    of another kind or for another time."""
    for series, values in real.items():
        assert series in expected, series
        if series[2] in _COUNTED:
            continue
        due = [value["due_for"] for value in expected[series]]
        assert [v["due_for"] for v in values if v["due_for"] not in due] == [], series
        said, fell_due = (sum(1 + value["coalesced"] for value in of)
                          for of in (values, expected[series]))
        assert said <= fell_due, series


@pytest.mark.parametrize("name", _ALL if long_run() else _STORIES)
def test_a_story(world, name):
    story = _read(name)
    _make_topics(world)
    _play(world, story)
    if story.report:
        report = world.run("report", story.report)
        assert (report.returncode, report.stdout) == (0, story.expected_report()), report.stderr
    world.start_worker().wait_ready()
    expected = simulated(_simulate(world, story, "--json", "--until", _now()))
    tasks = _of(expected, "followup-tasks")
    _wait_told(world, histories(tasks))
    series = reminder_series(_of(expected, "followup-reminders"))
    still_open = _still_open(tasks)

    def real():
        return reminder_series(world.consume_all("followup-reminders"))

    wait_until(lambda: not _missing(real(), series, still_open), 30,
               lambda: f"reminders {_missing(real(), series, still_open)}")
    _check_reminders(real(), series)
    letters = world.consume_all("followup-dead-letters")
    assert [letter.header("epilogue-error-detail") for letter in letters] == [
        letter.header("epilogue-error-detail")
        for letter in _of(expected, "followup-dead-letters")]
    world.check_outputs()
    world.check_causes()


@pytest.mark.parametrize("batch_max", [4000, 2])
@pytest.mark.parametrize("name", [name for name in (_ALL if long_run() else _AT_ONCE)
                                  if not name.startswith(_NOT_AT_ONCE)])
def test_a_story_read_at_once(world, name, batch_max):
    """All of it waits before the worker starts: however its batches are cut, what became due
    between two records comes between them."""
    story = _read(name)
    _make_topics(world)
    if story.policy:
        world.set_policy(json.loads(story.policy))
    path = write_lines(world.folder / "all.jsonl", story.lines)
    done = world.run("publish", "--no-validate", path)
    assert done.returncode == 0, done.stderr
    world.start_worker(settings={"batch.max": batch_max}).wait_ready()
    expected = simulated(_simulate(world, story, "--json", "--until", _now()))
    _wait_told(world, histories(_of(expected, "followup-tasks")))
    series = reminder_series(_of(expected, "followup-reminders"))
    _check_reminders(reminder_series(world.consume_all("followup-reminders")), series)
    world.check_outputs()
    world.check_causes()


# How many seconds after its creation a P1 task of the dev policy is spoken of, and of what.
_SCHEDULE = (("due-soon", 1, 3), ("due", 1, 6), ("escalation", 1, 7), ("overdue", 1, 10),
             ("escalation", 2, 11))


def test_deadlines_of_seconds_pass_as_simulated(world):
    """In real time nothing is missed, so here all reminders must be those of the simulation too."""
    world.set_policy(json.loads(_DEV_POLICY.read_text()))
    world.topics_create(4)
    world.start_worker().wait_ready()
    lines = []

    def publish(topic, value):
        now_ms = int(time.time() * 1000)
        lines.append({"topic": topic, "key": value["incident_id"], "value": value,
                      "at": _iso(datetime.datetime.fromtimestamp(now_ms / 1000))})
        world.publish(topic, value, timestamp_ms=now_ms)

    def reminders():
        return world.consume_all("followup-reminders")

    def wait_reminder(task_id, kind, number):
        wait_until(lambda: any(r.json["task_id"] == task_id and r.json["kind"] == kind and
                               r.json["number"] == number for r in reminders()),
                   30, f"{kind} {number} of {task_id}")

    publish("incident-closed", closure(
        "INC-1", response_evaluation=EVALUATED, findings=[
            finding("INC-1", "F-1", severity="critical"),
            finding("INC-1", "F-2", severity="critical", owner=None)]))
    wait_reminder("INC-1/bug/F-1", "escalation", 2)
    publish("finding-updated", finding("INC-1", "F-1", severity="critical", status="verified"))
    # F-2 has the same deadlines and stays open: when its next ones have passed, F-1 had none.
    wait_reminder("INC-1/bug/F-2", "overdue", 2)

    created = parse_time(world.wait_task("INC-1/bug/F-1", status="closed")["created_at"])
    mine = [r.json for r in reminders() if r.json["task_id"] == "INC-1/bug/F-1"]
    assert [(r["kind"], r["number"], (parse_time(r["due_for"]) - created).total_seconds())
            for r in mine] == list(_SCHEDULE)
    assert {r.json["coalesced"] for r in reminders()} == {0}

    until = max(r.header("ce_time") for r in reminders())
    path = write_lines(world.folder / "story.jsonl", lines)
    expected = simulated(world.run("simulate", path, "--json", "--until", until))
    for topic in ("followup-tasks", "followup-reminders"):
        real = [r for r in world.consume_all(topic) if r.header("ce_time") <= until]
        assert histories(real, world.topic("")) == histories(_of(expected, topic))
    world.check_outputs([("INC-1", "F-1"), ("INC-1", "F-2")])

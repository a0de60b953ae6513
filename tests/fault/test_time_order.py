# SPDX-License-Identifier: Apache-2.0
"""No reminder is lost behind an outage, none comes for a time after its task closed, and none waits
for records that are not there."""

import datetime
import time

import pytest

from support.events import AT_ONCE, bug_id, closure, finding, parse_time, task_update
from support.records import partition_of


def _at(seconds):
    """A time that far from now, as events carry it."""
    when = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=seconds)
    return when.strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


# Each kind by itself, when it falls due.
_POLICY = {"reminders": {"overdue_max": 0, **AT_ONCE}, "escalation": []}


def _open(world, incident_ids, due_at):
    """An incident with one task each, due at one time; waits till they are made."""
    for incident_id in incident_ids:
        world.close_incident(closure(incident_id), flush=False)
        world.update_finding(finding(incident_id, "F", severity="low", due_at=due_at), flush=False)
    world.publisher.flush()
    world.wait_created(len(incident_ids))
    world.wait_worked_off()


def _resolve(world, incident_ids, **options):
    for incident_id in incident_ids:
        world.update_task(task_update(incident_id, bug_id(incident_id, "F"), status="resolved"),
                          flush=False, **options)
    world.publisher.flush()


def _due(world):
    return [r for r in world.consume_all("followup-reminders") if r.json["kind"] == "due"]


def _wait_clear(due_at, given_s):
    """Waits till none of a task's times comes within the next second: what is on its way to Kafka
    just then nobody can have read."""
    left_s = (parse_time(due_at) - parse_time(_at(0))).total_seconds()
    for share in (0.5, 0.25, 0):
        if 0 <= left_s - share * given_s < 1:
            time.sleep(left_s - share * given_s + 0.5)


def _of_shard(shard, partitions, count, prefix="INC"):
    names, n = [], 0
    while len(names) < count:
        n += 1
        if partition_of(f"{prefix}-{n}".encode(), partitions) == shard:
            names.append(f"{prefix}-{n}")
    return names


@pytest.mark.parametrize("world", ["load"], indirect=True)
@pytest.mark.parametrize("batch_max", [4000, 100])
def test_due_and_closed_during_an_outage(world, batch_max):
    """1,500 tasks of one shard fall due, close two seconds later, and no worker is there."""
    world.set_policy(_POLICY)
    world.topics_create(1)
    worker = world.start_worker().wait_ready()
    names = [f"INC-{n}" for n in range(1500)]
    due_at = _at(9)
    _open(world, names, due_at)
    assert worker.stop() == 0
    assert _at(0) < due_at, "too slow a machine for this test"
    time.sleep(max(0, (parse_time(due_at) - parse_time(_at(0))).total_seconds()) + 2)
    _resolve(world, names)
    world.start_worker(settings={"batch.max": batch_max}).wait_ready()
    world.wait_worked_off()
    assert len({r.json["task_id"] for r in _due(world)}) == 1500
    assert {r.json["due_for"] for r in _due(world)} == {due_at}
    world.check_outputs([(name, "F") for name in names])


@pytest.mark.parametrize("world", ["load"], indirect=True)
def test_closing_records_behind_a_burst(world):
    """They wait in the library's queue, behind a burst on the other shards, while the tasks' time
    comes."""
    world.set_policy(_POLICY)
    world.topics_create(4)
    world.start_worker(settings={"batch.max": 200}).wait_ready()
    names = _of_shard(0, 4, 250)
    due_at = _at(8)
    _open(world, names, due_at)
    others = [name for shard in (1, 2, 3) for name in _of_shard(shard, 4, 20, "OTHER")]
    for n in range(60000):
        world.publish("finding-updated", finding(others[n % len(others)], f"F-{n % 7}",
                                                 revision=n + 1), flush=False)
    world.publisher.flush()
    _wait_clear(due_at, 8)
    _resolve(world, names)
    world.wait_worked_off()
    world.check_outputs()  # no reminder for a time after its task closed


def test_frozen_while_tasks_close(world):
    """Their time comes and goes while the worker stands still; what it believed is old."""
    world.set_policy(_POLICY)
    world.topics_create(2)
    worker = world.start_worker(settings={"session.timeout.ms": 30000}).wait_ready()
    names = [f"INC-{n}" for n in range(60)]
    due_at = _at(7)
    _open(world, names, due_at)
    worker.freeze()
    _resolve(world, names)
    time.sleep(max(0, (parse_time(due_at) - parse_time(_at(0))).total_seconds()) + 2)
    worker.thaw()
    world.wait_worked_off()
    time.sleep(2)
    assert not _due(world)
    states = {r.json["sla"] for r in world.tasks()
              if r.type == "epilogue.task.closed.v1" and r.json["kind"] == "bug"}
    assert states == {"met"}
    world.check_outputs([(name, "F") for name in names])


def test_old_times_trickle_in(world):
    """A replay of day-old records, two hundred a second, does not hold up what is due now."""
    world.set_policy(_POLICY)
    world.topics_create(1)
    world.start_worker().wait_ready()
    names = [f"INC-{n}" for n in range(10)]
    due_at = _at(5)
    _open(world, names, due_at)
    end, n = time.monotonic() + 10, 0
    while time.monotonic() < end:
        n += 1
        world.publish("finding-updated", finding("OLD", f"F-{n % 50}", revision=n),
                      timestamp_ms=(time.time() - 86400) * 1000)
        time.sleep(0.005)
    late = [(r.timestamp_ms / 1000 - parse_time(r.json["due_for"]).timestamp())
            for r in _due(world) if r.json["incident_id"] in names]
    assert len(late) == len(names), "a reminder waits for the trickle to end"
    print(f"latest reminder {max(late):.3f} s after its time")
    assert max(late) < 3

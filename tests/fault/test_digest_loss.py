# SPDX-License-Identifier: Apache-2.0
"""Workers are killed while reminders are on their way to digests: each is in exactly one."""

import collections
import itertools
import random
import time

import pytest

from conftest import long_run
from support import checker
from support.checker import DIGEST, reminder_name
from support.events import closure, finding
from support.process import wait_until

_TERMS = {"assign": "1h", "complete": "3s", "stale": "1h", "verify": "1h"}
_OVERDUE = 4
_POLICY = {
    "version": "seconds",
    "sla": {priority: _TERMS for priority in ("P1", "P2", "P3", "P4")},
    "reminders": {"due_soon": [], "overdue_every": "4s", "overdue_max": _OVERDUE,
                  "assign_every": "1h", "stale_every": "1h", "verify_every": "1h",
                  "at_once": ["P1", "P2", "P3", "P4"],
                  "collect": "2s", "collect_at_once": "1s", "at_once_every": "1s"},
    "escalation": [],
    "people": {"response-team": {"team": "security-response"}},
}
_INCIDENTS, _FINDINGS, _OWNERS = 12, 4, 5


def _publish(world):
    for n in range(_INCIDENTS):
        world.close_incident(closure(f"INC-{n}"), flush=False)
        for k in range(_FINDINGS):
            owner = {"team": f"team-{k % 2}", "person": f"p{(n + k) % _OWNERS}@example.com"}
            world.update_finding(finding(f"INC-{n}", f"F-{k}", owner=owner), flush=False)
    world.publisher.flush()


def _digests(world):
    records = world.consume_all("followup-reminders")
    assert all(record.type == DIGEST for record in records)
    return records


def _told(world):
    """Each item of a digest, by what tells it from all others, and how often it stands there."""
    return collections.Counter(
        reminder_name(record.json["recipient"], item) for record in _digests(world)
        for item in (*record.json["items"], *record.json["reviews"]))


def _sent(world):
    """The same of what shards have sent on its way, as committed transactions have it."""
    sent = collections.Counter()
    for record in world.consume_all("epilogue-forwarded"):
        assert record.header("epilogue-kind") == "items"
        for item in record.json["items"]:
            task_id = f"{item['incident_id']}/{item['name']}"
            item = {"occurrence": 0, **item, "task_id": task_id}
            sent[reminder_name(record.key.decode(), item)] += 1
    return sent


def _check(world):
    sent, told = _sent(world), _told(world)
    assert sent and max(sent.values()) == 1
    assert told == sent
    # None was lost before it was sent: of each task's kinds all numbers are there, to the last.
    numbers = collections.defaultdict(set)
    for _, _, task_id, kind, _, number in told:
        numbers[task_id, kind].add(number)
    for (task_id, kind), found in numbers.items():
        assert found == set(range(1, len(found) + 1)), (task_id, kind, found)
    assert len(checker.created_findings(world.tasks())) == _INCIDENTS * _FINDINGS
    world.check_outputs()


def _wait_all(world):
    """Until the last overdue of every task is in a digest: then no reminder comes any more."""
    def done():
        told = _told(world)
        last = {name[2] for name in told if name[3] == "overdue" and name[5] == _OVERDUE}
        return last == checker.latest_tasks(world.tasks()).keys() and told == _sent(world)
    wait_until(done, 120, "all reminders to be told", interval_s=0.5)


def test_workers_are_killed_on_the_way(world):
    chance = random.Random(7)
    world.set_policy(_POLICY)
    world.topics_create(4)
    world.start_worker("steady").wait_ready()
    _publish(world)
    for _ in range(12 if long_run() else 4):
        other = world.start_worker("other").wait_ready()
        time.sleep(chance.uniform(0.5, 3))
        other.kill()
    world.start_worker("other").wait_ready()
    _wait_all(world)
    _check(world)


@pytest.mark.parametrize("failpoint", ["before-commit", "after-commit", "before-apply",
                                       "after-apply"])
def test_a_worker_dies_at_each_point(world, failpoint):
    """The whole of a digest's way, and the one worker dies again and again at the same point."""
    chance = random.Random(failpoint)
    world.set_policy(_POLICY)
    world.topics_create(2)
    world.start_worker().wait_ready()
    _publish(world)
    for n in range(3):
        world.workers[-1].kill()
        dying = world.start_worker(failpoint=f"{failpoint}:{chance.randint(1, 8)}")
        for k in itertools.count():  # something always goes on
            if not dying.running:
                break
            world.close_incident(closure(f"MORE-{n}-{k}"))
            time.sleep(0.3)
        world.start_worker().wait_ready()
    _wait_all(world)
    _check(world)

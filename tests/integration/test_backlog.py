# SPDX-License-Identifier: Apache-2.0
"""What waited while no worker ran is taken in the order of its times, over all topics."""

import time

from support.events import bug_id, closure, finding, task_update


def test_a_backlog_of_all_topics_is_taken_by_time(world):
    world.topics_create(4)
    now_ms = int(time.time() * 1000)
    ids = [f"INC-{n}" for n in range(40)]
    # First the finding, then its incident's closure, then what the tracker says: neither the order
    # of publishing nor that of the topics.
    for n, one in enumerate(ids):
        world.update_task(task_update(one, bug_id(one, "F-1"), revision=1, status="in-progress"),
                          timestamp_ms=now_ms - 60000 + n, flush=False)
        world.close_incident(closure(one, revision=1), timestamp_ms=now_ms - 120000 + n,
                             flush=False)
        world.update_finding(finding(one, "F-1", revision=1), timestamp_ms=now_ms - 180000 + n,
                             flush=False)
    world.publisher.flush()
    world.start_worker().wait_ready()
    world.wait_worked_off()
    assert world.consume_all("followup-dead-letters") == []
    causes = {(r.json["task_id"], r.json["version"]): r.json["cause"]["topic"]
              for r in world.tasks() if "version" in r.json}
    for one in ids:
        task_id = bug_id(one, "F-1")
        # The finding was held, and its task made by the closure.
        assert causes[task_id, 1] == world.topic("incident-closed")
        assert causes[task_id, 2] == world.topic("task-updated")

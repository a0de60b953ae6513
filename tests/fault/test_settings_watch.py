# SPDX-License-Identifier: Apache-2.0
"""What loses records without a word is refused at the start and named while a worker runs: settings of
topics and of Redis. A topic that is deleted under a worker is named, and the worker goes on by itself
once it is there again."""

from concurrent.futures import ThreadPoolExecutor
import re
import signal
import time

import pytest

from conftest import long_run

from support import checker
from support.events import AT_ONCE, bug_id, closure, finding
from support.process import free_port, wait_until
from support.world import World

_DELETE, _COMPACT = {"cleanup.policy": "delete"}, {"cleanup.policy": "compact"}
_BOTH = {"cleanup.policy": "compact,delete"}


@pytest.fixture(scope="module")
def one(module_world):
    """A world with topics; each test puts right what it has changed."""
    module_world.topics_create(2)
    return module_world


@pytest.fixture(scope="module", autouse=True)
def unanswered(one):
    """A `topics create` that waits in vain, beside the other tests: (what came of it, seconds)."""
    def run():
        began = time.monotonic()
        done = one.run("topics", "create", "-s", f"kafka.bootstrap.servers=127.0.0.1:{free_port()}")
        return done, time.monotonic() - began
    with ThreadPoolExecutor(1) as pool:
        yield pool.submit(run)


def _faults(worker):
    return int(re.search(r"^epilogue_faults (\d+)", worker.get("/metrics")[1], re.M).group(1))


def _describe(worker):
    return lambda: f"{worker.get('/readyz')}\n{worker.log}"


def _alter(world, name, settings, code, word):
    """Changes a topic and waits till the broker tells it; gives what `topics check` prints then."""
    world.admin_alter(name, **settings)
    line = rf"^{word} +{re.escape(world.topic(name))} .*"

    def told():
        done = world.run("topics", "check")
        found = re.search(line, done.stdout, re.M)
        return found.group(0) if found and done.returncode == code else None
    return wait_until(told, 20, f"{settings} of {name} to be told")


def _command(topic, setting):
    return f"--entity-name {topic} --add-config {setting}"


@pytest.mark.parametrize("name, wrong, right", [
    ("finding-updated", _COMPACT, _DELETE),  # of 12 findings 2 got their task, and no word
    ("incident-closed", _BOTH, _DELETE),
    ("followup-tasks", _COMPACT, _DELETE),
    ("followup-state", _DELETE, _COMPACT),
    ("followup-state", _BOTH, _COMPACT),
    ("epilogue-forwarded", {"retention.ms": "604800000"}, {"retention.ms": "2592000000"}),
])
def test_a_start_on_a_topic_that_loses_records(one, name, wrong, right):
    said = _alter(one, name, wrong, 3, "wrong")
    worker = one.start_worker()
    code = worker.wait_exit()
    _alter(one, name, right, 0, "ok")
    (setting, value), = right.items()
    command = _command(one.topic(name), f"{setting}={value}")
    assert command in said
    assert code == 1 and "worker exits" in worker.log and command in worker.log


def test_a_start_on_a_redis_that_evicts(one):
    with one.redis.client() as redis:
        redis.config_set("maxmemory-policy", "allkeys-lru")
        worker = one.start_worker()
        code = worker.wait_exit()
        redis.config_set("maxmemory-policy", "noeviction")
    assert code == 1 and "noeviction" in worker.log


def test_a_short_retention_is_a_risk(one):
    said = _alter(one, "task-updated", {"retention.ms": "3600000"}, 0, "risk")
    worker = one.start_worker().wait_ready()
    assert "retention.ms is 3600000, but should be at least 604800000" in said
    assert "retention.ms is 3600000" in worker.log and "level=error" not in worker.log
    _alter(one, "task-updated", {"retention.ms": "604800000"}, 0, "ok")
    assert worker.stop() == 0


def test_settings_that_are_changed_under_a_worker(one):
    """It says so, is not ready, and works on: ending would save no record."""
    worker = one.start_worker(settings={"settings.check.interval.ms": 1000}).wait_ready()
    worker.process.send_signal(signal.SIGUSR1)  # mean nothing, and ended it
    worker.process.send_signal(signal.SIGUSR2)
    one.admin_alter("finding-updated", **_COMPACT)
    one.admin_alter("followup-state", **_DELETE)
    with one.redis.client() as redis:
        redis.config_set("maxmemory-policy", "allkeys-lru")
        wait_until(lambda: _faults(worker) == 3, 30, _describe(worker))
        status, text = worker.get("/readyz")
        assert status == 503 and "cleanup.policy is compact, but must be delete" in text
        one.close_incident(closure("INC-1"))
        one.update_finding(finding("INC-1", "F-1"))
        one.wait_task(bug_id("INC-1", "F-1"))
        redis.config_set("maxmemory-policy", "noeviction")
    one.admin_alter("finding-updated", **_DELETE)
    one.admin_alter("followup-state", **_COMPACT)
    worker.wait_ready()
    assert _faults(worker) == 0 and worker.running
    for said in (_command(one.topic("finding-updated"), "cleanup.policy=delete"),
                 _command(one.topic("followup-state"), "cleanup.policy=compact"), "noeviction"):
        assert re.search(f"level=error .*a setting loses records.*{said}", worker.log), said
    assert "the settings are correct again" in worker.log
    assert worker.stop() == 0


def test_topics_create_with_kafka_away(unanswered):
    """It took 35 s."""
    done, seconds = unanswered.result()
    assert done.returncode == 1 and "no answer from Kafka (127.0.0.1:" in done.stderr
    assert "Connection refused" in done.stderr and seconds < 15


_SECONDS = {
    "version": "seconds",
    "sla": {p: {"assign": "1h", "complete": "5s", "stale": "1h", "verify": "1h"}
            for p in ("P1", "P2", "P3", "P4")},
    "reminders": {"due_soon": [], "overdue_every": "1h", "overdue_max": 1, **AT_ONCE},
    "escalation": [],
}


def test_an_output_that_is_deleted_under_a_worker(one):
    """It was ready for two of each ten seconds, and blamed slow brokers. A reminder is due meanwhile;
    it comes once."""
    one.set_policy(_SECONDS)
    worker = one.start_worker().wait_ready()
    name = one.topic("followup-reminders")
    one.close_incident(closure("INC-2"))
    one.update_finding(finding("INC-2", "F-1"))
    one.wait_task(bug_id("INC-2", "F-1"), sla="on-track")
    one.admin_delete("followup-reminders")
    line = worker.wait_log(f"level=error .*a topic is gone.*{name}.*topics create").group(0)
    began = time.monotonic()
    while time.monotonic() - began < 6:  # the tick is due, and aborted
        status, text = worker.get("/readyz")
        assert status == 503 and name in text, line
        time.sleep(0.1)
    assert worker.log.count("a topic is gone") == 1 and _faults(worker) == 1
    one.recreate("followup-reminders", 2)
    worker.wait_ready()
    assert "a topic is there again" in worker.log
    one.wait_task(bug_id("INC-2", "F-1"), sla="breached")
    one.wait_worked_off()
    kinds = [r.json["kind"] for r in one.consume_all("followup-reminders")
             if r.json["task_id"] == bug_id("INC-2", "F-1")]
    assert kinds.count("due") == 1 and len(kinds) == len(set(kinds)), kinds
    one.check_outputs()
    assert checker.latest_tasks(one.tasks())[bug_id("INC-2", "F-1")]["sla"] == "breached"
    assert worker.stop() == 0


# Only with --long: it needs a broker of its own, half a minute. That no client of ours asks for topics to
# be made, whatever the user says, is tried in each run (unit/test_kafka_conf.c, unit/test_config.c).
@pytest.mark.skipif(not long_run(), reason="only with --long")
def test_a_broker_that_makes_topics_by_itself(run_folder, new_broker):
    """A question about a topic made it, with the broker's defaults; a deleted one came back so."""
    broker = new_broker(run_folder / "making", properties="auto.create.topics.enable=true\n")
    world = World(run_folder / "making-world", broker)
    world.folder.mkdir(parents=True, exist_ok=True)
    world.redis.start()
    try:
        assert world.run("topics", "check").returncode == 3
        made = world.run("topics", "create", "--partitions", "2", "--replication", "1")
        assert made.returncode == 0 and "exists" not in made.stdout, made.stdout
        worker = world.start_worker().wait_ready()
        world.admin_delete("followup-reminders")
        worker.wait_log("a topic is gone")
        time.sleep(10)
        assert worker.get("/readyz")[0] == 503 and "there again" not in worker.log
        assert worker.stop() == 0
    finally:
        world.close()

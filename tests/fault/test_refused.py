# SPDX-License-Identifier: Apache-2.0
"""A broker refuses what the worker writes. A record whose effects are too large is refused, an event
of time goes out without its long parts, and for all else (clock, rights, settings, replicas) the
worker waits and says what to do: no shard stands still for ever, and nothing becomes a dead letter
for what is not its fault."""

import os
import pathlib
import re
import subprocess
import time

import pytest

from support import checker
from support.acls import Acls, Right
from support.events import AT_ONCE, bug_id, closure, finding, parse_time
from support.process import wait_until
from support.records import partition_of
from support.world import INPUTS, TOPICS, World

_DAY_MS = 86_400_000
# A limit holds for what is compressed, and the text of these tests is one letter.
_EXACT = {"kafka.producer.compression.type": "none"}


def _random_text(size):
    """What lz4 cannot make smaller."""
    return os.urandom(size // 2).hex()


def _refused(world):
    """The dead letters: [(code, value, record)]."""
    return [(r.header("epilogue-error"), r.value, r)
            for r in world.consume_all("followup-dead-letters")]


def _wait_condition(worker, code, timeout_s=40):
    """Waits till /readyz is 503 with this code, and gives the log line about it."""
    wait_until(lambda: worker.get("/readyz")[0] == 503 and code in worker.get("/readyz")[1],
               timeout_s, lambda: f"/readyz to name {code}; it is {worker.get('/readyz')}")
    return worker.wait_log(f"Kafka refuses what the worker writes.*{code}.*").group(0)


def _aborts(worker):
    metrics = worker.get("/metrics")[1]
    return int(re.search(r"^epilogue_transactions_aborted_total (\d+)", metrics, re.M).group(1))


@pytest.fixture(scope="module")
def one(module_world):
    """A world with a worker; each test uses an incident, and a setting of a topic, of its own."""
    world = module_world
    world.write_config(**_EXACT)
    world.topics_create(2)
    world.worker = world.start_worker(settings={"transaction.timeout.ms": 20000}).wait_ready()
    return world


def test_a_dead_letter_larger_than_its_topic_takes(one):
    """Aborted 31 times in 20 s, for ever, also after a restart."""
    one.admin_alter("followup-dead-letters", **{"max.message.bytes": "1048588"})
    one.admin_alter("incident-closed", **{"max.message.bytes": "2000000"})
    one.close_incident(closure("INC-A", summary="x" * 1_500_000))
    for n in range(20):
        one.close_incident(closure(f"INC-A{n}"))
    one.wait_worked_off(60)
    (code, value, record), = _refused(one)
    assert code == "too-large" and record.header("epilogue-truncated") == str(1_500_235)
    assert 1_000_000 < len(value) < 1_048_588
    assert _aborts(one.worker) < 10
    for n in range(20):
        one.wait_task(f"INC-A{n}/response-evaluation")
    assert one.worker.running


def test_a_state_larger_than_its_topic_takes(one):
    """Of three findings of one incident in one batch the large one is refused, and it alone."""
    one.admin_alter("followup-state", **{"max.message.bytes": "20000"})
    one.close_incident(closure("INC-S"))
    for n, size in enumerate((10, 60_000, 10)):
        one.update_finding(finding("INC-S", f"F-{n}", description="x" * size), flush=False)
    one.publisher.flush()
    one.wait_task(bug_id("INC-S", "F-0"))
    one.wait_task(bug_id("INC-S", "F-2"))
    one.wait_worked_off(60)
    (code, _, record), = [r for r in _refused(one) if r[2].key == b"INC-S"]
    assert code == "too-large"
    assert one.topic("followup-state") in record.header("epilogue-error-detail")
    assert record.json["finding_id"] == "F-1"
    assert bug_id("INC-S", "F-1") not in checker.latest_tasks(one.tasks())


def test_an_old_record_is_forwarded(one):
    """Its first time goes along in a header, so neither retention nor a broker's limit for old times
    concerns it, and it counts at its first time."""
    one.admin_alter("epilogue-forwarded", **{"message.timestamp.before.max.ms": "3600000"})
    first_ms = int(time.time() * 1000) - 40 * _DAY_MS
    one.close_incident(closure("INC-F"), partition=1 - partition_of("INC-F", 2),
                       timestamp_ms=first_ms)
    task = one.wait_task("INC-F/response-evaluation")
    assert round(parse_time(task["created_at"]).timestamp() * 1000) == first_ms
    assert not [r for r in _refused(one) if r[2].key == b"INC-F"]


def test_a_compacted_topic_for_dead_letters(one):
    """It takes no record without a key: a setting of the topic, which `topics check` names."""
    one.admin_alter("followup-dead-letters", **{"cleanup.policy": "compact"})
    found = one.run("topics", "check")
    assert found.returncode == 3 and "cleanup.policy" in found.stdout
    one.publish("incident-closed", b"no JSON", key=None, partition=0)
    assert "cleanup.policy" in _wait_condition(one.worker, "INVALID_RECORD")
    one.admin_alter("followup-dead-letters", **{"cleanup.policy": "delete"})
    one.worker.wait_ready()
    one.wait_records("followup-dead-letters", lambda records: any(
        r.key is None and r.header("epilogue-error") == "malformed-json" for r in records))


def test_all_came_out_once(one):
    """After all that this worker was refused."""
    one.wait_worked_off(60)
    one.check_outputs()
    assert [code for code, _, _ in _refused(one)].count("too-large") == 2
    assert one.worker.running


def test_compression_that_nobody_asked_for(world):
    """What the broker says of its limit is believed, as without compression, and not halved until
    something fits."""
    world.topics_create(1)
    worker = world.start_worker().wait_ready()
    world.admin_alter("followup-dead-letters", **{"max.message.bytes": "1048588"})
    world.admin_alter("incident-closed", **{"max.message.bytes": "2000000"})
    world.close_incident(closure("INC-C", summary=_random_text(1_500_000)))
    world.wait_worked_off(60)
    (code, value, _), = _refused(world)
    assert code == "too-large" and 1_000_000 < len(value) < 1_048_588
    assert _aborts(worker) < 4


# -- what time causes --------------------------------------------------------------------------

def _policy(soon):
    return {
        "version": "seconds",
        "sla": {p: {"assign": "1h", "complete": soon, "stale": "1h", "verify": "1h"}
                for p in ("P1", "P2", "P3", "P4")},
        "reminders": {"due_soon": [], "overdue_every": "1h", "overdue_max": 1, **AT_ONCE},
        "escalation": [], "review": {"every": soon},
    }


def test_events_of_time_without_their_long_parts(world):
    """Tasks and a review that became due, larger than topics take since somebody lowered that."""
    world.set_policy(_policy("10s"))
    world.topics_create(1)
    worker = world.start_worker(settings=_EXACT).wait_ready()
    world.close_incident(closure("INC-1", title="t" * 900, findings=[
        {"finding_id": f"F-{n}", "category": "technical-lapse", "title": "u" * 900,
         "description": "d" * 30_000} for n in range(12)]))
    world.wait_task(bug_id("INC-1", "F-11"), sla="on-track")
    world.admin_alter("followup-tasks", **{"max.message.bytes": "5000"})
    world.admin_alter("followup-reminders", **{"max.message.bytes": "6000"})
    world.wait_task(bug_id("INC-1", "F-11"), sla="breached")
    cut = [r for r in world.tasks() if r.header("epilogue-truncated")]
    assert len(cut) == 12
    for record in cut:
        assert int(record.header("epilogue-truncated")) > 30_000
        assert record.json["description"] is None and record.json["sla"] == "breached"
        assert record.json["title"] == "u" * 900
        assert set(record.json["changes"]) == {"sla", "first_breached_at"}
    review = next(r for r in world.wait_records(
        "followup-reminders", lambda records: any(r.json["kind"] == "review-due" for r in records))
        if r.json["kind"] == "review-due")
    assert review.header("epilogue-truncated")
    assert 1 <= len(review.json["incident"]["open"]) < 13
    assert worker.running and not _refused(world)
    world.check_outputs()


def test_a_reminder_larger_than_its_topic_takes_at_its_least(world):
    """Two due ticks had no end, and with one the worker ended and named a wrong number."""
    world.set_policy(_policy("3s"))
    world.topics_create(1)
    world.admin_alter("followup-reminders", **{"max.message.bytes": "600"})
    worker = world.start_worker(settings=_EXACT)
    for n in range(2):
        world.close_incident(closure(f"INC-{n}", findings=[
            {"finding_id": "F-1", "category": "technical-lapse", "title": "t"}]))
    assert worker.wait_exit(60) == 1
    line = worker.wait_log("worker exits.*").group(0)
    assert re.search(rf"{world.topic('followup-reminders')} takes no record of more than 600 bytes "
                     r"\(max.message.bytes\), and '[^']+' has \d{3} without", line), line


# -- the clock ---------------------------------------------------------------------------------

def _preload(folder):
    """Compiles support/clock_ahead.c; gives the environment for it, and the file that sets it."""
    library, setting = folder / "clock_ahead.so", folder / "clock_ahead"
    source = pathlib.Path(__file__).parents[1] / "support" / "clock_ahead.c"
    subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", library, source, "-ldl"], check=True)
    return {"LD_PRELOAD": str(library), "CLOCK_AHEAD": str(setting),
            "ASAN_OPTIONS": "verify_asan_link_order=0"}, setting


def test_a_clock_two_hours_ahead(world):
    """INVALID_TIMESTAMP was taken for "too large": no progress, and with the clock right again
    good closures ended as dead letters."""
    world.topics_create(2)
    environment, ahead = _preload(world.folder)
    ahead.write_text("7200")
    worker = world.start_worker(env=environment).wait_ready()
    for n in range(10):
        world.close_incident(closure(f"INC-{n}"))
    line = _wait_condition(worker, "INVALID_TIMESTAMP")
    assert "this machine's clock says" in line and "compare the clocks" in line
    time.sleep(5)
    assert len(re.findall("Kafka refuses what the worker writes", worker.log)) <= 2
    assert world.tasks() == [] and worker.running
    ahead.write_text("0")
    worker.wait_ready()
    world.wait_worked_off(60)
    for n in range(10):
        world.wait_task(f"INC-{n}/response-evaluation")
    world.check_outputs()
    assert not _refused(world)


# -- rights ------------------------------------------------------------------------------------

_READ, _WRITE = "Read", "Write"


def _rights(world):
    """What a worker needs, and no more: not to read settings."""
    topics = [(_READ, name) for name in (*INPUTS, "followup-state", "epilogue-forwarded")]
    topics += [(_WRITE, name) for name in TOPICS if name not in INPUTS]
    user = "User:epilogue"
    rights = {(operation, name): Right(user, operation, "--topic", world.topic(name))
              for operation, name in topics}
    rights["group"] = Right(user, _READ, "--group", world.group_id)
    rights["transactional-id"] = Right(user, _WRITE, "--transactional-id", f"{world.group_id}/",
                                       "prefixed")
    return rights


@pytest.fixture(scope="module")
def guarded(run_folder, kafka):
    """A world whose worker comes as a user who may do no more than he must."""
    folder = run_folder / "rights"
    folder.mkdir()
    world = World(folder, kafka)
    world.redis.start()
    world.topics_create(2)
    world.acls, world.rights = Acls(kafka.bootstrap), _rights(world)
    world.acls.add(*world.rights.values())
    world.worker = world.start_worker(settings={
        "kafka.bootstrap.servers": kafka.sasl_bootstrap,
        "kafka.security.protocol": "SASL_PLAINTEXT", "kafka.sasl.mechanism": "PLAIN",
        "kafka.sasl.username": "epilogue", "kafka.sasl.password": "secret"}).wait_ready()
    yield world
    report = world.close()
    world.acls.remove(*world.rights.values())
    assert report is None, f"a sanitizer found something:\n{report}"


@pytest.mark.parametrize("right, code, command", [
    ((_WRITE, "followup-tasks"), "TOPIC_AUTHORIZATION_FAILED", "--operation Write --topic {}"),
    ("transactional-id", "TRANSACTIONAL_ID_AUTHORIZATION_FAILED",
     "--operation Write --transactional-id"),
], ids=["topic", "transactional-id"])
def test_a_right_is_taken_away(guarded, right, code, command):
    """The worker exited; now it waits, names the command that grants the right, and goes on."""
    world, incident, right = guarded, f"INC-{code}", guarded.rights[right]
    world.acls.remove(right)
    time.sleep(0.5)
    world.close_incident(closure(incident))
    line = _wait_condition(world.worker, code)
    assert "--allow-principal User:epilogue" in line and command.format(right.name) in line
    time.sleep(4)  # a few tries
    assert world.worker.running and world.worker.get("/readyz")[0] == 503
    world.acls.add(right)
    world.worker.wait_ready()
    world.wait_task(f"{incident}/response-evaluation")
    assert not _refused(world) and _aborts(world.worker) < 20
    world.check_outputs()


@pytest.mark.parametrize("right, command", [
    ((_READ, "finding-updated"), "--operation Read --topic {}"),
    ("group", "--operation Read --group"),
], ids=["input", "group"])
def test_a_right_to_read_is_taken_away(guarded, right, command):
    """The same for what it reads."""
    world, incident, right = guarded, f"INC-READ-{len(right)}", guarded.rights[right]
    world.acls.remove(right)
    wait_until(lambda: world.worker.get("/readyz")[0] == 503, 30, "the worker to notice")
    world.worker.wait_log(f"waiting for Kafka.*{command.format(right.name)}")
    assert world.worker.running and world.worker.get("/readyz")[0] == 503
    world.acls.add(right)
    world.close_incident(closure(incident))
    world.update_finding(finding(incident, "F-1"))
    world.worker.wait_ready()
    world.wait_task(bug_id(incident, "F-1"))
    assert not _refused(world)


def test_a_limit_that_may_not_be_read(guarded):
    """It is felt for, by halves, and then remembered."""
    world = guarded
    world.admin_alter("followup-dead-letters", **{"max.message.bytes": "20000"})
    world.admin_alter("incident-closed", **{"max.message.bytes": "2000000"})
    for n in range(2):
        world.close_incident(closure("INC-L", revision=n, summary=_random_text(1_500_000)))
    for n in range(20):
        world.close_incident(closure(f"INC-L{n}"))
    records = world.wait_records("followup-dead-letters", lambda r: len(r) == 2)
    assert all(r.header("epilogue-truncated") and 8_000 < len(r.value) < 20_000 for r in records)
    for n in range(20):
        world.wait_task(f"INC-L{n}/response-evaluation")
    assert _aborts(world.worker) < 40

# SPDX-License-Identifier: Apache-2.0
"""`epilogue check` on a Kafka and a Redis that allow no more than docs/operations.md asks for, and
then less: what it names is enough to mend it, and it leaves no trace."""

from concurrent.futures import ThreadPoolExecutor
import json
import pathlib
import re
import shlex
import socket
import time

from confluent_kafka import Consumer, TopicPartition
import pytest

from conftest import long_run

from support.acls import Acls, parse
from support.events import bug_id, closure, finding
from support.process import free_port, wait_until
from support.redis_server import RedisServer
from support.worker import json_lines
from support.world import TOPICS

_DOCS = (pathlib.Path(__file__).parents[2] / "docs" / "operations.md").read_text()


def _documented(world):
    """The rights of the documented commands, for the names of this world."""
    block = re.search(r'^A="(kafka-acls\.sh.*)"\n((?:\$A .*\n)+)', _DOCS, re.MULTILINE)
    commands = block[2].replace("$A", block[1].replace("…", world.broker.bootstrap))
    for topic in TOPICS:
        commands = re.sub(rf"--topic {topic}\b", f"--topic {world.topic(topic)}", commands)
    commands = commands.replace("--group epilogue", f"--group {world.group_id}")
    commands = commands.replace("--transactional-id epilogue/",
                                f"--transactional-id {world.group_id}/")
    return [right for command in commands.splitlines() for right in parse(command)]


@pytest.fixture(scope="module")
def strict(module_world):
    """A world whose worker logs in at a Kafka that asks for rights; it has none yet."""
    module_world.topics_create(2)
    module_world.write_config(**{
        "kafka.bootstrap.servers": module_world.broker.sasl_bootstrap,
        "kafka.security.protocol": "SASL_PLAINTEXT", "kafka.sasl.mechanism": "PLAIN",
        "kafka.sasl.username": "epilogue", "kafka.sasl.password": "secret",
        "instance.id": "one", "http.listen": "127.0.0.1:0"})
    return module_world


@pytest.fixture(scope="module")
def acls(strict):
    """All documented rights are given; gives them and what changes them."""
    acls = Acls(strict.broker.bootstrap)
    rights = _documented(strict)
    acls.add(*rights)
    return acls, rights


@pytest.fixture(scope="module", autouse=True)
def unanswered(strict):
    """A `check` that waits in vain, which takes its time, beside the other tests: (what came of it,
    seconds)."""
    def run():
        began = time.monotonic()
        with socket.socket() as silent:  # takes connections and says nothing
            silent.bind(("127.0.0.1", 0))
            silent.listen()
            done = strict.run(
                "check", "-s", f"kafka.bootstrap.servers=127.0.0.1:{silent.getsockname()[1]}",
                "-s", f"redis.url=redis://127.0.0.1:{free_port()}")
        return done, time.monotonic() - began
    with ThreadPoolExecutor(1) as pool:
        yield pool.submit(run)


def _check(world, expected, *arguments):
    """What was found once `check` ends with a code; rights take a moment to reach the broker."""
    def checked():
        done = world.run("check", "--json", *arguments)
        assert done.returncode in (0, 3), done.stderr
        last.append(done)
        return done if done.returncode == expected else None
    last = []
    done = wait_until(checked, 20, lambda: f"exit {expected}; {last[-1].stdout}")
    return json_lines(done)


def _run(world, *arguments, code=0):
    """A command that has nothing to say on standard error, and ends with this code."""
    done = world.run(*arguments)
    assert (done.returncode, done.stderr) == (code, ""), done.stdout + done.stderr
    return json_lines(done)


def _wrong(lines):
    return [line["text"] for line in lines if line["result"] == "wrong"]


def _ends(world):
    """Where every partition ends, open transactions and markers counted."""
    reader = Consumer({"bootstrap.servers": world.broker.bootstrap, "group.id": "nobody"})
    ends = {(name, p): reader.get_watermark_offsets(TopicPartition(world.topic(name), p),
                                                    timeout=20)
            for name in TOPICS for p in range(world.partitions)}
    reader.close()
    return ends


def test_the_documented_rights_are_enough(strict, acls):
    lines = _check(strict, 0)
    assert not _wrong(lines)
    notes = [line["text"] for line in lines if line["result"] == "note" and line["area"] != "policy"]
    assert len(notes) == len(TOPICS) and all("needs DescribeConfigs" in text for text in notes)
    assert _run(strict, "check", "--json") == lines
    topics = _run(strict, "topics", "check", "--json", code=3)
    assert [line["result"] for line in topics] == ["unknown"] * len(TOPICS)
    worker = strict.start_worker(
        "one", settings={"settings.check.interval.ms": 1000}).wait_ready()
    strict.close_incident(closure("INC-1"))
    strict.update_finding(finding("INC-1", "F-1"))
    strict.wait_created(1)
    time.sleep(2)  # it looks at settings that it may not read, and says so once, at its start
    assert worker.log.count("needs DescribeConfigs") == 1 and "level=error" not in worker.log
    assert worker.stop() == 0


def test_each_right_is_missed(strict, acls):
    acls, rights = acls
    before = _ends(strict)
    granted = []
    for right in rights:
        acls.remove(right)
        if granted:
            acls.add(*granted)  # were it not enough, two would be missing now
        # A broker may hear of the two one after the other.
        wrong = wait_until(lambda: (lambda found: len(found) == 1 and found)(
            _wrong(_check(strict, 3))), 20, f"{right} alone to be missing")
        granted = parse(wrong[0][wrong[0].index("kafka-acls.sh"):])
        assert granted == [right]
    acls.add(*granted)
    assert not _wrong(_check(strict, 0))
    assert _ends(strict) == before


def test_topics_check_goes_on(strict, acls):
    """A topic that may not be seen hides none of the others."""
    acls, rights = acls
    hidden = [right for right in rights if right.name == strict.topic("finding-updated")]
    acls.remove(*hidden)
    _check(strict, 3)
    lines = _run(strict, "topics", "check", "--json", code=3)
    assert len(lines) == len(TOPICS)
    wrong = _wrong(lines)
    assert len(wrong) == 1 and parse(wrong[0][wrong[0].index("kafka-acls.sh"):]) == hidden
    acls.add(*hidden)
    _check(strict, 0)


def test_topics_create_goes_on(strict, acls):
    """Each topic that may not be made is named with the right that it takes."""
    acls, _ = acls
    def create():
        return strict.run("topics", "create", "--partitions", 2, "--replication", 1, "--json")
    wrong = _wrong(json_lines(create()))
    rights = [parse(text[text.index("kafka-acls.sh"):])[0] for text in wrong]
    assert {(right.operation, right.name) for right in rights} == {
        ("Create", strict.topic(name)) for name in TOPICS}
    acls.add(*rights)
    wait_until(lambda: create().returncode == 0, 20, "topics create to be allowed")
    acls.remove(*rights)


def test_all_rights_are_missing(strict, acls):
    """One fault does not hide the next."""
    acls, rights = acls
    acls.remove(*rights)
    wrong = _wrong(wait_until(lambda: [line for line in _check(strict, 3)] or None))
    assert len(wrong) >= len(TOPICS) + 2, wrong
    for _ in range(3):  # topics are seen first, then what they lack
        for text in wrong:
            acls.add(*parse(text[text.index("kafka-acls.sh"):]))
        done = strict.run("check", "--json")
        wrong = _wrong(json_lines(done))
        if not wrong:
            break
    assert done.returncode == 0, wrong
    acls.add(*rights)


@pytest.mark.parametrize("literal", [False, True], ids=["prefixed", "literal"])
def test_a_running_worker_is_left_alone(strict, acls, literal):
    """One with the very id that is checked, and one whose name is made of it."""
    acls, rights = acls
    wide = [right for right in rights if right.resource == "--transactional-id"]
    narrow = [right._replace(name=f"{right.name}{name}", pattern="literal")
              for right in wide for name in ("one", "one-check")]
    if literal:
        acls.add(*narrow)
        acls.remove(*wide)
    workers = [strict.start_worker(name).wait_ready() for name in ("one", "one-check")]
    group = strict.wait_owners({"one": 1, "one-check": 1})
    for _ in range(3):
        lines = _check(strict, 0, "-s", f"http.listen=127.0.0.1:{workers[0].http_port}")
        assert any("served by the worker that runs" in line["text"] for line in lines)
    assert strict.owners() == group
    number = 10 + literal
    strict.close_incident(closure(f"INC-{number}"))
    for n in range(4):
        strict.update_finding(finding(f"INC-{number}", f"F-{n}"))
        strict.wait_task(bug_id(f"INC-{number}", f"F-{n}"))
    assert all(worker.running for worker in workers)
    assert "shards revoked" not in workers[1].log.split("shard is active")[-1]
    acls.add(*wide)
    for worker in workers:
        assert worker.stop() == 0


def test_the_port_is_in_use(strict, acls):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        wrong = _wrong(_check(strict, 3, "-s", f"http.listen=127.0.0.1:{port}"))
    assert len(wrong) == 1 and "http.listen" in wrong[0] and str(port) in wrong[0]


def test_the_policy_cannot_be_read(strict, acls):
    """What a worker would exit with 2 for, and it hides nothing behind it."""
    done = strict.run("check", "--json", "-s", "policy.file=/nowhere/policy.json")
    assert done.returncode == 2
    lines = json_lines(done)
    assert len(_wrong(lines)) == 1 and "/nowhere/policy.json" in _wrong(lines)[0]
    assert any("kafka transactions" in line["text"] for line in lines)
    assert any("redis rights" in line["text"] for line in lines)


def test_people_of_the_policy(strict, acls, tmp_path):
    """An address of the example, and delegates that lead in a circle."""
    path = tmp_path / "policy.json"
    days = {"from": "2026-12-21", "to": "2027-01-03"}
    people = {"response-team": {"team": "response"}, "response-lead": {"person": "lead@example.org"},
              "managers": {"identity": {"person": "manager@example.com"}}}
    path.write_text(json.dumps({"people": {**people, "away": [
        {"person": "ann", **days, "to_person": "ben"},
        {"person": "ben", "from": "2027-01-02", "to": "2027-01-05", "to_person": "ann"},
        {"person": "cleo", **days, "to_person": "dan"}]}}))
    lines = json_lines(strict.run("check", "--json", "-s", f"policy.file={path}"))
    notes = [line["text"] for line in lines if line["area"] == "policy" and line["result"] == "note"]
    assert len(notes) == 3, notes
    assert "people.managers.identity is manager@example.com" in notes[0]
    assert "on 2027-01-02 nobody stands in for ann" in notes[1]
    assert "on 2027-01-02 nobody stands in for ben" in notes[2]


def test_nothing_answers(strict, unanswered):
    """Neither Kafka nor Redis: it ends, and says so of both, and of what it could not look at."""
    done, took_s = unanswered.result(60)
    assert done.returncode == 3
    assert "no answer from Kafka" in done.stdout and "cannot be reached" in done.stdout
    assert "transactions: not checked" in done.stdout
    assert took_s < 45



def test_a_renamed_command(strict, acls):
    redis = RedisServer(strict.folder / "renamed").start("--rename-command", "UNLINK", "")
    wrong = _wrong(_check(strict, 3, "-s", f"redis.url={redis.url}"))
    assert len(wrong) == 1 and "unlink" in wrong[0] and "rename-command" in wrong[0]
    worker = strict.start_worker("one", settings={"redis.url": redis.url})
    assert worker.wait_exit() == 1
    assert "unlink" in worker.log and "rename-command" in worker.log
    redis.stop()


def test_each_right_in_redis(strict, acls):
    """A user with the documented rules, and then each command of them denied."""
    admin = strict.redis.client()
    prefix = f"epilogue:{strict.group_id}:*"
    rules = re.search(r"`ACL SETUSER epilogue on\s+>…\s+(~[^`]*)`", _DOCS)[1].split()
    rules = [rule.replace("~epilogue:epilogue:*", f"~{prefix}") for rule in rules]
    settings = ("-s", f"redis.url=redis://epilogue:pw@127.0.0.1:{strict.redis.port}")
    before = strict.redis.snapshot()
    admin.execute_command("ACL", "SETUSER", "epilogue", "reset", "on", ">pw", *rules)
    assert not _wrong(_check(strict, 0, *settings))
    some = [rules[0], "+hmget", "+zadd", "+unlink", "+multi", "+info"]
    assert set(some) <= set(rules)
    for rule in rules if long_run() else some:  # integration/redis_access_test.c has all of them
        denied = ["resetkeys", "~other:*"] if rule[0] == "~" else [f"-{rule[1:]}"]
        admin.execute_command("ACL", "SETUSER", "epilogue", *denied)
        if rule == "+info":
            lines = _check(strict, 0, *settings)
            assert any("ACL SETUSER epilogue +info" in line["text"] for line in lines)
        else:
            wrong = _wrong(_check(strict, 3, *settings))
            assert len(wrong) == 1, (rule, wrong)
            grant = shlex.split(wrong[0][wrong[0].index("ACL SETUSER"):])
            assert grant == ["ACL", "SETUSER", "epilogue", rule]
            admin.execute_command(*grant)
        admin.execute_command("ACL", "SETUSER", "epilogue", rule)
    assert not _wrong(_check(strict, 0, *settings))
    worker = strict.start_worker("one", settings={"redis.url": settings[1][10:]}).wait_ready()
    assert worker.stop() == 0
    # What a worker meets when it writes, from the start on.
    admin.execute_command("ACL", "SETUSER", "epilogue", "-zadd")
    worker = strict.start_worker("one", settings={"redis.url": settings[1][10:]})
    assert worker.wait_exit() == 1 and "ACL SETUSER epilogue +zadd" in worker.log
    after = strict.redis.snapshot()
    assert after.keys() == before.keys()

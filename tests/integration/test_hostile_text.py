# SPDX-License-Identifier: Apache-2.0
"""Every command with an incident whose texts would act on a terminal: they do not reach it, whether
it is one or a file that is shown on one later, in words, as JSON, and in the worker's log."""

import json
import os
import pty
import re
import signal
import subprocess
import unicodedata

import pytest

from support.events import AT_ONCE, closure, finding, task_update
from support.process import read_terminal, wait_until
from support.worker import binary

_INVISIBLE = "\u202e\u2066\u200b\u200d\u2060\ufeff\u061c\u180e\u00ad\U000e0041"
_TEXT = f"a\x1b]0;mine\x07\x1b[31m\x7f\x9b2J\u2028\u2029{_INVISIBLE}\r\nNEWLINE=1 \"q\" b"
_TITLE = f"{_TEXT} \u6f22\u5b57 {'x' * 1100}"
_ID = f"INC {_INVISIBLE}1"  # identifiers have no control characters, but all others
_OWNER = {"team": _TEXT, "person": _TEXT}
_POLICY = {
    "version": f"my policy v1 {_INVISIBLE}\u2028\x9b",
    "sla": {priority: {"assign": "1s", "complete": "4s", "stale": "1h", "verify": "1h"}
            for priority in ("P1", "P2", "P3", "P4")},
    "reminders": {"due_soon": ["50%"], "overdue_every": "1h", "overdue_max": 1,
                  "assign_every": "1h", "stale_every": "1h", "verify_every": "1h", **AT_ONCE},
    "escalation": [],
    "review": {"every": "2s"},
}
_CLOSURE = closure(
    _ID, title=_TITLE, summary=_TEXT, owner=_OWNER, severity=_TEXT, disposition=_TEXT,
    customer_impacting=True, references=[_TEXT],
    timeline=[{"at": "2023-07", "actor": _TEXT, "action": _TEXT}] * 2,
    technical_summary={"evidence": [{"ref": _TEXT, "note": _TEXT}], "actors": [_TEXT],
                       "response": _TEXT, "takeaways": [_TEXT]},
    response_evaluation={"sufficient": False, "complete": False, "note": _TEXT},
    coordination=[{"party": _TEXT, "party_kind": _TEXT, "reference": _TEXT, "status": _TEXT}])
_FINDING = finding(_ID, f"F{_INVISIBLE}", title=_TITLE, description=_TEXT, reason=_TEXT,
                   owner=_OWNER, category=_TEXT, severity=_TEXT, groups=[_TEXT],
                   tracker={"system": _TEXT, "key": _TEXT, "url": _TEXT})
_NOBODYS = finding(_ID, "F-2", title=_TITLE, owner=None, category="technical-lapse")
_REFUSED = finding(_ID, "F-3", status=_TEXT)


def _is_unsafe(c):
    return c != "\n" and unicodedata.category(c) in ("Cc", "Cf", "Zl", "Zp")


def _assert_safe(output, what):
    """Bytes that may be shown on any terminal, with no line that a text of others began, but for a
    report's paragraphs."""
    text = output.decode()  # no UTF-8 is unsafe too
    bad = sorted({f"U+{ord(c):04X}" for c in text if _is_unsafe(c)})
    assert not bad, f"{what}: {bad} in\n{text!r}"
    assert "report" in what or not re.search("^NEWLINE", text, re.MULTILINE), f"{what}:\n{text}"
    return text


@pytest.fixture(scope="module")
def hostile(module_world):
    """A world in which the incident is being followed up, and files that go with it."""
    world = module_world
    world.set_policy(_POLICY)
    world.topics_create(2)
    lines = [{"topic": topic, "value": value, "at": "2026-11-20T10:00:00Z", "headers": {_TEXT: _TEXT}}
             for topic, value in (("incident-closed", _CLOSURE), ("finding-updated", _FINDING),
                                  ("finding-updated", _NOBODYS), ("finding-updated", _REFUSED))]
    world.lines = world.folder / f"lines {_INVISIBLE}\x1b[31m.jsonl"
    world.lines.write_text("".join(json.dumps(line) + "\n" for line in lines))
    world.bad_policy = world.folder / "bad.json"
    world.bad_policy.write_text(json.dumps({"version": _TEXT}))
    world.policy = world.folder / f"no policy\n{_INVISIBLE}\x1b[31m.json"
    worker = world.start_worker(settings={"log.format": "json", "log.level": "debug"}).wait_ready()
    world.publish("incident-closed", _CLOSURE)
    world.publish("finding-updated", _FINDING)
    world.publish("finding-updated", _NOBODYS)
    world.publish("finding-updated", _REFUSED, headers={_TEXT: _TEXT})
    world.publisher.send(world.topic("finding-updated"), b"\xff\x1b[31m", b"{\"a\":\"\xff\x1b\"",
                         headers=[(_TEXT, b"\xff\x9b")])
    world.publisher.flush()
    created = world.wait_created(2)
    task_id = next(r.json["task_id"] for r in created if r.json.get("finding_id") == "F-2")
    world.task_id = next(r.json["task_id"] for r in created if r.json.get("finding_id")
                         == _FINDING["finding_id"])
    kinds = {"assign-due", "due-soon", "due", "review-due"}
    world.wait_records("followup-reminders", lambda rs: kinds <= {r.json["kind"] for r in rs})
    world.wait_records("followup-dead-letters", lambda records: len(records) == 2)
    world.publish("task-updated", task_update(_ID, task_id, status="in-progress", reason=_TEXT,
                                              owner=_OWNER))
    world.wait_task(task_id, status="in-progress")
    world.metrics = worker.get("/metrics")[1]
    worker.stop()
    return world


# What each command is called with; those with a --json are called with it too.
_CALLS = {
    "worker": lambda w: [["-s", f"policy.file={w.policy}"], ["-s", f"policy.file={w.bad_policy}"], [_TEXT], ["-s", f"group.id={_TEXT}"]],
    "dev": lambda w: [["--policy", w.policy]],
    "topics": lambda w: [["create"], ["check"], ["check", "--partitions", 3], [_TEXT],
                         ["check", "-s", f"topic.followup-tasks={_TEXT}"]],
    "check": lambda w: [[], ["-s", f"policy.file={w.policy}"],
                        ["-s", f"instance.id={_INVISIBLE}\x1b"], ["-s", f"redis.url={_TEXT}"]],
    "publish": lambda w: [[w.lines], ["--no-validate", w.lines], [w.policy], ["--topic", _TEXT, w.lines]],
    "tail": lambda w: [["--from-beginning"], ["--topic", _TEXT]],
    "list": lambda w: [[], ["--incident", _ID], ["--status", _TEXT]],
    "show": lambda w: [[_ID], [w.task_id], [_TEXT]],
    "report": lambda w: [[_ID], [_TEXT]],
    "simulate": lambda w: [[*arguments, w.lines, "--until", "2026-11-20T10:01:00Z"] for arguments in (
        [], ["--report", _ID], ["--report", _TEXT], ["--policy", w.bad_policy], ["--change", _TEXT],
        ["--diff", w.default_policy, w.settings["policy.file"]])] + [
            ["--until", _TEXT, w.lines], [w.policy], ["--budget", _TEXT, w.lines],
            *[["--policy", w.default_policy, "--budget", "0/day", *json, w.lines, "--until",
               "2026-12-20"] for json in ([], ["--json"])]],
    "stats": lambda w: [["--by", "team"], ["--by", "team", "--csv"], ["--by", f"label:{_TEXT}"],
                        ["--by", f"label:{_TEXT}", "--csv"], ["--by", _TEXT],
                        ["--since", _TEXT]],
    "rebuild": lambda w: [[], [_TEXT]],
    "redrive": lambda w: [["--dry-run"], ["--code", _TEXT]],
    "help": lambda w: [[], ["config"], [_TEXT]],
}


def _run(world, command, arguments):
    """Its output and its sentences; `tail` is stopped once it is silent."""
    call = [binary(), command, *arguments]
    if command != "help":
        call += ["-c", world.config_path]
    environment = {n: v for n, v in os.environ.items() if not n.startswith("EPILOGUE_")}
    output, sentences = world.folder / "output", world.folder / "sentences"
    with open(output, "wb") as out, open(sentences, "wb") as err:
        process = subprocess.Popen([str(part) for part in call], stdin=subprocess.DEVNULL,
                                   stdout=out, stderr=err, env=environment)
    if command == "tail":
        sizes = [0]
        wait_until(lambda: sizes.append(output.stat().st_size) or process.poll() is not None
                   or sizes[-1] == sizes[-2] > 0, 30, "what tail says", interval_s=0.4)
        process.send_signal(signal.SIGINT)
    process.wait(60)
    return output.read_bytes(), sentences.read_bytes()


def _commands():
    listed = subprocess.run([binary(), "help"], capture_output=True, text=True, check=True).stdout
    return re.findall(r"^  (\w+)", listed.split("commands:\n")[1].split("\n\n")[0], re.MULTILINE)


@pytest.mark.parametrize("command", _CALLS)
def test_nothing_acts_on_the_terminal(hostile, command):
    world = hostile
    world.default_policy = world.folder / "default.json"
    world.default_policy.write_text('{"version":"\\u202e\\u001b"}')
    options = subprocess.run([binary(), "help", command], capture_output=True, text=True).stdout
    for arguments in _CALLS[command](world):
        output, sentences = _run(world, command, arguments)
        what = f"{command} {arguments!r}"
        _assert_safe(output, what)
        _assert_safe(sentences, what)
        assert output or sentences or command in ("list", "rebuild"), what
        if "--json" not in options or "--report" in arguments or "--csv" in arguments:
            continue
        output, sentences = _run(world, command, [*arguments, "--json"])
        _assert_safe(sentences, what)
        for line in _assert_safe(output, what).split("\n")[:-1]:
            json.loads(line)


def test_every_command_is_tried():
    assert set(_commands()) == set(_CALLS)


def test_the_same_text_comes_out_of_json(hostile):
    output, _ = _run(hostile, "list", ["--status", "all", "--json"])
    titles = {json.loads(line)["title"] for line in output.decode().split("\n")[:-1]}
    assert any(title.startswith(f"{_TEXT} \u6f22") for title in titles)


def test_colours_are_all_that_a_terminal_gets(hostile):
    controller, terminal = pty.openpty()
    process = subprocess.Popen([str(binary()), "show", _ID, "-c", str(hostile.config_path)],
                               stdin=subprocess.DEVNULL, stdout=terminal, stderr=terminal)
    os.close(terminal)
    output = read_terminal(controller)
    assert process.wait(20) == 0
    assert b"\x1b[36mcreated\x1b[0m" in output
    _assert_safe(re.sub(rb"\x1b\[[0-9;]*m", b"", output).replace(b"\r\n", b"\n"), "show")


def test_summaries_are_clean_where_they_are_made(hostile):
    for record in hostile.consume_all("followup-reminders"):
        bad = {c for c in record.json["summary"] if _is_unsafe(c) and c != "\u200d"}
        assert not bad, record
    for record in hostile.consume_all("followup-dead-letters"):
        assert not any(map(_is_unsafe, record.header("epilogue-error-detail"))), record


def test_the_worker_s_log(hostile):
    worker = hostile.workers[0]
    for line in _assert_safe(worker.log_path.read_bytes(), "the log").split("\n")[:-1]:
        json.loads(line)
    loaded = next(line for line in map(json.loads, worker.log.split("\n")[:-1])
                  if line["msg"] == "policy loaded")
    assert loaded["version"] == _POLICY["version"]
    _assert_safe(hostile.metrics.encode(), "/metrics")
    worker = hostile.start_worker("w 2", settings={"log.level": "debug"}).wait_ready()
    hostile.publish("finding-updated", finding(_ID, "F-4", status=_TEXT))
    worker.wait_log("record refused")
    worker.stop()
    log = _assert_safe(worker.log_path.read_bytes(), "the log")
    pair = r'[a-z_]+=(?:"(?:[^"\\]|\\.)*"|[^\s"=\\]+)'
    for line in log.split("\n")[:-1]:
        assert re.fullmatch(rf"{pair}(?: {pair})*", line), line
    assert r'version="my policy v1 \u202e\u2066' in log

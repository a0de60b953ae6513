# SPDX-License-Identifier: Apache-2.0
"""What must hold of the outputs whatever happened on the way, checked from outside alone.

Each function raises AssertionError that names all violations (the first few of each kind)."""

import collections
import re
import urllib.parse

from support.events import parse_time
from support.records import partition_of

_TASK_TYPE = re.compile(r"epilogue\.task\.(created|updated|resolved|closed|reopened)\.v1")
_INCIDENT_TYPE = re.compile(r"epilogue\.incident\.(opened|updated|completed)\.v1")
_FINDING_TYPE = "epilogue.finding.recurred.v1"
_REMINDER_TYPE = re.compile(r"epilogue\.reminder\.([a-z-]+)\.v1")
DIGEST = "epilogue.reminder.digest.v1"
_FINDING_KINDS = {"bug", "change-request", "service-investment", "register-entry"}
# What an event of time that says epilogue-truncated may lack; in it they tell nothing.
_LONG_PARTS = {"title", "description", "reason", "participants", "tracker", "evidence"}
_NOT_IN_CHANGES = {"version", "updated_at", "cause", "by", "changes", "warnings"}


def encode_id(text):
    """An id as it stands inside a task_id or ce_id: the percent-encoding of R5.4."""
    return re.sub(r"[%/|$~\x00-\x1f\x7f-\x9f]",
                  lambda m: "".join(f"%{b:02X}" for b in m.group().encode()), text)


class _Violations:
    def __init__(self):
        self._by_rule = collections.defaultdict(list)

    def check(self, holds, rule, record):
        if not holds:
            self._by_rule[rule].append(str(record))

    def raise_any(self):
        if self._by_rule:
            raise AssertionError("\n".join(
                f"{rule} ({len(found)} times):\n  " + "\n  ".join(found[:3])
                for rule, found in self._by_rule.items()))


def check_history(tasks, reminders, partitions, group_id):
    """All rules that need no knowledge of the inputs, over the records of `followup-tasks` and
    `followup-reminders`: envelopes, keys, partitions, versions, `changes`, the alternation of
    opened and completed, no ce_id twice, no reminder after its task closed."""
    violations = _Violations()
    source = "/epilogue/" + urllib.parse.quote(group_id, safe="-._~")
    for record in [*tasks, *reminders]:
        _check_envelope(record, partitions, source, violations)
    ids = collections.Counter(r.header("ce_id") for r in [*tasks, *reminders])
    for record in [*tasks, *reminders]:
        violations.check(ids[record.header("ce_id")] == 1, "a ce_id twice", record)
    closed_at = _check_tasks(tasks, violations)
    _check_incidents(tasks, violations)
    _check_findings(tasks, violations)
    moved = {r.json["task_id"] for r in tasks if r.json.get("moved_from")}
    _check_reminders(reminders, closed_at, moved, violations)
    violations.raise_any()


def _check_envelope(record, partitions, source, violations):
    key = (record.key or b"").decode()
    names = [name for name, _ in record.headers if name.startswith("ce_")]
    expected = {"ce_specversion": "1.0", "ce_source": source, "ce_partitionkey": key,
                "content-type": "application/json"}
    for name, value in expected.items():
        violations.check(record.header(name) == value, f"{name} is not {value!r}", record)
    violations.check(len(names) == len(set(names)), "an envelope header twice", record)
    about = "recipient" if record.type == DIGEST else "incident_id"
    violations.check(record.json.get(about) == key, f"the key is not {about}", record)
    violations.check(record.partition == partition_of(record.key, partitions),
                     "on a partition that is not its key's", record)
    try:
        parse_time(record.header("ce_time") or "")
    except ValueError:
        violations.check(False, "ce_time has another form", record)


def _check_tasks(tasks, violations):
    """Each task's history; gives {(task_id, occurrence): when it was closed}, of those that stayed so: one that comes
    back from another incident is open again in the same occurrence."""
    last, closed_at = {}, {}
    for record in tasks:
        match = _TASK_TYPE.fullmatch(record.type or "")
        if not match:
            continue
        task, event = record.json, match.group(1)
        before = last.get(task["task_id"])
        if record.header("epilogue-truncated") and before:
            task = {**task, **{name: before[name] for name in _LONG_PARTS}}
        last[task["task_id"]] = task
        expected = before["version"] + 1 if before else 1
        violations.check(task["version"] == expected, "a version out of sequence", record)
        violations.check(record.header("ce_id") == f"{task['task_id']}/{task['version']}",
                         "ce_id is not task_id/version", record)
        violations.check(record.header("ce_subject") == task["task_id"],
                         "ce_subject is not the task_id", record)
        violations.check((event == "created") == (task["version"] == 1),
                         "created is not version 1", record)
        closed = task["status"] == "closed"
        violations.check(closed == (task["resolution"] is not None) ==
                         (task["closed_at"] is not None),
                         "status, resolution and closed_at disagree", record)
        if before:
            _check_successor(before, task, event, record, violations)
        else:
            violations.check(task["status"] == "open" or task["moved_from"],
                             "created is not open", record)
        about = task["task_id"], task["occurrence"]
        if event == "closed":
            closed_at[about] = task["closed_at"]
        elif event == "reopened":
            closed_at.pop(about, None)
    return closed_at


def _check_successor(before, task, event, record, violations):
    was_closed = before["status"] == "closed"
    reopened = was_closed and task["status"] != "closed"
    violations.check((event == "closed") == (task["status"] == "closed" and not was_closed),
                     "closed and the status disagree", record)
    violations.check((event == "reopened") == reopened,
                     "reopened and the status disagree", record)
    # What comes back from another incident goes on as it was there.
    comes_back = before["moved_to"] and not task["moved_to"] and task["moved_from"]
    violations.check(task["occurrence"] >= before["occurrence"] if comes_back else
                     task["occurrence"] == before["occurrence"] + reopened,
                     "the occurrence is wrong", record)
    violations.check(parse_time(task["updated_at"]) >= parse_time(before["updated_at"]),
                     "updated_at goes back", record)
    differing = {name: {"from": before.get(name), "to": task.get(name)}
                 for name in before.keys() | task.keys()
                 if name not in _NOT_IN_CHANGES and before.get(name) != task.get(name)}
    violations.check(task["changes"] == differing, "changes is not what differs", record)


def _check_incidents(tasks, violations):
    last = {}
    for record in tasks:
        match = _INCIDENT_TYPE.fullmatch(record.type or "")
        if not match:
            violations.check(_TASK_TYPE.fullmatch(record.type or "") or
                             record.type == _FINDING_TYPE, "unknown ce_type", record)
            continue
        incident, event = record.json, match.group(1)
        incident_id = incident["incident_id"]
        violations.check(record.header("ce_subject") == incident_id,
                         "ce_subject is not the incident_id", record)
        if event == "updated":
            number = last.get((incident_id, "updated"), 0) + 1
            last[incident_id, "updated"] = number
        else:
            occurrence, previous = last.get(incident_id, (0, "completed"))
            violations.check(previous != event, "opened and completed do not alternate", record)
            number = occurrence + (event == "opened")
            last[incident_id] = number, event
            violations.check(incident["occurrence"] == number,
                             "the incident's occurrence is wrong", record)
        violations.check(record.header("ce_id") == f"{encode_id(incident_id)}/{event}/{number}",
                         "an incident event's ce_id", record)
        if event == "completed":
            violations.check(incident["counts"]["open"] == 0,
                             "completed with open tasks", record)


def _check_findings(tasks, violations):
    """Each finding's numbers ascend, for it may have been told of elsewhere meanwhile; none has its own incident
    among the earlier ones."""
    last = collections.Counter()
    for record in tasks:
        if record.type != _FINDING_TYPE:
            continue
        event = record.json
        ce_id = record.header("ce_id") or ""
        begin, end = f"{encode_id(event['incident_id'])}/recurred/", f"/{event['n']}"
        finding = ce_id.removeprefix(begin).removesuffix(end)
        violations.check(record.header("ce_subject") == event["incident_id"],
                         "ce_subject is not the incident_id", record)
        violations.check(ce_id == begin + finding + end, "the ce_id of a recurred", record)
        violations.check(event["n"] > last[begin, finding], "a recurred's n goes back", record)
        last[begin, finding] = event["n"]
        violations.check(all(e["incident_id"] != event["incident_id"] for e in event["earlier"]),
                         "its own incident is no earlier one", record)


def _check_digests(digests, violations):
    """Numbered without a gap for each recipient, and each reminder in one of them."""
    last, told = {}, collections.Counter()
    for record in digests:
        digest = record.json
        recipient, n = digest["recipient"], digest["n"]
        violations.check(n == last.get(recipient, 0) + 1, "a digest's n is out of sequence", record)
        last[recipient] = n
        violations.check(record.header("ce_id") == f"{recipient}/digest/{n}", "a digest's ce_id",
                         record)
        violations.check(record.header("ce_subject") == recipient, "a digest's ce_subject", record)
        violations.check(digest["items"] or digest["reviews"], "an empty digest", record)
        for item in (*digest["items"], *digest["reviews"]):
            name = reminder_name(recipient, item)
            told[name] += 1
            violations.check(told[name] == 1, f"in two digests: {name}", record)
        order = ["P1" if task.get("kind") == "obligation" else task.get("priority", "P9")
                 for task in (i["task"] or {} for i in digest["items"])]
        violations.check(order == sorted(order), "the most urgent is not the first", record)


def reminder_name(recipient, item):
    """What tells an item of a recipient's digests from all others."""
    about = item.get("task_id") or (item.get("finding") or {}).get("finding_id")
    return (recipient, item["incident_id"], about, item.get("kind", "review-due"),
            item["occurrence"], item["number"])


def _check_reminders(reminders, closed_at, moved, violations):
    numbers = {}
    _check_digests([r for r in reminders if r.type == DIGEST], violations)
    for record in reminders:
        if record.type == DIGEST:
            continue
        match = _REMINDER_TYPE.fullmatch(record.type or "")
        violations.check(match, "unknown ce_type", record)
        if not match:
            continue
        reminder = record.json
        subject, occurrence, kind, number = (record.header("ce_id") or "///").rsplit("/", 3)
        violations.check(kind == match.group(1) == reminder["kind"], "a reminder's kind", record)
        violations.check(number == str(reminder["number"]), "a reminder's number", record)
        about = reminder["task_id"] or encode_id(reminder["incident_id"])
        violations.check(subject == about, "a reminder's ce_id", record)
        violations.check(record.header("ce_subject") ==
                         (reminder["task_id"] or reminder["incident_id"]),
                         "a reminder's ce_subject", record)
        series = subject, occurrence, kind
        violations.check(reminder["number"] == numbers.get(series, 0) + 1 or about in moved,
                         "a reminder's number is out of sequence", record)
        numbers[series] = reminder["number"]
        end = closed_at.get((reminder["task_id"], int(occurrence or 0)))
        # What came back from another incident is reminded of what fell due while it was on its way.
        violations.check(end is None or parse_time(record.header("ce_time")) <= parse_time(end),
                         "a reminder after its task closed", record)


def check_causes(tasks, inputs):
    """Each event of `followup-tasks` names the record that has caused it, one of `inputs` (all of
    them, on topics named as in `cause`), or none for a tick; and has its time, or the task's last
    if that is later."""
    violations = _Violations()
    by_place = {(r.topic, r.partition, r.offset): r for r in inputs}
    updated_ms, times_ms = {}, collections.defaultdict(set)
    for record in tasks:
        value, cause = record.json, record.json["cause"]
        told_ms, caused_ms = _ms(record.header("ce_time")), None
        place = tuple(cause[name] for name in ("topic", "partition", "offset"))
        if cause["topic"] is None:
            caused_ms = _ms(cause["tick"])
        elif place in by_place:
            source = by_place[place]
            caused_ms = source.timestamp_ms
            if not (source.header("content-type") or "").startswith("application/cloudevents"):
                violations.check(cause["event_id"] == source.header("ce_id"),
                                 "the cause's event_id", record)
        else:
            violations.check(False, "a cause that is no record", record)
            continue
        # A record from the future counts as one of when it was decided, which nobody can see.
        if caused_ms > told_ms and caused_ms > record.timestamp_ms > 0:
            caused_ms = told_ms
        about = value["task_id"] if "version" in value else value["incident_id"]
        later_ms = max(caused_ms, updated_ms.get(about, caused_ms))
        if "version" in value:
            violations.check(_ms(value["updated_at"]) == told_ms == later_ms,
                             "another time than the cause's", record)
            updated_ms[about] = told_ms
        else:
            violations.check(told_ms in {caused_ms} | times_ms[value["incident_id"]],
                             "another time than the cause's", record)
        times_ms[value["incident_id"]].add(told_ms)
    violations.raise_any()


def _ms(text):
    return round(parse_time(text).timestamp() * 1000)


def created_findings(tasks):
    """How often a finding's own task was created: Counter of (incident_id, finding_id)."""
    return collections.Counter(
        (record.json["incident_id"], record.json["finding_id"]) for record in tasks
        if record.type == "epilogue.task.created.v1" and record.json["kind"] in _FINDING_KINDS)


def check_created_once(tasks, findings):
    """Each of the findings, (incident_id, finding_id), has exactly one task created, and nothing
    else has one."""
    counts, expected = created_findings(tasks), set(findings)
    missing = sorted(expected - counts.keys())
    alien = sorted(counts.keys() - expected)
    twice = sorted(name for name, count in counts.items() if count > 1)
    if missing or alien or twice:
        raise AssertionError(
            f"of {len(expected)} findings {len(missing)} have no task {missing[:5]}, "
            f"{len(twice)} more than one {twice[:5]}, {len(alien)} are unknown {alien[:5]}")


def latest_tasks(tasks):
    """{task_id: its last event's value}."""
    return {record.json["task_id"]: record.json for record in tasks
            if _TASK_TYPE.fullmatch(record.type or "")}

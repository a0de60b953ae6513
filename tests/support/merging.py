# SPDX-License-Identifier: Apache-2.0
"""Random stories of five incidents that merge and part, as records in an order, in another one that independent
records may come in, and as they would be if nobody had merged anything."""

import dataclasses
import datetime
import random
import re

from support.checker import encode_id
from support.events import EVALUATED

INCIDENTS = ("A", "A:B", "C/d", "D", "E|é")
_FINDINGS = ("F", "B:F", "G/1")
_PARTIES = ("CSIRT", "Police / press")
_START = datetime.datetime(2026, 11, 2, 9, tzinfo=datetime.timezone.utc)
_KINDS = {"technical-lapse": "bug", "unknown-attack-vector": "service-investment"}
_CATEGORIES = ("technical-lapse",) * 3 + ("unknown-attack-vector", "manual-error")
_SEVERITIES = ("critical", "high", "medium", "low")
_TEAMS = ("identity", "storage", "payments")
# Few reminders, duties of which two are owed by every incident, and rules that go by what a finding says itself.
POLICY = {
    "version": "merging",
    "reminders": {"due_soon": [], "overdue_max": 1, "assign_every": "90d", "stale_every": "90d", "verify_max": 1,
                  "digest": False},
    "escalation": [],
    "obligations": [
        {"id": "notice", "title": "notification", "party": "CSIRT", "from": "known_at", "within": "72h"},
        {"id": "final", "title": "final report", "party": "CSIRT", "from": "after:notice", "within": "1mo"},
        {"id": "breach", "title": "breach of data", "party": "Authority", "when": ["data_breach"],
         "from": "detected_at", "within": "30d"},
    ],
    "rules": [
        {"name": "tool", "when": ["label.tool!=''"], "set": {"kind": "change-request", "queue": "response-team"}},
        {"name": "hardware", "when": ["label.area=hardware"], "set": {"priority": "+1"}},
    ],
}
# What incidents tell of what happened, some of it the same as others do.
_STEPS = tuple({"at": f"2026-11-01T0{n}:00:00Z", "actor": "soc", "action": f"Step {n}"} for n in range(1, 8))
_LOGS = tuple({"ref": f"log/{n}"} for n in range(5))
_TAKEAWAYS = tuple(f"Learnt {n}" for n in range(5))
# What a record ends or accepts needs no more than this, at any priority.
_ACCEPTED = {"reason": "too dear", "accepted_by": "ciso@example.com"}


@dataclasses.dataclass(eq=False)
class Sent:
    """A record as somebody sends it. `finding`, the pair that it is about, or `owner`, the incident whose duty it is about,
    and `at`, the incident whose name for it is used."""

    topic: str
    at: str
    members: dict
    finding: tuple = None
    kind: str = None  # of task-updated
    duty: str = None  # of task-updated in place of these: as it stands in the task's id
    owner: str = None
    after: set = dataclasses.field(default_factory=set)  # records that it depends on, by number
    repeats: int = None  # the number of the record that it is, once more

    @property
    def home(self):
        """The incident whose name for it is the one that it has when nobody has merged anything."""
        return self.finding[0] if self.finding else self.owner or self.at

    def value(self, prefix, merging):
        """Of a story whose incidents are called so; not `merging`: nobody has merged anything."""
        at = self.at if merging else self.home
        value = {"incident_id": prefix + at, **self.members}
        if "merged_into" in value and not merging:
            del value["merged_into"]
        if value.get("merged_into"):
            value["merged_into"] = prefix + value["merged_into"]
        if self.duty:
            value["task_id"] = f"{encode_id(prefix + at)}/{self.duty}"
        elif self.kind:
            part = name_of(prefix, at, self.finding, True)
            value["task_id"] = f"{encode_id(prefix + at)}/{self.kind}/{part}"
        elif self.finding:
            value["finding_id"] = name_of(prefix, at, self.finding)
        if value.get("duplicate_of"):
            value["duplicate_of"] = name_of(prefix, at, (self.finding[0], value["duplicate_of"]))
        return value


@dataclasses.dataclass
class Known:
    """What is told of a finding, as far as what comes next depends on it."""

    category: str
    sop: bool  # it has a task for its procedure as well
    labels: dict = dataclasses.field(default_factory=dict)
    places: set = dataclasses.field(default_factory=set)  # incidents that it has been in, in the order told
    made: int = None  # the number of the record that it has a task behind, whatever comes in another order
    turned: bool = False  # it was of another kind once
    ends: str = ""  # as they are told: d of a duplicate, ? of one of nothing, t of what its tracker says

    @property
    def was_held_otherwise(self):
        """Where a duplicate was held, its tracker's word was taken (R4.190), and of its task that was closed as one it
        was not; a duplicate of nothing leaves the status before it, and opens that task again."""
        return re.search(r"d.*t.*\?", self.ends) is not None

    @property
    def kind(self):
        """The kind of task that it has."""
        return "change-request" if "tool" in self.labels else _KINDS.get(self.category, "register-entry")


def _encoded(text):
    return encode_id(text).replace(":", "%3A")


def name_of(prefix, incident, finding, in_task_id=False):
    """What a finding is called in an incident."""
    origin, finding_id = finding
    if incident != origin:
        return f"{_encoded(prefix + origin)}:{_encoded(finding_id)}"
    return _encoded(finding_id) if in_task_id else finding_id


def _submission(number):
    return {"submitted_at": f"2026-11-02T08:{number % 60:02}:00Z", "evidence": [{"ref": f"mail/{number}"}]}


class Story:
    """The records of a seed, and what is to come of them."""

    def __init__(self, seed):
        self.seed = seed
        self.records = []
        self.into = dict.fromkeys(INCIDENTS)  # what each incident is merged into in the end
        self.closed = set()  # incidents
        self.findings = {}  # what is known of each, by its incident and id
        self.told = {}  # the last timeline, evidence and takeaways of each incident
        self.facts = {}  # the last closure of each incident that says how severe it is, and what follows from that
        self.duties = {name: {} for name in INCIDENTS}  # of each the number of the record since which it has a task
        self.owed = {}  # what each incident owes in the end
        self.places = {name: {} for name in INCIDENTS}  # of each of its duties where it has had a task, in the order told
        self.met = set()  # duties that some incident has met
        self.withdrawn = set()  # duties of which somebody has said that they are open, perhaps after that
        self._last = {}  # the last record of each incident and of each finding
        self._random = random.Random(seed)
        self._tells = random.Random(f"{seed}/tells")
        self._says = self._some_habits()
        self._tell()
        self._repeat()
        self._draw_times()

    # ---- records ----

    def _pick(self, among):
        return self._random.choice(list(among))

    def _chance(self, share):
        return self._random.random() < share

    def _some_habits(self):
        """What this story has more of than others: incidents that are closed late, ends, findings that are told of
        where they have gone to, facts of severity, findings that turn out to be of another kind, and merges."""
        return {"late": self._pick((0, 0, 0.4)), "ends": self._pick((0, 0.3, 0.8)),
                "far": self._pick((0, 0.3)), "flags": self._pick((0, 0.1, 0.5)),
                "kinds": self._pick((0, 0.3)), "merges": self._pick((0.3, 0.5, 0.7))}

    def _add(self, record, *depends):
        record.members["revision"] = len(self.records) + 1
        for about in depends:
            if about in self._last:
                record.after.add(self._last[about])
            self._last[about] = len(self.records)
        self.records.append(record)

    def _tell(self):
        for name in INCIDENTS:
            if not self._chance(self._says["late"]):
                self._close(name)
        for _ in range(self._random.randrange(6, 26)):
            name = self._pick(INCIDENTS)
            if self._chance(self._says["merges"]):
                self._close(name)
            elif self._chance(0.25) or not self.findings:
                self._find(name)
            elif self._chance(0.2):
                self._answer(name)
            elif self._chance(0.5):
                self._find_out(self._pick(self.findings))
            else:
                self._track(self._pick(self.findings))
        for name in INCIDENTS:
            if name not in self.closed and self._chance(0.8):
                self._close(name)

    def _close(self, name):
        members = {"title": f"Incident {name}", "closed_at": "2026-11-01T17:00:00Z",
                   "response_evaluation": EVALUATED}
        if name not in self.closed or self._chance(self._says["flags"]):
            members["severity"] = self._pick(_SEVERITIES)
            for flag in ("customer_impacting", "data_breach"):
                members[flag] = self._chance(self._says["flags"])
            members["postmortem"] = "full" if self._chance(self._says["flags"] / 5) else "light"
            members["known_at"] = members["detected_at"] = f"2026-11-0{self._random.randrange(1, 3)}T08:00:00Z"
            self.facts[name] = members
        if name in self.closed or self._chance(0.2):
            into = self._pick([n for n in INCIDENTS if n != name] + [None])
            self.into[name] = members["merged_into"] = into
        if name not in self.closed or self._chance(0.2):
            members["coordination"] = self._parties(name)
        members.update(self._what_happened(name))
        if self._chance(0.1):
            members["obligations"] = [{"id": "notice", **_submission(len(self.records))}]
            self.met.add("obligation/notice")
        depends = [name]
        if name not in self.closed or self._chance(0.1):
            found = self._random.sample(_FINDINGS, self._random.randrange(3))
            found = [f for f in found if (name, f) not in self.findings]
            members["findings"] = [{"finding_id": f, "revision": 1, **self._found((name, f))}
                                   for f in found]
            depends += [(name, f) for f in found]
        self._add(Sent("incident-closed", name, members), *depends)
        self.closed.add(name)
        self._walk()
        self._note_duties(name)

    def _what_happened(self, name):
        """Some closures tell it, and a later one tells it anew."""
        if self._tells.random() < 0.5:
            return {}
        steps, logs, takeaways = (self._tells.sample(of, self._tells.randrange(4))
                                  for of in (_STEPS, _LOGS, _TAKEAWAYS))
        steps.sort(key=lambda step: step["at"])  # as it is told it stays, where nothing is brought
        self.told[name] = {"Sequence of events": [step["action"] for step in steps],
                           "Evidence": [log["ref"] for log in logs], "Takeaways": takeaways}
        return {"timeline": steps, "technical_summary": {"evidence": logs, "takeaways": takeaways}}

    def _parties(self, name):
        """An incident coordinates with those that it has named before, and others."""
        known, told = self.duties[name], []
        for party in _PARTIES:
            duty = f"coordination/{encode_id(party)}"
            if duty in known or self._chance(0.4):
                is_over = self._chance(0.1)
                if is_over:
                    self.met.add(duty)
                elif duty in known:
                    self.withdrawn.add(duty)
                told.append({"party": party, "party_kind": "regulator", "status": "closed" if is_over else "open"})
                known.setdefault(duty, None)
        return told

    def _note_duties(self, name):
        """Its closures, of which it is the last, say what it owes; while it is not merged there is a task of it."""
        known = self.duties[name]
        owed = [f"obligation/{duty['id']}" for duty in POLICY["obligations"]
                if "when" not in duty or self.facts[name]["data_breach"]]
        self.owed[name] = {*owed, *(duty for duty in known if duty.startswith("coordination"))}
        for duty in owed:
            known.setdefault(duty, None)
        if not self.into[name]:
            known.update({duty: len(self.records) - 1 for duty, since in known.items() if since is None})
        for owner in self.closed:
            root = self.root(owner)
            for duty in self.owed.get(owner, ()):
                if root in self.closed:
                    self.places[owner].setdefault(duty, set()).add(root)

    def _answer(self, name):
        """What is told of a duty, mostly under the name that it has had in its own incident."""
        made = {duty: since for duty, since in self.duties[name].items() if since is not None}
        if not made:
            return
        duty, number = self._pick(sorted(made)), len(self.records)
        members = self._pick((
            {"status": self._pick(("open", "in-progress", "blocked"))},
            {"tracker": {"system": "jira", "key": f"D-{number}"}},
            {"owner": {"person": f"dev-{number}@example.com"}}))
        if "status" in members:
            self.withdrawn.add(duty)
        if self._chance(0.4):
            self.met.add(duty)
            members = {"status": "verified"}
            if duty.startswith("obligation"):
                members = _submission(number)
        places = sorted(self.places[name].get(duty, {name}))
        at = self._pick(places) if self._chance(self._says["far"]) else name
        record = Sent("task-updated", at, members, duty=duty, owner=name)
        record.after.add(made[duty])
        self._add(record, duty)

    def _walk(self):
        """Findings go where the merges lead now, and have a task at home where they were in no order elsewhere."""
        for (origin, _), known in self.findings.items():
            known.places.add(self.root(origin))
            if known.made is None and not self.into[origin] and origin in self.closed:
                known.made = len(self.records) - 1

    def _found(self, finding):
        category = self._pick(_CATEGORIES)
        known = self.findings[finding] = Known(category, sop=self._chance(0.15))
        members = {"category": category, "title": f"Finding {finding}", "sop_change": known.sop}
        if self._chance(0.7):
            members["severity"] = self._pick(_SEVERITIES)
        if self._chance(0.3):
            members["owner"] = {"team": self._pick(_TEAMS)}
        if self._chance(0.2):
            members["due_at"] = f"2026-12-{self._random.randrange(10, 28)}"
        return members

    def _find(self, name):
        finding = name, self._pick(_FINDINGS)
        if finding in self.findings:
            return
        self._add(Sent("finding-updated", name, self._found(finding), finding), finding, name)
        self._walk()

    def _place(self, finding, of_task):
        """An incident by whose name for it the finding, or its task, is told of: mostly its own."""
        places = [p for p in sorted(self.findings[finding].places) if p != finding[0]
                  and (p in self.closed or not of_task)]
        if places and self._chance(self._says["far"]):
            return self._pick(places)
        return finding[0]

    def _not_taken(self, finding):
        """Ends that do not count, at any priority: a risk that was accepted till a time that is over, and a duplicate
        of what nobody knows, or of itself."""
        return ({"status": "wont-fix", **_ACCEPTED, "accepted_until": "2026-10-01"},
                {"status": "duplicate", "duplicate_of": self._pick(("?", finding[1]))})

    def _find_out(self, finding):
        at, known, number = self._place(finding, False), self.findings[finding], len(self.records)
        members = self._pick((
            {"title": f"What was found by {number}"}, {"description": f"As {number} says"},
            {"severity": self._pick(_SEVERITIES)}, {"labels": {"number": str(number), "area": "hardware"}},
            {"groups": [self._pick(_TEAMS)]}, {"owner": {"person": f"dev-{number}@example.com"}},
            {"status": self._pick(("open", "in-progress", "blocked"))},
            {"tracker": {"system": "jira", "key": f"F-{number}"}},
            {"snoozed_until": "2027-02-01"},
        ))
        if self._chance(self._says["kinds"]):
            members = self._pick(({"category": self._pick(_CATEGORIES)}, {"labels": {"tool": "scanner"}}))
        elif self._chance(self._says["ends"]):
            members = self._pick((
                {"status": "resolved"}, {"status": "verified"},
                {"status": "dismissed", "reason": "no finding"},
                {"status": "wont-fix", **_ACCEPTED, "accepted_until": "2027-06-01"},
                {"status": "wont-fix", **_ACCEPTED, "accepted_until": "2026-12-01"},
                *self._not_taken(finding)))
        others = [other for other in self.findings if other[0] == finding[0] and other < finding]
        depends = [finding]
        if others and self._chance(0.1):
            other = self._pick(others)
            members = {"status": "duplicate", "duplicate_of": other[1]}
            depends.append(other)
        if members.get("status") == "duplicate":
            known.ends += "?" if members["duplicate_of"] in ("?", finding[1]) else "d"
        kind = known.kind
        known.category = members.get("category", known.category)
        known.labels = members.get("labels", known.labels)
        known.turned |= kind != known.kind
        self._add(Sent("finding-updated", at, members, finding), *depends)

    def _track(self, finding):
        """What a tracker says, of a task that was made."""
        known, number = self.findings[finding], len(self.records)
        if known.made is None:
            return
        kind = known.kind
        if known.sop and self._chance(0.3):
            kind = "sop-update"
        members = self._pick((
            {"status": self._pick(("open", "in-progress", "blocked"))},
            {"tracker": {"system": "jira", "key": f"T-{number}"}},
            {"owner": {"person": f"dev-{number}@example.com"}},
            {"evidence": [{"ref": f"commit/{number}"}]},
            {"snoozed_until": "2027-02-01"},
        ))
        if self._chance(self._says["ends"]):
            members = self._pick((
                {"status": "resolved"}, {"status": "verified"}, {"status": "closed"},
                {"status": "wont-fix", **_ACCEPTED, "accepted_until": "2026-12-01"}))
        if kind == known.kind and members.get("status") in ("resolved", "verified", "closed"):
            known.ends += "t"
        at = self._place(finding, True)
        record = Sent("task-updated", at, members, finding, kind)
        record.after.add(known.made)
        self._add(record, finding)

    def _repeat(self):
        """Some records come twice, the second time much later perhaps."""
        for number in range(len(self.records)):
            if self._chance(0.05):
                again = dataclasses.replace(self.records[number], after={number}, repeats=number)
                self.records.append(again)

    def _draw_times(self):
        at, self._times = _START, []
        for number in range(len(self.records)):
            if number >= len(INCIDENTS):
                minutes = self._pick((0, 1, 60, 600, 3000))
                at += datetime.timedelta(minutes=minutes)
            self._times.append(at)

    # ---- what is to come of them ----

    def root(self, name):
        """Where its findings are in the end: on the way along the merges, of which the smallest member of a circle
        has none."""
        into = dict(self.into)
        for start in INCIDENTS:
            way = [start]
            while into[way[-1]] and into[way[-1]] not in way:
                way.append(into[way[-1]])
            if into[way[-1]]:
                into[min(way[way.index(into[way[-1]]):], key=str.encode)] = None
        while into[name]:
            name = into[name]
        return name

    def prefix(self, form):
        """What the ids of its incidents begin with in this form: 'told', in the order in which it is told; 'mixed',
        in another one; 'apart', as if nobody had merged anything."""
        return f"{self.seed}{form[0]}-"

    def lines(self, form):
        """Its records in this form, with their times."""
        order = self._mixed() if form == "mixed" else self._in_order()
        for at, number in zip(self._times, order):
            record, prefix = self.records[number], self.prefix(form)
            yield {"at": at.strftime("%Y-%m-%dT%H:%M:%SZ"), "topic": record.topic,
                   "headers": {"ce_id": f"{prefix}{number}"},
                   "value": record.value(prefix, form != "apart")}

    def _in_order(self):
        """Repeated records stand where chance has put them behind the first."""
        draw, order = random.Random(f"{self.seed}/told"), []
        for number, record in enumerate(self.records):
            at = len(order)
            if record.repeats is not None:
                at = draw.randrange(order.index(record.repeats) + 1, len(order) + 1)
            order.insert(at, number)
        return order

    def _mixed(self):
        """Who calls a finding or a task as another incident does has seen it there, which it may not have come to in
        another order."""
        if any(record.at != record.home for record in self.records):
            return range(len(self.records))
        draw, order, left = random.Random(f"{self.seed}/mixed"), [], set(range(len(self.records)))
        while left:
            ready = sorted(n for n in left if not self.records[n].after & left)
            order.append(draw.choice(ready))
            left.discard(order[-1])
        return order

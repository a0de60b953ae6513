#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A year of an organisation that does not exist: some 150 incidents with what was found and what the
trackers said since, as lines that `epilogue simulate` reads, and the policy that knows its people.

    tests/support/year.py --seed 7 --policy > policy.json
    tests/support/year.py --seed 7 > year.jsonl
    epilogue simulate --policy policy.json --until 2027-01-01 --noise year.jsonl

Of the tasks 60 % are done in time, 30 % late, 10 % never. A breach with fifty findings of P1 and a
Saturday night with fifty of one person are in every year; how many teams there are, whether weeks are
alike, and who owns what, is the shape's. The same seed and shape are the same year, to the byte.
"""

import argparse
import dataclasses
import datetime
import json
import math
import random
import sys
import zoneinfo

DAY = datetime.timedelta(days=1)
HOUR = datetime.timedelta(hours=1)
MINUTE = datetime.timedelta(minutes=1)
YEAR = 2026
BEGIN = datetime.datetime(YEAR, 1, 1, tzinfo=datetime.timezone.utc)
END = datetime.datetime(YEAR + 1, 1, 1, tzinfo=datetime.timezone.utc)
OBLIGATION = "gdpr-33"
HOLIDAYS = [f"{YEAR}-{day}" for day in ("01-01", "04-03", "04-06", "05-01", "05-25", "10-30",
                                        "12-24", "12-25", "12-31")]

# The default policy, as far as a person who works by it knows it.
DAYS_GIVEN = {"P1": 7, "P2": 30, "P3": 60, "P4": 90}
SEVERITIES = ("critical", "high", "medium", "low")
KIND_OF = {"technical-lapse": "bug", "unknown-attack-vector": "service-investment",
           "procedural-failure": "register-entry", "manual-error": "register-entry",
           "process-flaw": "register-entry", "communication-glitch": "register-entry"}
TECHNICAL = ("technical-lapse", "unknown-attack-vector")


@dataclasses.dataclass(frozen=True)
class Shape:
    """What a year is like."""

    incidents: int = 150
    teams: int = 12
    people: int = 6  # of a team, at most
    owners: tuple = (60, 25, 15)  # of findings: a person, a team alone, nobody
    bursts: int = 0  # weeks with a third of all incidents
    off_hours: float = 0.2  # closed at night or on a day off
    breach_hours: float = 0  # over which the findings of the breach come; 0: in its closure
    breach_teams: int = 0  # to which they go; 0: to all
    time_zone: str = "Europe/Berlin"


SHAPES = {
    "plain": Shape(),
    "bursts": Shape(bursts=3),
    "few-teams": Shape(teams=3, people=4),
    "many-teams": Shape(teams=40, people=9, incidents=180),
    "teams-own": Shape(owners=(10, 85, 5), teams=8),
    "nobody-owns": Shape(owners=(25, 15, 60)),
    "persons-own": Shape(owners=(97, 2, 1), people=3, incidents=130),
    "one-by-one": Shape(breach_hours=30, breach_teams=1, people=4),
    "in-a-week": Shape(breach_hours=170, breach_teams=2, owners=(80, 20, 0)),
    "at-night": Shape(off_hours=0.7, time_zone="America/Los_Angeles", bursts=1),
}

_TEAMS = ("identity", "edge", "payments", "storage", "search", "mobile", "data-platform", "network",
          "observability", "build", "messaging", "billing", "fraud", "support-tools", "catalogue",
          "checkout", "media", "recommendation", "privacy", "hardware", "desktop", "access",
          "warehouse", "forecasting", "maps", "notifications", "partner-api", "compute", "cache",
          "scheduling", "documents", "translation", "experiments", "ledger", "key-management",
          "endpoints", "mail", "directory", "imaging", "telephony")
_NAMES = ("ada", "bela", "chidi", "dara", "elif", "femi", "goran", "hana", "ines", "jonas", "kaito",
          "lucia", "marek", "nadia", "oskar", "priya", "quentin", "rosa", "samir", "tove", "ulf",
          "vera", "wanda", "ximena", "yusuf", "zora")
_FAMILIES = ("abara", "blom", "costa", "demir", "endo", "ferrari", "garcia", "haas", "ivanova",
             "jensen", "kovac", "lindqvist", "mensah", "novak", "okafor", "petit", "rossi", "sato",
             "tanaka", "weber")
_WHAT = ("Requests time out", "Tokens are accepted after they were revoked", "Records are lost",
         "Customers see the data of others", "Half of the hosts restart", "Certificates expire",
         "A queue grows without end", "Backups cannot be read", "Invoices are sent twice",
         "A key is in a public repository", "Deploys stop half-way", "An admin account is taken over",
         "Alerts do not reach anybody", "Malware on a laptop spreads", "Traffic goes the wrong way")
_FLAWS = {
    "technical-lapse": ("Retries have no limit", "Input is not checked", "Logs hold credentials",
                        "The pool has no bound", "Two writers share one lock file"),
    "unknown-attack-vector": ("How they came in is not known", "The first host is not known"),
    "procedural-failure": ("Nobody reviews changes of the proxy", "The restore was never tried",
                           "Rights of leavers are kept for weeks"),
    "manual-error": ("The wrong region was named", "A flag was left on after the test"),
    "process-flaw": ("Two people must agree, and one may be away", "The list is kept by hand"),
    "communication-glitch": ("Support heard of it from customers", "The page went to a closed list"),
}
_PARTIES = (("Data protection authority", "regulator"), ("National police", "law-enforcement"),
            ("Proxy vendor", "vendor"), ("Largest customers", "customer"),
            ("Customer success", "internal-group"), ("Legal", "internal-group"))


def _text(moment):
    """A time as it stands in events."""
    utc = moment.astimezone(datetime.timezone.utc)
    return utc.strftime("%Y-%m-%dT%H:%M:%S.") + f"{utc.microsecond // 1000:03}Z"


@dataclasses.dataclass
class Work:
    """A task that somebody does, or does not."""

    task_id: str
    incident_id: str
    begins: datetime.datetime
    days: int
    owner: dict
    verified: bool  # whether done is not enough
    owner_later: dict  # whom it is given to, where nobody owns it


class Year:
    """`lines`: what came in, in the order of its time; `policy`: by which rules."""

    def __init__(self, seed, shape="plain"):
        self.shape = SHAPES[shape]
        self._random = random.Random(f"{shape}/{seed}")
        self._zone = zoneinfo.ZoneInfo(self.shape.time_zone)
        self._lines = []
        self._teams = self._found_teams()
        for number, closed_at in enumerate(self._closings(), 1):
            self._incident(f"INC-{1000 + number}", closed_at)
        self._breach("INC-501")
        self._saturday_night("INC-502")
        for number in range(self._random.randint(1, 3)):
            self._never_closed(f"INC-{900 + number}")
        self._lines.sort(key=lambda line: line["at"])
        self.lines = [line for line in self._lines if line["at"] < _text(END)]
        self.policy = self._policy()

    # ---- the organisation ----

    def _found_teams(self):
        """Who works where."""
        return {team: sorted({self._person() for _ in
                              range(self._random.randint(2, self.shape.people))})
                for team in _TEAMS[:self.shape.teams]}

    def _person(self):
        return f"{self._random.choice(_NAMES)}.{self._random.choice(_FAMILIES)}@example.com"

    def _policy(self):
        """The default policy, with the people of this organisation and one duty."""
        on_call = {team: {"team": team, "person": self._random.choice(people)}
                   for team, people in self._teams.items() if self._random.random() < 0.6}
        return {
            "version": "a year",
            "calendar": {"time_zone": self.shape.time_zone, "holidays": HOLIDAYS},
            "people": {
                "response-team": {"team": "incident-response"},
                "response-lead": {"person": "response.lead@example.com"},
                "managers": {team: {"person": f"head.of.{team}@example.com"}
                             for team in self._teams},
                "on_call": on_call},
            "obligations": [
                {"id": OBLIGATION, "title": "breach notification", "when": ["data_breach"],
                 "from": "detected_at", "within": "72h", "party": "Supervisory authority",
                 "party_kind": "regulator"}]}

    def _owner(self, teams=0):
        """A person with a team, a team, or nobody (None); of the first so many teams, or all."""
        team = self._random.choice(list(self._teams)[:teams or None])
        what = self._random.choices(("person", "team", "nobody"), self.shape.owners)[0]
        return None if what == "nobody" else self._member(team, what == "person")

    def _member(self, team, is_person=True):
        return {"team": team,
                "person": self._random.choice(self._teams[team]) if is_person else None}

    # ---- times ----

    def _working_time(self, day):
        """When somebody does something on that day, or on the next on which people work."""
        local = day.astimezone(self._zone)
        while local.weekday() > 4 or f"{local:%Y-%m-%d}" in HOLIDAYS:
            local += DAY
        return self._at(local, self._random.uniform(8.5, 18))

    def _off_time(self, day):
        local = day.astimezone(self._zone)
        hour = self._random.choice((self._random.uniform(20.5, 23.9), self._random.uniform(0, 6)))
        return self._at(local, hour)

    @staticmethod
    def _at(local, hour):
        return local.replace(hour=0, minute=0, second=0, microsecond=0) + \
            datetime.timedelta(milliseconds=int(hour * 3600000))

    def _closings(self):
        """When each incident is closed."""
        bursts = [self._random.randrange(2, 50) for _ in range(self.shape.bursts)]
        times = []
        for _ in range(self.shape.incidents):
            day = BEGIN + self._random.random() * (END - BEGIN)
            if bursts and self._random.random() < 1 / 3:
                day = BEGIN + (self._random.choice(bursts) * 7 + self._random.random() * 5) * DAY
            off = self._random.random() < self.shape.off_hours
            times.append(self._off_time(day) if off else self._working_time(day))
        return sorted(times)

    # ---- what is said ----

    def _say(self, moment, topic, value):
        self._lines.append({"at": _text(moment), "topic": topic, "key": value["incident_id"],
                            "value": value})

    def _title(self, words):
        return f"{self._random.choice(words)} ({self._random.choice(list(self._teams))})"

    def _finding(self, number, severity=None, owner=None, category=None):
        """A finding as a closure has it."""
        category = category or self._random.choices(
            tuple(KIND_OF), (45, 6, 14, 10, 15, 10))[0]
        severity = severity or self._random.choices(SEVERITIES, (5, 25, 45, 25))[0]
        value = {"finding_id": f"F-{number}", "category": category, "severity": severity,
                 "title": self._title(_FLAWS[category]), "owner": owner}
        if KIND_OF[category] == "register-entry":
            value["groups"] = self._random.sample(list(self._teams), self._random.randint(0, 2))
            value["sop_change"] = self._random.random() < 0.25
        return value

    def _closure(self, incident_id, closed_at, severity, **members):
        detected_at = closed_at - self._random.uniform(0.1, 12) * DAY
        return {"incident_id": incident_id, "revision": 1, "severity": severity,
                "title": self._title(_WHAT), "customer_impacting": False, "data_breach": False,
                "detected_at": _text(detected_at), "closed_at": _text(closed_at),
                "owner": self._member(self._random.choice(list(self._teams))), **members}

    _TOLD = {
        "timeline": [{"action": "Alert confirmed"}, {"action": "Contained"}],
        "technical_summary": {"evidence": ["case/1"], "response": "Rolled back.",
                              "takeaways": ["Try the restore."]},
        "response_evaluation": {"sufficient": True, "complete": True}}

    # ---- incidents ----

    def _incident(self, incident_id, closed_at):
        draw = self._random
        severity = draw.choices(SEVERITIES, (8, 27, 40, 25))[0]
        full = draw.random() < 0.25
        count = 0 if draw.random() < 0.04 else 1 + min(int(draw.expovariate(0.4)), 9)
        findings = [self._finding(n, owner=self._owner()) for n in range(1, count + 1)]
        inline = [finding for finding in findings if draw.random() < 0.5]
        value = self._closure(incident_id, closed_at, severity, customer_impacting=full,
                              findings=inline)
        said = {name for name in self._TOLD if draw.random() < 0.6}
        value |= {name: self._TOLD[name] for name in said}
        if draw.random() < 0.15:
            value["coordination"] = [{"party": party, "party_kind": kind} for party, kind in
                                     draw.sample(_PARTIES, draw.randint(1, 2))]
        self._close(value, closed_at, full, said)
        begins = {}
        for finding in findings:
            came_at = closed_at
            if finding not in inline:
                came_at = self._working_time(closed_at + draw.uniform(-3, 12) * DAY)
                self._say(came_at, "finding-updated", {"incident_id": incident_id, "revision": 1,
                                                       **finding})
            begins[finding["finding_id"]] = max(came_at, closed_at)
            self._do_finding(incident_id, begins[finding["finding_id"]], finding, full)
        process = [begins[finding["finding_id"]] for finding in findings
                   if finding["category"] not in TECHNICAL]
        if process:
            self._do_own(value, "stakeholder-review", min(process))

    def _close(self, value, closed_at, full, said):
        """The closure, and what is done about the incident as a whole."""
        incident_id = value["incident_id"]
        self._say(closed_at, "incident-closed", value)
        missing = set(self._TOLD) - said
        if missing and self._random.random() < 0.85:
            later = self._working_time(closed_at + self._random.uniform(1, 45) * DAY)
            self._say(later, "incident-closed",
                      {"incident_id": incident_id, "revision": 2, "closed_at": value["closed_at"],
                       **{name: self._TOLD[name] for name in missing}})
        names = ["postmortem", "findings-report"] if full else []
        names += [f"coordination/{party['party']}" for party in value.get("coordination", ())]
        for name in names:
            self._do_own(value, name, closed_at)

    def _do_own(self, closure, name, begins):
        """A task of the incident itself."""
        priority = self._priority(closure["severity"])
        self._do(Work(f"{closure['incident_id']}/{name}", closure["incident_id"], begins,
                      DAYS_GIVEN[priority], closure["owner"], priority in ("P1", "P2"),
                      closure["owner"]))

    @staticmethod
    def _priority(severity, steps=0):
        return f"P{max(1, SEVERITIES.index(severity) + 1 - steps)}"

    def _do_finding(self, incident_id, begins, finding, full):
        priority = self._priority(finding["severity"], 1 if full else 0)
        names = [KIND_OF[finding["category"]]]
        if finding.get("sop_change"):
            names.append("sop-update")
        later = self._member(self._random.choice(list(self._teams)))
        for kind in names:
            self._do(Work(f"{incident_id}/{kind}/{finding['finding_id']}", incident_id, begins,
                          DAYS_GIVEN[priority], finding["owner"], priority in ("P1", "P2"), later))

    def _breach(self, incident_id):
        """Fifty findings of P1, of many owners, and the regulator's clock."""
        closed_at = self._working_time(BEGIN + self._random.uniform(40, 300) * DAY)
        hours = self.shape.breach_hours
        findings = [self._finding(n, "critical", self._owner(self.shape.breach_teams),
                                  "technical-lapse") for n in range(1, 51)]
        value = self._closure(incident_id, closed_at, "critical", data_breach=True,
                              customer_impacting=True, findings=[] if hours else findings,
                              **self._TOLD) | {"detected_at": _text(closed_at - DAY)}
        self._close(value, closed_at, True, set(self._TOLD))
        self._do(Work(f"{incident_id}/obligation/{OBLIGATION}", incident_id, closed_at,
                      2, value["owner"], True, value["owner"]))
        for finding in findings:
            came_at = closed_at + self._random.uniform(0, hours) * HOUR
            if hours:
                self._say(came_at, "finding-updated", {"incident_id": incident_id, "revision": 1,
                                                       **finding})
            self._do_finding(incident_id, came_at, finding, True)

    def _saturday_night(self, incident_id):
        """Fifty findings of one person, closed at 02:37 on a Saturday."""
        day = (BEGIN + self._random.uniform(40, 300) * DAY).astimezone(self._zone)
        day += (5 - day.weekday()) % 7 * DAY
        closed_at = self._at(day, 2 + 37 / 60)
        owner = self._member(self._random.choice(list(self._teams)))
        severities = self._random.choice((("high",), ("medium",), ("high", "medium", "low")))
        findings = [self._finding(n, self._random.choice(severities), owner)
                    for n in range(1, 51)]
        value = self._closure(incident_id, closed_at, "high", owner=owner, findings=findings,
                              **self._TOLD)
        self._close(value, closed_at, False, set(self._TOLD))
        for finding in findings:
            self._do_finding(incident_id, closed_at, finding, False)

    def _never_closed(self, incident_id):
        begins = self._working_time(BEGIN + self._random.uniform(5, 330) * DAY)
        self._say(begins, "finding-updated", {"incident_id": incident_id, "revision": 1,
                                              **self._finding(1, owner=self._owner())})

    # ---- what is done ----

    def _do(self, work):
        """The life of a task, as its tracker tells it."""
        draw = self._random
        fate = draw.choices(("in time", "late", "never"), (60, 30, 10))[0]
        begins = self._working_time(work.begins + draw.uniform(0.02, 0.4) * work.days * DAY)
        if not work.owner and draw.random() < 0.9:
            self._update(work, self._working_time(work.begins + draw.uniform(0.2, 8) * DAY),
                         owner=work.owner_later)
        ends = {"in time": work.begins + work.days * draw.uniform(0.15, 0.93) * DAY,
                "late": work.begins + (work.days + 1 + draw.lognormvariate(2, 0.9)) * DAY,
                "never": work.begins + draw.uniform(0.2, 1) * work.days * DAY}[fate]
        ends = max(ends, begins + HOUR)
        self._update(work, begins, status="in-progress",
                     tracker={"system": "tracker", "key": f"WORK-{draw.randrange(10 ** 6)}"})
        self._progress(work, begins, ends)
        if fate == "in time" and self._working_time(ends) >= work.begins + work.days * DAY:
            ends = max(begins + MINUTE, work.begins + work.days * DAY - 5 * HOUR)
        elif fate != "in time":
            ends = self._working_time(ends)
        if fate != "never":
            self._finish(work, ends)

    def _progress(self, work, begins, ends):
        """What is said while somebody works: news now and then, and heartbeats without any."""
        draw, moment, status = self._random, begins, "in-progress"
        while True:
            moment = self._working_time(moment + draw.uniform(2, 16) * DAY)
            if moment >= ends:
                return
            what = draw.random()
            if what < 0.25:
                status = "blocked" if status == "in-progress" else "in-progress"
                self._update(work, moment, status=status)
            elif what < 0.35 and work.owner and work.owner["team"] in self._teams:
                self._update(work, moment, owner=self._member(work.owner["team"]))
            elif what < 0.38:
                until = moment + draw.uniform(3, 20) * DAY
                self._update(work, moment, snoozed_until=_text(until))
            elif what < 0.7:
                self._update(work, moment, tracker={"system": "tracker",
                                                    "key": f"WORK-{draw.randrange(10 ** 6)}"})
            else:
                self._update(work, moment, status=status)

    def _finish(self, work, moment):
        draw = self._random
        if "/obligation/" in work.task_id:
            self._update(work, moment, status="closed", submitted_at=_text(moment - MINUTE),
                         evidence=[{"ref": "receipt of the authority"}])
            return
        if draw.random() < 0.08:
            self._update(work, moment, status=draw.choice(("wont-fix", "dismissed")),
                         reason="What it would cost is more than what it would prevent.",
                         accepted_until=_text(moment + 365 * DAY), accepted_by="ciso@example.com")
            return
        self._update(work, moment, status="resolved")
        if work.verified and draw.random() < 0.95:
            days = math.ceil(draw.expovariate(1 / 3)) + 0.5
            moment = self._working_time(moment + days * DAY)
            self._update(work, moment, status="verified")
        if draw.random() < 0.03:
            moment = self._working_time(moment + draw.uniform(5, 40) * DAY)
            self._update(work, moment, status="open")
            self._update(work, self._working_time(moment + draw.uniform(1, 20) * DAY),
                         status="verified")

    def _update(self, work, moment, **members):
        moment = max(moment, work.begins + 5 * MINUTE)
        self._say(moment, "task-updated", {"task_id": work.task_id, "incident_id": work.incident_id,
                                           "updated_at": _text(moment), **members})


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n", maxsplit=1)[0])
    parser.add_argument("--seed", default="1")
    parser.add_argument("--shape", choices=SHAPES, default="plain")
    parser.add_argument("--policy", action="store_true", help="the policy instead of the lines")
    options = parser.parse_args()
    year = Year(options.seed, options.shape)
    if options.policy:
        json.dump(year.policy, sys.stdout, indent=1)
        print()
        return
    for line in year.lines:
        print(json.dumps(line))


if __name__ == "__main__":
    main()

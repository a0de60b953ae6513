# SPDX-License-Identifier: Apache-2.0
"""What `epilogue simulate` says of a year: who is reminded how often, and whether that is too much."""

import collections
import datetime
import json
import subprocess
import zoneinfo

import pytest

from support.events import closure
from support.worker import binary, environment
from support.year import END, HOLIDAYS, OBLIGATION, SHAPES, Year


def _simulate(*arguments):
    return subprocess.run([binary(load=True), "simulate", *map(str, arguments)],
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=300,
                          env=environment(), check=False)


def _objects(text):
    return [json.loads(line) for line in text.splitlines()]


def _write(path, *lines):
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return path


class _Files:
    """A year on disk, and what `simulate` says of it."""

    def __init__(self, folder, seed, shape):
        self.year = Year(seed, shape)
        self.policy = _write(folder / "policy.json", self.year.policy)
        self.lines = _write(folder / "year.jsonl", *self.year.lines)
        self._done = {}

    def run(self, *options):
        """The command, run once for the same options."""
        if options not in self._done:
            policy = [] if "--diff" in options else ["--policy", self.policy]
            self._done[options] = _simulate(*policy, "--until", END.date(), *options, self.lines)
        return self._done[options]

    def noise(self):
        """The figures of each recipient."""
        return {line["recipient"]: line for line in
                _objects(self.run("--noise", "--json").stdout)}


@pytest.fixture(scope="module")
def year(tmp_path_factory):
    """The plainest one."""
    return _Files(tmp_path_factory.mktemp("year"), 1, "plain")


# ---- counting ----

def _name(recipient):
    kind = "person" if recipient["person"] is not None else "team"
    return f"{kind}:{recipient[kind]}"


def _counted(events, policy):
    """The figures of each recipient, from the events, by other means than the command's."""
    zone = _zone_of(policy)
    days, figures = collections.defaultdict(collections.Counter), collections.defaultdict(
        collections.Counter)
    for event in events:
        if event["topic"] != "followup-reminders":
            continue
        at = _local(event["at"], zone)
        value = event["value"]
        names = {_name(recipient) for recipient in value.get("recipients", ())}
        for name in names or {value["recipient"]}:
            days[name][at.date()] += 1
            figures[name]["total"] += 1
            figures[name]["nights"] += not 7 <= at.hour < 20
            figures[name]["weekends"] += not _is_working(at.date())
    return days, figures


def _zone_of(policy):
    return zoneinfo.ZoneInfo(policy["calendar"]["time_zone"])


def _local(time, zone):
    return datetime.datetime.fromisoformat(time.replace("Z", "+00:00")).astimezone(zone)


def _is_working(day):
    return day.weekday() < 5 and str(day) not in HOLIDAYS


def _median(days, lines):
    """The upper median of the working days from the first line to the last."""
    first, last = lines
    events = sorted(days[first + datetime.timedelta(n)] for n in range((last - first).days + 1)
                    if _is_working(first + datetime.timedelta(n)))
    return events[len(events) // 2]


@pytest.mark.parametrize("shape", ("plain", "few-teams", "at-night"))
def test_the_figures_are_those_of_the_events(tmp_path, shape):
    files = _Files(tmp_path, 5, shape)
    zone = _zone_of(files.year.policy)
    period = [_local(files.year.lines[i]["at"], zone).date() for i in (0, -1)]
    events = _objects(files.run("--json").stdout)
    assert not [event for event in events if event["topic"] == "followup-dead-letters"]
    days, expected = _counted(events, files.year.policy)
    said = _objects(files.run("--noise", "--json").stdout)
    assert {line["recipient"] for line in said} == set(expected) and len(said) == len(expected) > 10
    for line in said:
        name = line["recipient"]
        worst = max(days[name].values())
        assert {member: line[member] for member in
                ("total", "nights", "weekends", "worst", "median", "worst_on")} == {
            **{member: expected[name][member] for member in ("total", "nights", "weekends")},
            "worst": worst, "median": _median(days[name], period),
            "worst_on": str(min(day for day, n in days[name].items() if n == worst))}
        assert sum(line["kinds"].values()) >= line["total"]
    assert said == sorted(said, key=lambda line: (-line["worst"], -line["total"],
                                                  line["recipient"].encode()))


def test_a_table_for_a_person(year):
    lines = year.run("--noise").stdout.splitlines()
    said = _objects(year.run("--noise", "--json").stdout)
    assert lines[0].split() == ["RECIPIENT", "TOTAL", "MEDIAN", "WORST", "ON", "NIGHTS",
                                "WEEKENDS", "ROLES", "KINDS"]
    assert len(lines) == len(said) + 1
    for line, value in zip(lines[1:], said):
        cells = line.split()
        assert cells[:4] == [value["recipient"], *(str(value[member]) for member in
                                                   ("total", "median", "worst"))]
        assert cells[5] == value["worst_on"]
        assert all(role in line for role in value["roles"])


# ---- budgets ----

def test_a_budget_names_who_when_and_why(year):
    """By the days that are over it, whatever else there is."""
    limit = max(line["worst"] for line in year.noise().values()) // 2
    done = year.run("--budget", f"{limit}/day", "--json")
    said = _objects(done.stdout)
    over = [line for line in said if line["over"]]
    assert done.returncode == 3
    assert f"{len(over)} of {len(said)} recipients get more than the budget" in done.stderr
    assert {line["recipient"] for line in over} == {line["recipient"] for line in said
                                                    if line["worst"] > limit} != set()
    text = year.run("--budget", f"{limit}/day").stdout
    for line in over:
        days, sources = line["over"]["days"], line["over"]["from"]
        assert line["over"]["allowed"] == {"worst": limit}
        assert days[0]["events"] == line["worst"] and days[0]["date"] == line["worst_on"]
        assert all(day["events"] > limit for day in days)
        assert {kind["kind"]: kind["n"] for kind in sources} == sum(
            (collections.Counter(day["kinds"]) for day in days), collections.Counter())
        assert f"\n{line['recipient']} gets too much: worst {line['worst']}, allowed {limit}\n" \
            in text
        assert ", ".join(f"{kind['n']} {kind['kind']} ({kind['policy']})" for kind in sources) in text


def test_within_the_budget(year):
    worst = max(line["worst"] for line in year.noise().values())
    assert year.run("--budget", f"{worst}/day").returncode == 0
    assert year.run("--budget", f"{worst - 1}/day").returncode == 3


def _over(year, folder, budget):
    file = _write(folder / f"{abs(hash(str(budget)))}.json", budget)
    return {line["recipient"]: line["over"]["allowed"] for line in
            _objects(year.run("--budget", file, "--json").stdout) if line["over"]}


def test_a_budget_of_roles_and_recipients(year, tmp_path):
    """The nearest word on a figure counts: the recipient's own, then the least of its roles', then
    the default."""
    said = year.noise()
    team = "team:incident-response"
    assert "response-team" in said[team]["roles"]
    assert _over(year, tmp_path, {"response-team": {"total": 0}}) == {team: {"total": 0}}
    assert _over(year, tmp_path, {"response-team": {"total": 0}, team: {"total": 10 ** 6}}) == {}
    assert _over(year, tmp_path, {"default": {"total": 0}, "response-team": "0/day"})[team] == {
        "total": 0, "worst": 0}
    both = next(name for name, line in said.items()
                if {"owner", "on-call"} <= set(line["roles"]) and line["total"] > 1)
    assert _over(year, tmp_path, {"owner": {"total": 1}, "on-call": {"total": 0}})[both] == {
        "total": 0}
    assert _over(year, tmp_path, {}) == {}


@pytest.mark.parametrize("budget, sentence", [
    ("10", "--budget is a number like 10/day, or a file: 10: No such file"),
    ("-1/day", "No such file"),
    ({"defualt": "10/day"}, 'did you mean "default"?'),
    ({"default": "10/week"}, "default: not allowed; allowed: a number a day"),
    ({"default": {"wrost": 1}}, 'did you mean "worst"?'),
    ({"default": {"worst": -1}}, "default.worst: -1 is not allowed"),
    (["10/day"], "this is no object"),
], ids=str)
def test_a_wrong_budget(tmp_path, budget, sentence):
    events = _write(tmp_path / "events.jsonl", {"topic": "incident-closed", "at": "2026-11-20",
                                                "value": closure("INC-1")})
    if not isinstance(budget, str):
        budget = _write(tmp_path / "budget.json", budget)
    done = _simulate("--budget", budget, events)
    assert done.returncode == 2 and sentence in done.stderr and not done.stdout, done.stderr


# ---- two policies ----

def test_two_policies_are_compared(year, tmp_path):
    quiet = _write(tmp_path / "quiet.json", {
        **year.year.policy, "reminders": {"due_soon": [], "overdue_max": 1}})
    old = year.noise()
    new = {line["recipient"]: line for line in _objects(_simulate(
        "--policy", quiet, "--until", END.date(), "--noise", "--json", year.lines).stdout)}
    done = year.run("--diff", year.policy, quiet, "--noise", "--json")
    said = _objects(done.stdout)
    assert done.returncode == 0 and {line["recipient"] for line in said} == set(old) | set(new)
    nothing = {"total": 0, "median": 0, "worst": 0, "nights": 0, "weekends": 0, "worst_on": None,
               "roles": [], "kinds": {}}
    for line in said:
        name = line["recipient"]
        assert {"recipient": name, **line["old"]} == old.get(name, {"recipient": name, **nothing})
        assert {"recipient": name, **line["new"]} == new.get(name, {"recipient": name, **nothing})
    fewer = max(set(old) & set(new), key=lambda name: old[name]["total"] - new[name]["total"])
    totals = old[fewer]["total"], new[fewer]["total"]
    assert totals[0] > totals[1]
    assert f"{totals[0]} → {totals[1]}" in year.run("--diff", year.policy, quiet, "--noise").stdout
    # What is held against a budget is the new one.
    budget = _write(tmp_path / "budget.json", {fewer: {"total": totals[1]}})
    assert year.run("--diff", year.policy, quiet, "--budget", budget).returncode == 0
    assert year.run("--diff", quiet, year.policy, "--budget", budget).returncode == 3


# ---- the default policy ----

_BUDGET = {"default": {"worst": 12}, "response-team": {"median": 2}, "response-lead": {"median": 3}}


@pytest.fixture(scope="module", params=[(seed, shape) for shape in SHAPES for seed in (1, 2)],
                ids=lambda param: f"{param[1]}-{param[0]}")
def any_year(request, tmp_path_factory):
    """Years of all shapes."""
    return _Files(tmp_path_factory.mktemp("year"), *request.param)


def test_nobody_gets_more_than_the_budget(any_year, tmp_path):
    done = any_year.run("--budget", _write(tmp_path / "budget.json", _BUDGET))
    assert done.returncode == 0, done.stdout.partition("\n\n")[2]  # who, behind the table


def _may_wake(task_id, priority):
    return priority == "P1" or (task_id or "").endswith(f"/obligation/{OBLIGATION}")


def test_nothing_but_what_cannot_wait_comes_out_of_hours(any_year):
    """P1 and obligations alone, of whatever has been collected."""
    zone, waking, early = _zone_of(any_year.year.policy), 0, []
    for event in _objects(any_year.run("--json").stdout):
        at = _local(event["at"], zone)
        if event["topic"] != "followup-reminders" or (7 <= at.hour < 20 and _is_working(at.date())):
            continue
        value = event["value"]
        if "recipient" in value:
            what = [(item["task_id"], item.get("priority") or item["task"]["priority"])
                    for item in value["items"]] + [(None, None) for _ in value["reviews"]]
        else:
            what = [(value["task_id"], (value["task"] or {}).get("priority"))]
        waking += 1
        early += [(event["at"], *item) for item in what if not _may_wake(*item)]
    assert not early, (len(early), early[:5])
    assert waking


# ---- an end ----

def test_it_ends_with_its_reader(tmp_path):
    """A review a week for seven thousand years is more than anybody waits for."""
    events = _write(tmp_path / "events.jsonl", *(
        {"topic": "incident-closed", "at": "2026-11-20T10:00:00Z", "value": closure(f"INC-{n}")}
        for n in range(50)))
    process = subprocess.Popen([binary(), "simulate", events, "--until", "9000-01-01"],
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                               env=environment())
    with process:
        assert "received" in process.stdout.readline()
        process.stdout.close()
        assert process.wait(60) == 0
        assert process.stderr.read() == ""

# SPDX-License-Identifier: Apache-2.0
"""Incidents that merge and part at random: nothing that somebody has to do is lost, or is there
twice, or is due later than before, and in which order independent records come makes no difference."""

import collections
import functools
import json
import os
import pathlib
import random
import re
import subprocess
import time
import typing

import pytest

from conftest import long_run
from support import checker, schemas
from support.merging import INCIDENTS, POLICY, Story
from support.story import inputs, simulated, write_lines
from support.worker import binary, environment

_FORMS = ("told", "mixed", "apart")
_FORWARDED = re.compile(r"  forwarded +.* (?:goes|is told) to (\S+)$")
_SEVERITIES = ("critical", "high", "medium", "low", "informational")
# What somebody has said of a finding or its tasks: it is the same wherever that is followed up.
_SAID = ("kind", "queue", "title", "description", "category", "owner", "participants", "labels", "tracker", "evidence",
         "snoozed_until", "accepted_until", "accepted_by", "resolution")
_WORK = ("owner", "tracker", "evidence", "snoozed_until", "accepted_until", "accepted_by", "resolution")


def _simulate(path, *options, retention=None):
    policy = path.with_name("policy.json")
    policy.write_text(json.dumps(POLICY | ({"retention": retention} if retention else {})))
    return subprocess.run([binary(), "simulate", "--policy", policy, "--until", "2027-01-31", path, *options],
                          capture_output=True, check=True, timeout=600, text=True, env=environment())


def _prefix_of(incident_id):
    """By which the incidents of a story in one of its forms are known (Story.prefix)."""
    return incident_id.split("-")[0] + "-"


class _End:
    """What has become of a story in one of its forms, from its events in their order."""

    def __init__(self, story, form):
        self.story, self.form = story, form
        self.prefix = story.prefix(form)
        self.tasks, self.incidents, self.made_at = {}, {}, {}
        self.latest_due = collections.defaultdict(str)  # of each finding in each occurrence
        self.problems = []

    def take(self, event):
        if "task_id" not in event:
            self.incidents[event["incident_id"]] = event
            return
        before = self.tasks.get(event["moved_from"]) if event["moved_from"] else None
        was = self.tasks.get(event["task_id"])
        arrives = event["finding_id"] and before and (not was or was["moved_to"])
        # What was held on its way may have been told another date meanwhile: then another record has let it go on.
        at_once = arrives and before["cause"] == event["cause"] and before["kind"] == event["kind"]
        if at_once and event["due_at"] > before["due_at"]:
            self.problems.append(f"due later: {event['task_id']}, {before['due_at']} -> {event['due_at']}")
        self.tasks[event["task_id"]] = event
        if event["finding_id"]:
            about = self.finding_of(event)
            self.made_at.setdefault(about, event["created_at"])
            self.latest_due[about, event["occurrence"]] = max(self.latest_due[about, event["occurrence"]],
                                                              event["due_at"])

    def finding_of(self, task):
        """The pair that it is, as the story calls it; and whether it is of its procedures."""
        origin = task["origin"] or task
        return ((origin["incident_id"].removeprefix(self.prefix), origin["finding_id"]),
                task["kind"] == "sop-update")

    @functools.cached_property
    def live(self):
        """What is followed up of each finding in the end, by the one task that has not gone on."""
        live = {}
        for task in self.tasks.values():
            if not task["finding_id"] or task["moved_to"] or task["resolution"] == "superseded":
                continue
            about = self.finding_of(task)
            if task["status"] == "closed" and task["kind"] != "sop-update" and \
                    task["kind"] != self.story.findings[about[0]].kind:
                continue  # it was closed before the finding was found to be of another kind
            other = live.get(about)
            if other and self.story.findings[about[0]].turned and "closed" in (task["status"], other["status"]):
                # One was closed before it was of another kind, and of this one again.
                live[about] = max(task, other, key=lambda t: (t["status"] != "closed", t["updated_at"]))
                continue
            if other:
                self.problems.append(f"twice: {other['task_id']} and {task['task_id']}")
            live[about] = task
        return live

    def said(self, task):
        said = {name: task[name] for name in _SAID}
        if task["kind"] == "sop-update":
            said["category"] = None
        if task["status"] in ("resolved", "closed") and task["resolution"] in (None, "done"):
            # Whether that was verified depends on how urgent it is, and what is closed does not sleep.
            said.update(resolution="done", snoozed_until=None)
        elif task["status"] != "closed":
            said["resolution"] = task["status"]
        if self.story.findings[self.finding_of(task)[0]].turned:
            # Where its work was under way just then it begins anew, and where it was held it goes on.
            for name in _WORK:
                del said[name]
        if self.story.findings[self.finding_of(task)[0]].was_held_otherwise:
            for name in ("resolution", *_WORK):
                said.pop(name, None)
        return said

    def check_places(self):
        """Each finding is followed up where the merges lead, if that is closed."""
        for finding, known in self.story.findings.items():
            root = self.story.root(finding[0]) if self.form != "apart" else finding[0]
            for about in [(finding, False)] + [(finding, True)] * known.sop:
                task = self.live.get(about)
                if root not in self.story.closed:
                    if task:
                        self.problems.append(f"{about} is followed up in {task['task_id']}, but {root} is not closed")
                elif not task:
                    self.problems.append(f"nobody follows up {about}")
                elif task["incident_id"] != self.prefix + root:
                    self.problems.append(f"{task['task_id']} is not in {root}")

    def check_roots(self):
        """What is open is where the merges lead, and a full postmortem is asked for there."""
        roots = {self.prefix + self.story.root(name) for name in INCIDENTS}
        for task in self.tasks.values():
            if task["status"] != "closed" and task["incident_id"] not in roots:
                self.problems.append(f"{task['task_id']} is open, but it is merged")
        for name in roots & self.incidents.keys():
            task = self.tasks.get(f"{checker.encode_id(name)}/postmortem")
            if self.incidents[name]["level"] == "full" and (not task or task["resolution"]):
                self.problems.append(f"{name} has no postmortem")

    def check_duties(self):
        """Of each duty one task is open at most among incidents that are merged into one, where they are merged, and
        none where one of them has met it; where nobody has met it, it is asked for if one of them owes it."""
        trees = collections.defaultdict(list)
        for name in self.story.closed:
            trees[self.story.root(name)].append(name)
        for root, names in trees.items():
            if root not in self.story.closed:
                continue
            for duty in set().union(*(self.story.duties[name] for name in names)):
                tasks = {name: self.tasks.get(f"{checker.encode_id(self.prefix + name)}/{duty}") for name in names}
                self._check_duty(duty, root, tasks)

    def _check_duty(self, duty, root, tasks):
        is_open = [name for name, task in tasks.items() if task and task["status"] != "closed"]
        done = [name for name, task in tasks.items() if task and task["resolution"] == "done"]
        owed = any(duty in self.story.owed[name] for name in tasks)
        if set(is_open) - {root}:
            self.problems.append(f"{self.prefix}{duty} is open in {is_open}, not in {root}")
        elif is_open and done and duty not in self.story.withdrawn:
            self.problems.append(f"{self.prefix}{duty} is open in {root}, but done in {done}")
        elif owed and not is_open and duty not in self.story.met:
            self.problems.append(f"{self.prefix}{duty} is asked for nowhere in {sorted(tasks)}")

    def check_facts(self):
        """The severity of where it is followed up is no lower than its own, and what it asks for is asked there."""
        for name in self.story.closed:
            root = self.story.root(name)
            if root not in self.story.closed:
                continue
            said = self.story.facts[name]
            event = self.incidents[self.prefix + root]
            if _SEVERITIES.index(event["severity"]) > _SEVERITIES.index(said["severity"]):
                self.problems.append(f"{root} is only {event['severity']}, {name} is {said['severity']}")
            own = self.incidents[self.prefix + name]
            if own["level"] == "full" and event["level"] != "full":
                self.problems.append(f"{root} is {event['level']}, but {name} is {own['level']}")


def _compare(a, b, later):
    """What is followed up in both is followed up as the same; `later`: what is open is not due later than in b, nor
    less urgent."""
    problems, ours, theirs = [], a.live, b.live
    for about in ours.keys() & theirs.keys():
        task, other = ours[about], theirs[about]
        said = a.said(task)
        if task["occurrence"] != other["occurrence"]:  # how urgent it is says whether it was closed meanwhile,
            for ended in ("evidence", "snoozed_until"):  # which ends these
                said.pop(ended, None)
        for name, value in said.items():
            if value != b.said(other)[name]:
                problems.append(f"{task['task_id']} has {name} {value}, {other['task_id']} has {b.said(other)[name]}")
        if not later or task["status"] == "closed":  # what is closed is due no more
            continue
        if a.story.findings[about[0]].turned and task["occurrence"] != other["occurrence"]:
            continue  # where it was not held it has begun anew, and is no accepted risk that comes back
        if task["priority"] > other["priority"]:
            problems.append(f"{task['task_id']} is only {task['priority']}, {other['task_id']} is {other['priority']}")
        # Where it was held till another incident was closed it was not due before.
        due = b.latest_due[about, other["occurrence"]]
        if a.made_at[about] <= b.made_at[about] and task["due_at"] > due:
            problems.append(f"{task['task_id']} is due {task['due_at']}, {other['task_id']} was due {due}")
    return problems


def _compare_duties(together, apart):
    """What nobody has met is due where it is asked for when the first of all would have been due that owe it."""
    story, problems = together.story, []
    for name in story.closed:
        root = story.root(name)
        for duty in story.owed[name] - story.met:
            if duty == "obligation/final" and "obligation/notice" in story.met:
                continue  # counts from who has submitted that one
            other = apart.tasks.get(f"{checker.encode_id(apart.prefix + name)}/{duty}")
            task = together.tasks.get(f"{checker.encode_id(together.prefix + root)}/{duty}")
            if task and other and duty.startswith("obligation") and task["due_at"] > other["due_at"]:
                problems.append(f"{task['task_id']} is due {task['due_at']}, {other['task_id']} is due {other['due_at']}")
    return problems


def _problems_of(story, ends):
    """What is wrong with the ends of a story, by form."""
    problems = []
    for form in _FORMS:
        ends[form].check_places()
        if form != "apart":
            ends[form].check_facts()
            ends[form].check_roots()
            ends[form].check_duties()
        problems += ends[form].problems
    problems += _compare(ends["told"], ends["mixed"], False)
    problems += _compare(ends["told"], ends["apart"], True)
    problems += _compare_duties(ends["told"], ends["apart"])
    return problems


class _Played(typing.NamedTuple):
    """Stories, their lines, what came out, and the file of the lines, which lies with its policy."""

    stories: list
    lines: list
    records: list
    path: pathlib.Path

    def of_topic(self, name):
        return [record for record in self.records if record.topic == name]

    def check_history(self):
        """What holds of every history (support/checker.py)."""
        tasks = self.of_topic("followup-tasks")
        checker.check_history(tasks, self.of_topic("followup-reminders"), 1, "epilogue")
        checker.check_causes(tasks, inputs(self.lines))


def _play(seeds, folder):
    """Plays the stories of these seeds, all in one simulation."""
    stories = [Story(seed) for seed in seeds]
    lines = sorted((line for story in stories for form in _FORMS for line in story.lines(form)),
                   key=lambda line: line["at"])
    path = write_lines(folder / "all.jsonl", lines)
    return _Played(stories, lines, simulated(_simulate(path, "--json")), path)


def _is_met(story, letter):
    """A duty that another incident has met before it was merged may never have had a task in this one."""
    duty = letter.json.get("task_id", "").split("/", 1)[-1]
    return letter.header("epilogue-error") == "unknown-task" and duty in story.met


def _problems_by_seed(played):
    """What is wrong, if anything, of each story."""
    ends = {story.prefix(form): _End(story, form) for story in played.stories for form in _FORMS}
    problems = collections.defaultdict(list)
    for record in played.records:
        prefix = _prefix_of(record.json.get("incident_id", ""))
        if record.topic == "followup-tasks":
            ends[prefix].take(record.json)
        elif record.topic == "followup-dead-letters" and not _is_met(ends[prefix].story, record):
            problems[ends[prefix].story.seed].append(f"a dead letter: {record}")
    for story in played.stories:
        problems[story.seed] += _problems_of(story, {form: ends[story.prefix(form)] for form in _FORMS})
    return {seed: found for seed, found in problems.items() if found}


def _check(played):
    problems = _problems_by_seed(played)
    if not problems:
        return
    seed, folder = min(problems), played.path.parent
    paths = [str(write_lines(folder / f"{form}.jsonl", Story(seed).lines(form))) for form in _FORMS]
    found = "\n  ".join(problems[seed][:9])
    pytest.fail(f"{len(problems)} of {len(played.stories)} stories end wrong. EPILOGUE_TEST_SEED={seed}:\n  {found}\n"
                f"its records: {' '.join(paths)}, its policy: {folder / 'policy.json'}", pytrace=False)


def _listed(report, heading):
    """The entries of a list of a report, as Story.told has them."""
    part = re.split(r"\n#", report.partition(f"# {heading}\n")[2])[0]
    return [line.removeprefix("- ").rpartition(": ")[2] for line in part.splitlines() if line.startswith("- ")]


def _problems_of_report(story, form, root, path):
    """What incidents that are merged into this one have told last is in its report, each entry once."""
    write_lines(path, story.lines(form))
    report = _simulate(path, "--report", story.prefix(form) + root).stdout
    told = [story.told.get(name, {}) for name in story.closed if story.root(name) == root]
    for heading in sorted(set().union(*told)):
        wanted, found = set().union(*(lists.get(heading, ()) for lists in told)), _listed(report, heading)
        if len(found) > len(set(found)) or wanted - set(found):
            yield f"{story.prefix(form)}{root}: {heading} has {found}, not {sorted(wanted)}"
        elif heading == "Sequence of events" and found != sorted(found):
            yield f"{story.prefix(form)}{root}: {heading} is in the order {found}"


def _check_reports(played, most):
    """Those of the first stories in which something is merged, where most is."""
    for story in played.stories:
        into = collections.Counter(story.root(name) for name in story.closed)
        root, n = max(into.items(), key=lambda item: (item[1], item[0]), default=(None, 0))
        if n < 2 or root not in story.closed or not most:
            continue
        most -= 1
        problems = [problem for form in ("told", "mixed")
                    for problem in _problems_of_report(story, form, root, played.path.with_name(f"{form}.jsonl"))]
        assert not problems, f"EPILOGUE_TEST_SEED={story.seed}: {problems}"


@pytest.fixture(name="played", scope="module")
def _played(tmp_path_factory):
    return _play(range(400 if long_run() else 40), tmp_path_factory.mktemp("merges"))


def test_nothing_is_lost(played):
    _check(played)


def test_reports_tell_all_that_happened(played):
    _check_reports(played, len(played.stories))


def test_what_goes_out_is_true(played):
    schemas.check_outputs(played.of_topic("followup-tasks") + played.of_topic("followup-reminders"))
    played.check_history()


def _check_ways(played, retention):
    """Each way ends, also where incidents on it have deleted what they had."""
    out = _simulate(played.path, retention=retention).stdout
    forwarded = (_FORWARDED.search(line) for line in out.splitlines())
    count = collections.Counter(_prefix_of(match[1]) for match in forwarded if match)
    assert count
    for story in played.stories:
        most = len(story.records) * (len(story.findings) + 2) * 4 * len(INCIDENTS)
        for form in _FORMS:
            assert count[story.prefix(form)] <= most, f"EPILOGUE_TEST_SEED={story.seed}, retention {retention}"


@pytest.mark.parametrize("retention", (None, "7d", "1d"))
def test_a_way_ends(played, retention):
    _check_ways(played, retention)


def _new_seed():
    """Another one for each commit, so that who looks into a run of it sees the same stories."""
    head = subprocess.run(["git", "-C", pathlib.Path(__file__).parent, "rev-parse", "HEAD"],
                          capture_output=True, text=True, check=False)
    return int(head.stdout[:7], 16) if head.returncode == 0 else random.SystemRandom().randrange(10**9)


def test_new_stories(tmp_path):
    """Others with each commit, for EPILOGUE_TEST_MERGES_S seconds; those that fail come first again by the seed that
    is printed."""
    seed = int(os.environ.get("EPILOGUE_TEST_SEED", _new_seed()))
    end = time.monotonic() + float(os.environ.get("EPILOGUE_TEST_MERGES_S", "30"))
    first = seed
    while True:
        played = _play(range(seed, seed + 25), tmp_path)
        _check(played)
        _check_reports(played, 2)
        played.check_history()
        _check_ways(played, "7d")
        seed += 25
        if time.monotonic() > end:
            break
    print(f"{seed - first} stories from EPILOGUE_TEST_SEED={first} on")

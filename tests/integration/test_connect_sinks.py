# SPDX-License-Identifier: Apache-2.0
"""What epilogue-connect does with tasks and reminders: a real Kafka, a real worker, and a stand-in for the
systems of others."""

import collections
import hashlib
import random
import time

import pytest

from conftest import long_run
from support import checker
from support.connector import DEAD_LETTERS, SECRET, Connector, environment_of, payload
from support.events import DUE_IN_SECONDS, EVALUATED, bug_id, closure, finding, task_update
from support.process import wait_until
from support.standin import StandIn


@pytest.fixture(name="standin")
def _standin():
    server = StandIn()
    yield server
    server.close()


@pytest.fixture(name="connect")
def _connect(world, standin):
    """Starts connectors against the stand-in: connect("sinks/to-github", CONNECT_SETTLE="1s")."""
    started = []

    def start(*names, directory=None, **env):
        connector = Connector(world, *names, directory=directory or {"recipients": {}},
                              **({"CONNECT_SETTLE": "300ms", "CONNECT_TIMEOUT": "2s"} | environment_of(standin.url) | env))
        started.append(connector)
        return connector.start()
    yield start
    for connector in started:
        connector.stop()
    world.admin_delete(DEAD_LETTERS)


def _label(task_id):
    return "epilogue-task-" + hashlib.sha256(task_id.encode()).hexdigest()[:16]


def _of_task(issues, task_id):
    """The issues of GitHub's or Jira's that carry a task's label."""
    return [i for i in issues if _label(task_id) in [
        l["name"] if isinstance(l, dict) else l for l in i.get("labels", i.get("fields", {}).get("labels", []))]]


def _quiet(world, standin, seconds=3):
    """Waits till nothing happens any more: no event of a task, no request that changes something."""
    def state():
        return len(world.tasks()), standin.counted("^(POST|PATCH|PUT) .*(issue|message)")
    last, since = state(), time.monotonic()
    deadline = since + 60
    while time.monotonic() - since < seconds:
        time.sleep(0.3)
        if state() != last:
            last, since = state(), time.monotonic()
        assert time.monotonic() < deadline, "it goes on for ever"


def test_tasks_become_issues(world, standin, connect):
    world.topics_create(4)
    world.start_worker().wait_ready()
    connect("sinks/to-github", "sinks/to-jira", JIRA_ISSUE_TYPE="Bug",
            directory={"recipients": {"person:dev@example.com": {"github": "octocat"}, "person:lead@example.com": {"github": "nobody"}}}).wait_ready()
    world.close_incident(closure("INC-1"))  # its owner's login is none, and no reason to make no issue
    world.update_finding(finding("INC-1", "F-1", severity="high"))
    task = bug_id("INC-1", "F-1")
    created = wait_until(lambda: (t := checker.latest_tasks(world.tasks())) and len(t) > 1 and task in t and t, 30, "tasks")
    wait_until(lambda: len(standin.of("github")) >= len(created) and len(standin.of("jira")) >= len(created), 40,
               lambda: f"{len(created)} issues; there are {len(standin.of('github'))}")
    # Both systems made one of each; the one that answered last is the task's tracker, and the other lets go.
    tracked = wait_until(lambda: (t := checker.latest_tasks(world.tasks())[task])["tracker"] and t, 30, "the tracker's key")
    assert tracked["tracker"]["system"] in ("github", "jira")
    _quiet(world, standin)
    tasks = checker.latest_tasks(world.tasks())
    for system in ("github", "jira"):
        for task_id in tasks:
            assert len(_of_task(standin.of(system), task_id)) == 1, (system, task_id)
    issue = _of_task(standin.of("github"), task)[0]
    assert issue["assignees"] == [{"login": "octocat"}] and f"epilogue-task: {task}" in issue["body"]
    world.check_outputs()


@pytest.mark.parametrize("system", ["github", "jira"] + ["gitlab", "azure", "thehive", "servicenow"] * long_run())
def test_the_life_of_a_task(world, standin, connect, system):
    standin.lag_s = 0.2
    world.topics_create(4)
    world.start_worker().wait_ready()
    connector = connect(f"sinks/to-{system}").wait_ready()
    world.close_incident(closure("INC-1"))
    world.update_finding(finding("INC-1", "F-1", severity="medium"))
    task = bug_id("INC-1", "F-1")

    def issues():
        return [i for i in (standin.tasks.values() if system == "thehive" else standin.of(system)) if task in str(i) or _label(task) in str(i)]
    tracked = wait_until(lambda: (t := checker.latest_tasks(world.tasks()).get(task)) and t["tracker"] and t, 40,
                         lambda: f"the tracker's key; {connector.log[-3000:]}")
    assert tracked["tracker"]["system"] == system and len(issues()) == 1
    assert len(standin.cases) == (1 if system == "thehive" else 0)

    def told():
        issue = issues()[0]
        return str(issue.get("_comments", issue.get("_notes", issue.get("_history", issue.get("_logs")))))

    def is_open():
        issue = issues()[0]
        return {"github": lambda: issue["state"] == "open", "gitlab": lambda: issue["state"] == "opened",
                "jira": lambda: issue["fields"]["status"]["statusCategory"]["key"] != "done",
                "azure": lambda: issue["fields"]["System.State"] != "Done",
                "thehive": lambda: issue["status"] not in ("Completed", "Cancel"), "servicenow": lambda: issue["state"] not in ("3", "4")}[system]()
    world.update_finding(finding("INC-1", "F-1", severity="critical"))
    wait_until(lambda: "Priority P1, was P3." in told(), 30, told)
    world.update_finding(finding("INC-1", "F-1", severity="critical", status="wont-fix", reason="Replaced in spring",
                                 accepted_until="2099-01-01", accepted_by="ciso@example.com"))
    wait_until(lambda: not is_open(), 30, "it to be closed")
    wait_until(lambda: "Closed (wont-fix): Replaced in spring." in told(), 30, told)
    world.update_finding(finding("INC-1", "F-1", severity="critical", status="open"))
    wait_until(is_open, 30, "it to be open again")
    _quiet(world, standin)
    assert len(issues()) == 1 and told().count("Closed (wont-fix)") == 1 and told().count("Priority P1") == 1
    assert connector.dead_letters() == []
    world.check_outputs()


def test_faults_of_a_tracker(world, standin, connect):
    """Each task has one issue, whatever happens to the requests; what is refused is a dead letter, with all
    that is needed to see why, and holds up nothing."""
    standin.lag_s = 0.2
    standin.fault("503", "POST .*/issues$", times=3, every=4)
    standin.fault("timeout", "POST .*/issues$", times=3, every=5, value=4)
    standin.fault("cut", "POST .*/issues$", times=3, every=6)
    standin.fault("429", "POST .*/issues$", times=2, every=7, value=1)
    standin.fault("slow", "GET .*/issues", times=10, every=2, value=0.3)
    standin.fault("422", "POST .*/issues$", times=1, every=9)
    world.topics_create(4)
    world.start_worker().wait_ready()
    connector = connect("sinks/to-github", CONNECT_QUEUES="engineering").wait_ready()
    expected = set()
    for incident in range(6):
        world.close_incident(closure(f"INC-{incident}"), flush=False)
        for n in range(4):
            world.update_finding(finding(f"INC-{incident}", f"F-{n}"), flush=False)
            expected.add(bug_id(f"INC-{incident}", f"F-{n}"))
    world.publisher.flush()
    wait_until(lambda: len(standin.of("github")) + len(connector.dead_letters()) >= len(expected), 120,
               lambda: f"{len(standin.of('github'))} issues; {connector.log[-3000:]}")
    _quiet(world, standin)
    refused = connector.dead_letters()
    assert len(refused) == 1
    letter = refused[0]
    assert letter.header("connect-source") == "github" and letter.header("connect-answer").startswith("422 ")
    assert letter.header("connect-request").startswith("POST http") and "epilogue-task" in letter.header("connect-request")
    assert "standin-token" not in str(letter.headers) and letter.key == letter.json["incident_id"].encode()
    lost = {letter.json["task_id"]}
    count = collections.Counter(t for t in expected for _ in _of_task(standin.of("github"), t))
    # The next event of the refused task, if there was one, has made its issue by now.
    assert all(count[t] == 1 for t in expected - lost), count
    assert all(count[t] <= 1 for t in lost)


def _event(task_id, version, **members):
    """A task's event as the worker sends it, with what the sinks look at."""
    kind = members.pop("kind", "created")
    value = {"task_id": task_id, "version": version, "incident_id": task_id.split("/")[0], "finding_id": "F-1", "kind": "bug", "queue": "engineering",
             "title": "Dumps are not redacted", "description": None, "severity": "high", "priority": "P2", "status": "open", "resolution": None,
             "reason": None, "owner": None, "created_at": "2026-11-20T10:15:00.000Z", "updated_at": "2026-11-20T10:15:00.000Z", "due_at": None,
             "tracker": None, "moved_from": None, "moved_to": None, "changes": {}, "warnings": []}
    return value | members, {"ce_type": f"epilogue.task.{kind}.v1", "ce_id": f"{task_id}/{version}"}


@pytest.mark.parametrize("key_came_back", [True, False], ids=["its key is known", "its key is not known"])
def test_a_task_that_moves_takes_its_issue_along(world, standin, connect, key_came_back):
    world.topics_create(4)
    systems = ("github", "jira")
    connector = connect(*(f"sinks/to-{s}" for s in systems)).wait_ready()

    def send(value, headers):
        world.publish("followup-tasks", value, headers=headers)
    old, new = bug_id("INC-1", "F-1"), bug_id("INC-2", "F-1")
    send(*_event(old, 1))
    wait_until(lambda: all(standin.of(s) for s in systems), 40, lambda: f"two issues; {connector.log[-2000:]}")
    # One system can be the tracker of a task; the other sink knows the issue by what it remembers.
    tracker = {"system": "github", "key": "acme/security#1", "url": None} if key_came_back else None
    if not key_came_back:
        connector.kill()  # and then by its label alone
        connector.start()
    send(*_event(new, 1, moved_from=old, tracker=tracker))
    send(*_event(old, 2, kind="closed", status="closed", resolution="duplicate", moved_to=new, tracker=tracker))
    wait_until(lambda: _of_task(standin.of("github"), new), 40, lambda: f"the new label; {standin.of('github')}\n{connector.log[-2000:]}")
    if not key_came_back:
        wait_until(lambda: _of_task(standin.of("jira"), new), 40, lambda: f"the new label; {standin.of('jira')}")
    _quiet(world, standin)
    assert [len(standin.of(s)) for s in systems] == [1, 1] and not _of_task(standin.of("github"), old)
    issue = standin.of("github")[0]
    assert issue["state"] == "open" and f"epilogue-task: {new}" in issue["body"] and old not in issue["body"]


@pytest.mark.parametrize("system", ["github", "jira", "gitlab", "azure", "thehive", "servicenow"])
def test_what_has_moved_is_not_made_again(world, standin, connect, system):
    """A connector had made an issue and died before its commit; when the event comes again the task has moved on."""
    world.topics_create(4)
    connector = connect(f"sinks/to-{system}").wait_ready()
    old, new = bug_id("INC-1", "F-1"), bug_id("INC-2", "F-1")

    def issues():
        return list(standin.tasks.values()) if system == "thehive" else standin.of(system)

    def is_of_new():
        return _label(new) in str(issues()) or f"epilogue-task: {new}" in str(issues())

    def send(value, headers):
        world.publish("followup-tasks", value, headers=headers)
    send(*_event(old, 1))
    wait_until(issues, 40, lambda: f"an issue; {connector.log[-2000:]}")
    _quiet(world, standin)
    send(*_event(new, 1, moved_from=old))
    wait_until(is_of_new, 40, lambda: f"the new task; {connector.log[-2000:]}")
    _quiet(world, standin)
    connector.kill()
    world.commit_offsets({("followup-tasks", p): 0 for p in range(4)}, group_id=f"{world.prefix}-connect-{system}")
    asked = standin.counted(f"/{system}/")
    connector.start()
    wait_until(lambda: standin.counted(f"/{system}/") > asked, 40, lambda: f"it to look; {connector.log[-2000:]}")
    _quiet(world, standin)
    assert len(issues()) == 1 and is_of_new()


def test_a_tracker_that_is_away(world, standin, connect):
    """What is tried again and again ends with the process, in time, and goes on with the next one."""
    world.topics_create(4)
    standin.fault("503", "/github/", times=10**6)
    connector = connect("sinks/to-github").wait_ready()
    value, headers = _event(bug_id("INC-1", "F-1"), 1)
    world.publish("followup-tasks", value, headers=headers)
    wait_until(lambda: standin.counted("/github/") >= 2, 40, "requests")
    began = time.monotonic()
    connector.process.terminate()
    connector.process.wait(40)
    assert time.monotonic() - began < 10 and standin.of("github") == []
    standin.clear_faults()
    connector.start()
    wait_until(lambda: standin.of("github"), 40, lambda: f"the issue; {connector.log[-2000:]}")
    _quiet(world, standin)
    assert len(standin.of("github")) == 1 and connector.dead_letters() == []


def test_what_people_are_told(world, standin, connect):
    """A digest for each who is in the directory; the fallback is told of those who are not, or are gone."""
    world.set_policy(DUE_IN_SECONDS)
    world.topics_create(4)
    standin.dead_channels["C0GONE"] = "is_archived"
    connector = connect("sinks/to-slack", "sinks/to-apprise", "sinks/to-teams", "sinks/to-pagerduty", PAGERDUTY_PRIORITIES="P1,P2,P3", directory={
        "fallback": {"slack": "C0FALLBACK", "pagerduty_routing_key": "f" * 32, "apprise": "mailto://lead@example.com", "teams": f"{standin.url}/teams/workflows/all"},
        "recipients": {
            "person:eva@example.com": {"slack": "U0EVA", "pagerduty_routing_key": "e" * 32},
            "person:kim@example.com": {"apprise": "mailto://kim@example.com"},
            "person:lou@example.com": {"teams": f"{standin.url}/teams/workflows/lou"},
            "person:max@example.com": {"slack": "C0GONE"},
            "team:web": {"slack": "C0WEB"}}}).wait_ready()
    world.start_worker().wait_ready()
    for n, name in enumerate(("eva", "kim", "lou", "max", "zoe")):
        world.close_incident(closure(f"INC-{n}"), flush=False)
        world.update_finding(finding(f"INC-{n}", "F-1", owner={"team": "web", "person": f"{name}@example.com"}), flush=False)
    world.publisher.flush()

    def said(channel):
        return [m for m in standin.messages if m["channel"] == channel]

    def fallback():
        return " ".join(str(m["blocks"]) for m in said("C0FALLBACK"))
    wait_until(lambda: said("D0EVA") and said("C0WEB") and "person:zoe@example.com" in fallback() and "person:max@example.com" in fallback(),
               60, lambda: f"messages {standin.messages}\n{connector.log[-3000:]}")
    wait_until(lambda: any(n["urls"] == "mailto://kim@example.com" and bug_id("INC-1", "F-1") in n["body"] for n in standin.notices), 30, "mail")
    wait_until(lambda: any(flow == "lou" for flow, _ in standin.cards), 30, "a card")
    assert "For person:max@example.com, who could not be reached (is_archived)." in fallback()
    assert "For person:zoe@example.com, who is not in the directory." in fallback()
    assert "person:kim@example.com" not in fallback() and "person:eva@example.com" not in fallback()
    digests = [r.header("ce_id") for r in world.consume_all("followup-reminders")]
    sent = collections.Counter(m["metadata"]["event_payload"]["epilogue_event"] for m in standin.messages)
    assert set(sent) <= set(digests) and set(sent.values()) == {1}
    # An item of an urgent digest pages, once for a task however many are told; closing it resolves.
    task = bug_id("INC-0", "F-1")
    wait_until(lambda: any(a["dedup_key"] == _label(task) and a["routing_key"] == "e" * 32 for a in standin.alerts), 30, lambda: f"{standin.alerts}")
    world.update_finding(finding("INC-0", "F-1", status="wont-fix", reason="gone",
                                 accepted_until="2099-01-01", accepted_by="ciso@example.com"))
    wait_until(lambda: {a["routing_key"] for a in standin.alerts if a["dedup_key"] == _label(task) and a["event_action"] == "resolve"} == {"e" * 32, "f" * 32},
               30, lambda: f"{standin.alerts}")
    assert connector.dead_letters() == []


def test_the_largest_digest(world, standin, connect):
    """It is cut so that each system takes it, and says by how much; the worst texts do not change that."""
    world.topics_create(1)
    who, title = "person:eva@example.com", "<&>é|*_`[](x)\n" * 70
    connector = connect("sinks/to-slack", "sinks/to-teams", "sinks/to-apprise", directory={"recipients": {
        who: {"slack": "C0EVA", "teams": f"{standin.url}/teams/workflows/eva", "apprise": "mailto://eva@example.com"}}}).wait_ready()
    item = {"kind": "overdue", "task_id": bug_id("INC-1", "F-1"), "incident_id": "INC-1", "summary": title, "incident": None, "finding": None,
            "task": {"title": title, "kind": "bug", "priority": "P2", "status": "open", "owner": {"team": "t" * 256, "person": "p" * 256},
                     "due_at": "2026-11-27T00:00:00.000Z", "tracker": {"system": "github", "key": "k", "url": "https://github.com/" + "x" * 2000}}}
    review = {"incident_id": "INC-1", "title": title, "level": "full", "summary": title}
    for n, (items, reviews) in enumerate([(200, 200), (0, 1), (1, 0)]):
        world.publish("followup-reminders", {"recipient": who, "n": n, "date": "2026-11-30", "urgent": False, "items": [item] * items,
                                             "reviews": [review] * reviews, "omitted": 5 if n == 0 else 0, "summary": title}, key=who,
                      headers={"ce_type": "epilogue.reminder.digest.v1", "ce_id": f"{who}/digest/{n}", "ce_time": "2026-11-30T09:00:00.000Z"})
    wait_until(lambda: len(standin.messages) == len(standin.cards) == len(standin.notices) == 3, 40,
               lambda: f"three of each; {standin.requests}\n{connector.log[-2000:]}")
    assert connector.dead_letters() == []
    assert "more: `epilogue list` shows all" in str(standin.messages[0]["blocks"][-1])
    assert "more: `epilogue list` shows all" in str(standin.cards[0][1]["body"][-1]) and "more: `epilogue list`" in standin.notices[0]["body"]
    assert all("more: `epilogue list`" not in str(m["blocks"]) for m in standin.messages[1:])


@pytest.mark.parametrize("account", ["epilogue-bot", ""], ids=["our account is known", "our account is not known"])
def test_there_and_back(world, standin, connect, account):
    """What PagerDuty closes becomes tasks, the tasks issues of GitHub; people close them there, the response
    team verifies, and the incident is completed. Every webhook comes twice, and nothing goes round in
    circles."""
    world.topics_create(4)
    standin.duplicate_deliveries = True
    connector = connect("sources/pagerduty", "sources/github", "sinks/to-github", GITHUB_ACCOUNT=account).wait_ready()
    standin.hooks.append(("github", f"http://127.0.0.1:{connector.port}/webhooks/github", SECRET))
    world.start_worker().wait_ready()
    assert connector.post("pagerduty", payload("pagerduty-resolved"))[0] == 202
    incident = payload("pagerduty-resolved")["event"]["data"]["id"]
    world.update_finding(finding(incident, "F-1", severity="critical"))
    task = bug_id(incident, "F-1")

    def tracked():
        tasks = checker.latest_tasks(world.tasks())
        return tasks if task in tasks and all(t["tracker"] for t in tasks.values()) else None
    tasks = wait_until(tracked, 60, lambda: f"issues for all tasks; {connector.log[-3000:]}")
    _quiet(world, standin)
    assert len(standin.of("github")) == len(tasks)
    for member in tasks.values():
        standin.change_github(member["tracker"]["key"], state="closed", state_reason="completed")

    def settled():
        latest = checker.latest_tasks(world.tasks())
        for task_id, one in latest.items():
            if one["kind"] == "response-evaluation" and one["status"] != "closed":  # no tracker has these answers
                world.update_task(task_update(incident, task_id, evaluation=EVALUATED,
                                              updated_at="2027-12-01T00:00:00Z"))
            elif one["status"] == "resolved":
                world.update_task(task_update(incident, task_id, status="verified", updated_at="2027-12-01T00:00:00Z"))
        return all(one["status"] == "closed" for one in latest.values())
    wait_until(settled, 60, lambda: f"all tasks to be closed: {[(t['task_id'], t['status']) for t in checker.latest_tasks(world.tasks()).values()]}",
               interval_s=1)
    world.wait_records("followup-tasks", lambda records: any(r.type == "epilogue.incident.completed.v1" for r in records))
    _quiet(world, standin)
    assert all(i["state"] == "closed" for i in standin.of("github")) and len(standin.of("github")) == len(tasks)
    assert all(t["resolution"] == "done" for t in checker.latest_tasks(world.tasks()).values())
    # Nothing was opened again, and of each task no more was said than had happened.
    assert not any(r.type == "epilogue.task.reopened.v1" for r in world.tasks())
    assert max(r.json["version"] for r in world.tasks() if r.header("ce_subject") == task) <= 6
    world.check_outputs()
    assert connector.stop() == 0


def _kill_again_and_again(connector, standin, kills, request, feed):
    """Ends the connector by kill -9 so many times, each time within what it does of the request that
    matters; feed(n) gives it new work before the n-th."""
    chance = random.Random(17)
    for n in range(kills):
        feed(n)
        before = standin.counted(request)
        connector.start()
        deadline = time.monotonic() + 20
        while standin.counted(request) == before and time.monotonic() < deadline:
            time.sleep(0.005)
        time.sleep(chance.choice([0, 0.005, 0.02, 0.05, 0.1, 0.3]))
        connector.kill()
    connector.start()


def test_issues_when_the_connector_is_killed(world, standin, connect):
    """kill -9 again and again in a flow of tasks, on lists that lag behind: one issue each."""
    kills, per_kill = (50, 6) if long_run() else (10, 4)
    standin.lag_s = 3.5  # longer than a restart takes
    standin.fault("slow", "POST .*/issues$", times=10**6, every=2, value=0.05)
    standin.fault("timeout", "POST .*/issues$", times=10**6, every=23, value=3)
    world.topics_create(4)
    world.start_worker().wait_ready()
    connector = connect("sinks/to-github", CONNECT_QUEUES="engineering", CONNECT_SETTLE="4s")
    connector.wait_ready().kill()
    expected = set()

    def feed(n):
        for m in range(per_kill):
            incident, name = f"INC-{(n * per_kill + m) % 13}", f"F-{n}-{m}"
            if incident not in {t.split("/")[0] for t in expected}:
                world.close_incident(closure(incident), flush=False)
            world.update_finding(finding(incident, name), flush=False)
            expected.add(bug_id(incident, name))
        world.publisher.flush()
    _kill_again_and_again(connector, standin, kills, "POST .*/issues$", feed)
    wait_until(lambda: all(_of_task(standin.of("github"), t) for t in expected), 180,
               lambda: f"{len(expected)} issues; there are {len(standin.of('github'))}; {connector.log[-3000:]}")
    _quiet(world, standin)
    count = collections.Counter({t: len(_of_task(standin.of("github"), t)) for t in expected})
    assert len(expected) == kills * per_kill and set(count.values()) == {1}, [t for t in count if count[t] != 1]
    tasks = checker.latest_tasks(world.tasks())
    assert all(tasks[t]["tracker"]["system"] == "github" for t in expected)
    # Kills came between an effect and its commit: what had been made already was looked for and found.
    made, found = set(), 0
    for request in list(standin.requests):
        if request.method == "POST" and request.path.endswith("/issues"):
            made.update(label for label in map(_label, expected) if label in request.text)
        elif request.query.get("labels") in made:
            found += 1
    assert found > 0


def test_messages_when_the_connector_is_killed(world, standin, connect):
    """The same for what is told to people: one message each."""
    kills, per_kill = (50, 6) if long_run() else (10, 4)
    standin.lag_s = 3.5
    standin.fault("slow", "POST .*chat.postMessage$", times=10**6, every=2, value=0.05)
    standin.fault("timeout", "POST .*chat.postMessage$", times=10**6, every=23, value=3)
    world.topics_create(4)
    connector = connect("sinks/to-slack", CONNECT_SETTLE="4s", directory={
        "fallback": {"slack": "C0FALLBACK"}, "recipients": {f"person:p{n}@example.com": {"slack": f"C0P{n}"} for n in range(13)}})
    connector.wait_ready().kill()
    expected = set()

    def feed(n):
        for m in range(per_kill):
            who = f"person:p{(n * per_kill + m) % 14}@example.com"  # the last one is not in the directory
            event = f"{who}/digest/{n * per_kill + m}"
            item = {"kind": "due", "task_id": bug_id("INC-1", "F-1"), "incident_id": "INC-1", "summary": "It is due", "incident": None, "finding": None,
                    "task": {"title": "It", "kind": "bug", "priority": "P2", "status": "open", "owner": None, "due_at": None, "tracker": None}}
            world.publish("followup-reminders", {"recipient": who, "n": n, "date": "2026-11-30", "urgent": False, "items": [item], "reviews": [],
                                                 "omitted": 0, "summary": event}, key=who, flush=False,
                          headers={"ce_type": "epilogue.reminder.digest.v1", "ce_id": event,
                                   "ce_time": time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime())})
            expected.add(event)
        world.publisher.flush()
    _kill_again_and_again(connector, standin, kills, "POST .*chat.postMessage$", feed)

    def sent():
        return collections.Counter(m["metadata"]["event_payload"]["epilogue_event"] for m in standin.messages)
    wait_until(lambda: set(sent()) == expected, 180, lambda: f"{len(expected)} messages; there are {len(sent())}; {connector.log[-3000:]}")
    _quiet(world, standin)
    assert len(expected) == kills * per_kill and set(sent().values()) == {1}, [e for e, n in sent().items() if n != 1]

# SPDX-License-Identifier: Apache-2.0
"""One HTTP server that plays the systems that connectors talk to, in the shapes of their public
documentation: GitHub, GitLab, Jira Cloud, Azure DevOps, TheHive, ServiceNow, Slack, Teams, PagerDuty,
Apprise. It is as strict as they are about what it takes, its lists lag behind on demand, and faults can be
laid into its way."""

import base64
import hashlib
import hmac
import itertools
import json
import re
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

TOKEN = "standin-token"  # what every system accepts, in its own header


class Refused(Exception):
    """An answer that is not one of success."""

    def __init__(self, status, body, **headers):
        super().__init__(status)
        self.status, self.body, self.headers = status, body, headers


class Fault:
    """What happens to requests that match; see StandIn.fault()."""

    def __init__(self, kind, where, times, every, value):
        self.kind, self.where, self.times, self.every, self.value = kind, re.compile(where), times, every, value
        self.met = 0

    def hits(self, line):
        """Whether it happens to this request."""
        if not self.times or not self.where.search(line):
            return False
        self.met += 1
        if self.met % self.every:
            return False
        self.times -= 1
        return True


class Request:
    """One that came, as handlers see it and as tests read it afterwards."""

    def __init__(self, handler, body):
        path, _, query = handler.path.partition("?")
        self.at = time.monotonic()
        self.method, self.path = handler.command, urllib.parse.unquote(path)
        self.query = dict(urllib.parse.parse_qsl(query))
        self.headers = {name.lower(): value for name, value in handler.headers.items()}
        self.text = body.decode()
        self.status = None  # of the answer

    @property
    def line(self):
        """What faults are matched with."""
        return f"{self.method} {self.path}"

    @property
    def json(self):
        """Its body; 400 if it is none."""
        try:
            return json.loads(self.text)
        except ValueError:
            raise Refused(400, {"message": "Problems parsing JSON"}) from None

    def __repr__(self):
        return f"{self.line} {self.query or ''} {self.text[:300]} -> {self.status}"


class StandIn:
    """Runs from the constructor on, at `url`; a system's API is at `url`/<system>."""

    def __init__(self, lag_s=0):
        self.lag_s = lag_s  # how far lists are behind
        self.requests = []
        self.hooks = []  # (system, url, secret): where changes are told
        self.deliveries = []  # (system, event, body, headers) that were sent
        self.duplicate_deliveries = False
        self._faults = []
        self._lock = threading.RLock()
        self._numbers = itertools.count(1)
        self.issues = {}  # of GitHub, GitLab, Jira, Azure DevOps, ServiceNow: (system, key) -> issue
        self.cases, self.tasks = {}, {}  # of TheHive
        self.messages = []  # of Slack: {"channel","ts","text","blocks","metadata"}
        self.dead_channels = {}  # of Slack: channel -> error
        self.cards, self.alerts, self.notices = [], [], []  # of Teams, PagerDuty, Apprise
        stand_in = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def _handle(self):
                stand_in._handle(self)
            do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _handle

            def log_message(self, *_):
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 128

            def handle_error(self, *_):  # a connector that was killed
                pass

        self._server = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self):
        """Ends it."""
        self._server.shutdown()
        self._server.server_close()

    def fault(self, kind, where="", times=1, every=1, value=None):
        """From now on every `every`-th request whose "METHOD /path" matches `where` has a fault, `times`
        times. Kinds: a status ("503", "422", ...; with "429" `value` is the Retry-After), "slow" (answered
        after `value` seconds), and those that come after the effect: "timeout" (never answered, cut off
        after `value` seconds), "cut" (half of the answer)."""
        with self._lock:
            self._faults.append(Fault(kind, where, times, every, value))

    def clear_faults(self):
        """Everything works again."""
        with self._lock:
            self._faults = []

    def counted(self, where):
        """How many requests matched."""
        return sum(1 for r in self.requests if re.search(where, r.line))

    # -- answering -----------------------------------------------------------------------------

    def _handle(self, handler):
        body = handler.rfile.read(int(handler.headers.get("Content-Length") or 0))
        request = Request(handler, body)
        with self._lock:
            self.requests.append(request)
            fault = next((f for f in self._faults if f.hits(request.line)), None)
        kind = fault and fault.kind
        if kind == "slow":
            time.sleep(fault.value)
        headers, tell = {}, []
        if kind and kind.isdigit():
            request.status, answer = int(kind), {"message": f"fault {kind}"}
            if kind == "429":
                headers["Retry-After"] = str(fault.value)
        else:
            with self._lock:
                try:
                    request.status, answer = self._route(request, tell)
                except Refused as refused:
                    request.status, answer, headers = refused.status, refused.body, refused.headers
        for delivery in tell:
            self._deliver(*delivery)
        if kind == "timeout":
            time.sleep(fault.value)
            handler.close_connection = True
            return
        data = answer.encode() if isinstance(answer, str) else json.dumps(answer).encode()
        if request.status == 204:
            data = b""
        handler.send_response(request.status)
        handler.send_header("Content-Type", "application/json; charset=utf-8")
        handler.send_header("Content-Length", str(len(data)))
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()
        if kind == "cut":
            data = data[:len(data) // 2]
            handler.close_connection = True
        handler.wfile.write(data)

    def _route(self, request, tell):
        system = request.path.split("/")[1]
        rest = request.path[len(system) + 1:]
        for name, method, pattern, function in _ROUTES:
            match = re.fullmatch(pattern, rest)
            if name == system and method == request.method and match:
                if not _AUTHORIZED[system](request):
                    raise Refused(401, {"message": "Bad credentials"})
                return function(self, request, tell, *match.groups())
        raise Refused(404, {"message": "Not Found"})

    def _listed(self, system, test):
        """What a list shows: what is older than the lag, oldest first."""
        now = time.monotonic()
        return [i for (s, _), i in self.issues.items()
                if s == system and i["_at"] + self.lag_s <= now and test(i)]

    def issue(self, system, key):
        """One, or 404."""
        try:
            return self.issues[system, key]
        except KeyError:
            raise Refused(404, {"message": "Not Found"}) from None

    def of(self, system):
        """All of a tracker's issues, in the order of their making."""
        with self._lock:
            return [i for (s, _), i in self.issues.items() if s == system]

    # -- webhooks ------------------------------------------------------------------------------

    def _deliver(self, system, event, body):
        for to, url, secret in self.hooks:
            if to != system:
                continue
            data = json.dumps(body).encode()
            headers = {"Content-Type": "application/json"}
            if system == "github":
                signed = hmac.new(secret.encode(), data, hashlib.sha256).hexdigest()
                headers |= {"X-GitHub-Event": event, "X-Hub-Signature-256": f"sha256={signed}",
                            "X-GitHub-Delivery": f"{next(self._numbers)}"}
            self.deliveries.append((system, event, body, headers))

            def send():
                for _ in range(2 if self.duplicate_deliveries else 1):
                    try:
                        urllib.request.urlopen(urllib.request.Request(url, data, headers), timeout=10).close()
                    except (urllib.error.URLError, OSError):
                        pass
            threading.Thread(target=send, daemon=True).start()

    def change_github(self, key, login="octocat", **members):
        """What a person does with an issue of GitHub, with its webhook."""
        with self._lock:
            tell = []
            issue = self.issue("github", key)
            _github_set(self, issue, members, tell, login)
        for delivery in tell:
            self._deliver(*delivery)


# -- GitHub: docs.github.com/rest/issues -------------------------------------------------------------

def _clock():
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())


def _public(issue):
    return {name: value for name, value in issue.items() if not name.startswith("_")}


def _texts_422(body, members):
    for name, most in members.items():
        if name in body and len(body[name]) > most:
            raise Refused(422, {"message": "Validation Failed", "errors": [
                {"resource": "Issue", "field": name, "code": "custom", "message": f"{name} is too long"}]})


def _github_hook(issue, action, login, **more):
    shown = json.loads(json.dumps(_public(issue)))  # as it is now, not when it is sent
    return ("github", "issues", {
        "action": action, "issue": shown | {"assignee": next(iter(shown["assignees"]), None)}, **more,
        "repository": {"full_name": issue["_repository"], "html_url": f"https://github.com/{issue['_repository']}"},
        "sender": {"login": login, "type": "User"}})


def _github_list(stand_in, request, _, repository):
    labels = set(filter(None, request.query.get("labels", "").split(",")))
    state = request.query.get("state", "open")
    found = stand_in._listed("github", lambda i: i["_repository"] == repository
                             and state in ("all", i["state"]) and labels <= {l["name"] for l in i["labels"]})
    if request.query.get("direction", "desc") == "desc":
        found.reverse()
    return 200, [_public(i) for i in found[:int(request.query.get("per_page", 30))]]


def _github_create(stand_in, request, tell, repository):
    body = request.json
    if not body.get("title"):
        raise Refused(422, {"message": "Invalid request.\n\n\"title\" wasn't supplied."})
    _texts_422(body, {"title": 256, "body": 65536})
    if "nobody" in body.get("assignees", []):
        raise Refused(422, {"message": "Validation Failed", "errors": [{"resource": "Issue", "field": "assignees", "code": "invalid", "value": "nobody"}]})
    number = sum(1 for i in stand_in.of("github") if i["_repository"] == repository) + 1
    key = f"{repository}#{number}"
    issue = {"id": next(stand_in._numbers), "number": number, "html_url": f"https://github.com/{repository}/issues/{number}",
             "state": "open", "state_reason": None, "title": body["title"], "body": body.get("body"),
             "labels": [{"name": l} for l in body.get("labels", [])],
             "assignees": [{"login": l} for l in body.get("assignees", [])], "user": {"login": "epilogue-bot"},
             "created_at": _clock(), "updated_at": _clock(), "closed_at": None,
             "_repository": repository, "_comments": [], "_at": time.monotonic()}
    stand_in.issues["github", key] = issue
    tell.append(_github_hook(issue, "opened", "epilogue-bot"))
    return 201, _public(issue)


def _github_get(stand_in, _request, _tell, repository, number):
    return 200, _public(stand_in.issue("github", f"{repository}#{number}"))


def _github_set(stand_in, issue, body, tell, login):
    issue["updated_at"] = _clock()
    if body.get("state", issue["state"]) != issue["state"]:
        issue["state"] = body["state"]
        issue["state_reason"] = body.get("state_reason")
        issue["closed_at"] = _clock() if body["state"] == "closed" else None
        tell.append(_github_hook(issue, "closed" if body["state"] == "closed" else "reopened", login))
    if "assignees" in body:
        issue["assignees"] = [{"login": l} for l in body["assignees"]]
        for assignee in issue["assignees"]:
            tell.append(_github_hook(issue, "assigned", login, assignee=assignee))
    if "labels" in body:
        new = [{"name": l} for l in body["labels"]]
        for label in new:
            if label not in issue["labels"]:
                tell.append(_github_hook(issue, "labeled", login, label=label))
        issue["labels"] = new
    changes = {n: {"from": issue[n]} for n in ("title", "body") if n in body and body[n] != issue[n]}
    issue.update({n: body[n] for n in changes})
    if changes:
        tell.append(_github_hook(issue, "edited", login, changes=changes))


def _github_update(stand_in, request, tell, repository, number):
    issue, body = stand_in.issue("github", f"{repository}#{number}"), request.json
    _texts_422(body, {"title": 256, "body": 65536})
    if body.get("state_reason") not in (None, "completed", "not_planned", "reopened", "duplicate"):
        raise Refused(422, {"message": "Validation Failed"})
    _github_set(stand_in, issue, body, tell, "epilogue-bot")
    return 200, _public(issue)


def _github_comments(stand_in, request, _, repository, number):
    since = request.query.get("since", "")
    return 200, [c for c in stand_in.issue("github", f"{repository}#{number}")["_comments"] if c["updated_at"] >= since[:19]]


def _github_comment(stand_in, request, _, repository, number):
    issue = stand_in.issue("github", f"{repository}#{number}")
    if not request.json.get("body"):
        raise Refused(422, {"message": "Validation Failed"})
    comment = {"id": next(stand_in._numbers), "body": request.json["body"], "user": {"login": "epilogue-bot"},
               "created_at": _clock(), "updated_at": _clock()}
    issue["_comments"].append(comment)
    return 201, comment


# -- GitLab: docs.gitlab.com/api/issues ----------------------------------------------------------------

def _gitlab_list(stand_in, request, _, project):
    labels = set(filter(None, request.query.get("labels", "").split(",")))
    found = stand_in._listed("gitlab", lambda i: i["_project"] == project and labels <= set(i["labels"]))
    return 200, [_public(i) for i in found]


def _labels_of(body, name="labels"):
    value = body.get(name, "")
    return [l for l in (value.split(",") if isinstance(value, str) else value) if l]


def _gitlab_create(stand_in, request, _, project):
    body = request.json
    if not body.get("title") or len(body["title"]) > 255:
        raise Refused(400, {"message": {"title": ["can't be blank" if not body.get("title") else "is too long (maximum is 255 characters)"]}})
    number = len(stand_in.of("gitlab")) + 1
    issue = {"id": 1000 + number, "iid": number, "project_id": 7, "title": body["title"], "description": body.get("description"),
             "state": "opened", "labels": _labels_of(body), "assignees": [{"id": i} for i in body.get("assignee_ids", [])],
             "due_date": body.get("due_date"), "web_url": f"https://gitlab.example.com/{project}/-/issues/{number}",
             "references": {"full": f"{project}#{number}"}, "created_at": _clock(), "updated_at": _clock(),
             "_project": project, "_notes": [], "_at": time.monotonic()}
    stand_in.issues["gitlab", f"{project}#{number}"] = issue
    return 201, _public(issue)


def _gitlab_get(stand_in, _request, _tell, project, number):
    return 200, _public(stand_in.issue("gitlab", f"{project}#{number}"))


def _gitlab_update(stand_in, request, _, project, number):
    issue, body = stand_in.issue("gitlab", f"{project}#{number}"), request.json
    event = body.get("state_event")
    if event not in (None, "close", "reopen"):
        raise Refused(400, {"error": "state_event does not have a valid value"})
    if event:
        issue["state"] = "closed" if event == "close" else "opened"
    issue["labels"] = [l for l in issue["labels"] if l not in _labels_of(body, "remove_labels")]
    issue["labels"] += [l for l in _labels_of(body, "add_labels") if l not in issue["labels"]]
    issue.update({n: body[n] for n in ("title", "description", "due_date") if n in body})
    if "assignee_ids" in body:
        issue["assignees"] = [{"id": i} for i in body["assignee_ids"]]
    issue["updated_at"] = _clock()
    return 200, _public(issue)


def _gitlab_notes(stand_in, _request, _tell, project, number):
    return 200, stand_in.issue("gitlab", f"{project}#{number}")["_notes"][::-1]


def _gitlab_note(stand_in, request, _, project, number):
    note = {"id": next(stand_in._numbers), "body": request.json["body"], "created_at": _clock()}
    stand_in.issue("gitlab", f"{project}#{number}")["_notes"].append(note)
    return 201, note


# -- Jira Cloud: developer.atlassian.com/cloud/jira/platform/rest/v3 -----------------------------------

def _jira_error(**errors):
    return Refused(400, {"errorMessages": [], "errors": errors})


def _adf(document, where):
    """Atlassian's document format, as far as connectors use it; Jira refuses all else."""
    def check(node, allowed):
        if node.get("type") not in allowed:
            raise _jira_error(**{where: "Operation value must be an Atlassian Document"})
        kind = node["type"]
        if kind == "text" and not node.get("text"):
            raise _jira_error(**{where: "INVALID_INPUT"})
        below = {"doc": ("paragraph", "bulletList", "rule", "heading"), "paragraph": ("text", "hardBreak"), "heading": ("text",),
                 "bulletList": ("listItem",), "listItem": ("paragraph",)}.get(kind, ())
        for child in node.get("content", []):
            check(child, below)
    if not isinstance(document, dict) or document.get("version") != 1:
        raise _jira_error(**{where: "Operation value must be an Atlassian Document"})
    check(document, ("doc",))


def _jira_fields(fields, new):
    if new and "key" not in fields.get("project", {}):
        raise _jira_error(project="Specify a valid project ID or key")
    if new and "name" not in fields.get("issuetype", {}):
        raise _jira_error(issuetype="Specify an issue type")
    if "summary" in fields or new:
        summary = fields.get("summary", "")
        if not summary.strip():
            raise _jira_error(summary="You must specify a summary of the issue.")
        if len(summary) > 255 or "\n" in summary:
            raise _jira_error(summary="The summary is invalid because it contains newline characters or is too long.")
    if any(" " in l for l in fields.get("labels", [])):
        raise _jira_error(labels="The label contains spaces which is invalid.")
    if fields.get("description") is not None:
        _adf(fields["description"], "description")
    if fields.get("duedate") and not re.fullmatch(r"\d{4}-\d\d-\d\d", fields["duedate"]):
        raise _jira_error(duedate="Error parsing date string")


def _jira_public(issue, properties=False):
    shown = {"id": issue["id"], "key": issue["key"], "self": f"https://example.atlassian.net/rest/api/3/issue/{issue['id']}",
             "fields": issue["fields"]}
    return shown | ({"properties": issue["_properties"]} if properties else {})


_JIRA_STATES = {"new": "To Do", "indeterminate": "In Progress", "done": "Done"}


def _jira_state(category):
    return {"name": _JIRA_STATES[category], "statusCategory": {"key": category}}


def _jira_create(stand_in, request, _):
    body = request.json
    fields = body.get("fields", {})
    _jira_fields(fields, True)
    project = fields["project"]["key"]
    number = len(stand_in.of("jira")) + 1
    issue = {"id": str(10000 + number), "key": f"{project}-{number}",
             "fields": fields | {"status": _jira_state("new"), "updated": _clock()[:-1] + ".000+0000", "created": _clock()[:-1] + ".000+0000"},
             "_properties": {p["key"]: p["value"] for p in body.get("properties", [])}, "_comments": [], "_at": time.monotonic()}
    stand_in.issues["jira", issue["key"]] = issue
    return 201, {"id": issue["id"], "key": issue["key"], "self": _jira_public(issue)["self"]}


def _jira_search(stand_in, request, _):
    body = request.json
    match = re.search(r'labels in \("([^)]+)"\)', body.get("jql", ""))
    project = re.search(r'project = "([^"]+)"', body.get("jql", ""))
    if not match or not project:
        raise Refused(400, {"errorMessages": ["Error in the JQL Query"]})
    found = stand_in._listed("jira", lambda i: i["fields"]["project"]["key"] == project[1]
                             and set(match[1].split('", "')) & set(i["fields"].get("labels", [])))
    return 200, {"issues": [_jira_public(i, "properties" in body) for i in found], "isLast": True}


def _jira_get(stand_in, request, _, key):
    return 200, _jira_public(stand_in.issue("jira", key), "properties" in request.query)


def _jira_update(stand_in, request, _, key):
    issue, body = stand_in.issue("jira", key), request.json
    _jira_fields(body.get("fields", {}), False)
    issue["fields"].update(body.get("fields", {}))
    for change in body.get("update", {}).get("labels", []):
        if "add" in change and change["add"] not in issue["fields"]["labels"]:
            issue["fields"]["labels"].append(change["add"])
        if change.get("remove") in issue["fields"]["labels"]:
            issue["fields"]["labels"].remove(change["remove"])
    issue["_properties"].update({p["key"]: p["value"] for p in body.get("properties", [])})
    issue["fields"]["updated"] = _clock()[:-1] + ".000+0000"
    return 204, ""


def _jira_transitions(stand_in, _request, _tell, key):
    stand_in.issue("jira", key)
    return 200, {"transitions": [{"id": str(11 + 10 * n), "name": name, "to": _jira_state(category)}
                                 for n, (category, name) in enumerate(_JIRA_STATES.items())]}


def _jira_transition(stand_in, request, _, key):
    issue = stand_in.issue("jira", key)
    states = {"11": "new", "21": "indeterminate", "31": "done"}
    if request.json.get("transition", {}).get("id") not in states:
        raise Refused(400, {"errorMessages": ["It seems that you have tried to perform a workflow operation that is not valid"]})
    issue["fields"]["status"] = _jira_state(states[request.json["transition"]["id"]])
    return 204, ""


def _jira_comments(stand_in, _request, _tell, key):
    return 200, {"comments": stand_in.issue("jira", key)["_comments"][::-1]}


def _jira_comment(stand_in, request, _, key):
    _adf(request.json.get("body"), "comment")
    comment = {"id": str(next(stand_in._numbers)), **request.json}
    stand_in.issue("jira", key)["_comments"].append(comment)
    return 201, comment


# -- Azure DevOps: learn.microsoft.com/rest/api/azure/devops/wit ---------------------------------------

def _azure_public(item):
    return {"id": item["id"], "rev": item["rev"], "fields": item["fields"],
            "_links": {"html": {"href": f"https://dev.azure.com/o/p/_workitems/edit/{item['id']}"}}}


def _azure_patch(request, fields):
    if request.headers.get("content-type") != "application/json-patch+json":
        raise Refused(415, {"message": "application/json-patch+json"})
    for step in request.json:
        if step.get("op") not in ("add", "replace") or not step.get("path", "").startswith("/fields/"):
            raise Refused(400, {"message": "You must pass a valid patch document in the body of the request."})
        fields[step["path"][len("/fields/"):]] = step["value"]
    if len(fields.get("System.Title", "")) > 255 or not fields.get("System.Title"):
        raise Refused(400, {"message": "TF401320: Rule Error for field Title"})
    fields.setdefault("System.State", "To Do")
    fields["System.ChangedDate"] = _clock()


def _azure_wiql(stand_in, request, _, project):
    match = re.search(r"\[System.Tags\] CONTAINS '([^']+)'", request.json.get("query", ""))
    if not match:
        raise Refused(400, {"message": "The query is wrong"})
    found = stand_in._listed("azure", lambda i: i["_project"] == project
                             and match[1] in [t.strip() for t in i["fields"]["System.Tags"].split(";")])
    return 200, {"workItems": [{"id": i["id"]} for i in found]}


def _azure_create(stand_in, request, _, project, kind):
    fields = {"System.WorkItemType": kind, "System.TeamProject": project}
    _azure_patch(request, fields)
    number = len(stand_in.of("azure")) + 1
    item = {"id": number, "rev": 1, "fields": fields, "_project": project, "_history": [], "_at": time.monotonic()}
    stand_in.issues["azure", str(number)] = item
    return 200, _azure_public(item)


def _azure_get(stand_in, _request, _tell, _project, number):
    return 200, _azure_public(stand_in.issue("azure", number))


def _azure_update(stand_in, request, _, _project, number):
    item = stand_in.issue("azure", number)
    fields = dict(item["fields"])
    _azure_patch(request, fields)
    if "System.History" in fields:
        item["_history"].append(fields.pop("System.History"))
    if fields["System.State"] not in ("To Do", "Doing", "Done"):
        raise Refused(400, {"message": "The field 'State' contains the value that is not in the list of supported values"})
    item["fields"], item["rev"] = fields, item["rev"] + 1
    return 200, _azure_public(item)


# -- TheHive 5: docs.strangebee.com/thehive/api-docs ---------------------------------------------------

def _thehive_query(stand_in, request, _):
    steps = request.json.get("query", [])
    case = None
    if steps and steps[0].get("_name") == "getCase":
        wanted = str(steps[0]["idOrName"])
        case = next((c for c in stand_in.cases.values() if wanted in (c["_id"], str(c["number"]))), None)
        if case is None:
            return 200, []
        found = [case]
    elif steps and steps[0].get("_name") == "listCase":
        found = list(stand_in.cases.values())
    elif steps and steps[0].get("_name") == "getTask":
        found = [t for t in stand_in.tasks.values() if t["_id"] == steps[0]["idOrName"]]
    else:
        raise Refused(400, {"type": "BadRequest", "message": "no such query"})
    now, lag_s = time.monotonic(), 0 if len(steps) == 1 or steps[1]["_name"] == "logs" else stand_in.lag_s
    for step in steps[1:]:
        if step["_name"] == "tasks":
            found = [t for t in stand_in.tasks.values() if t["_case"] in [c["_id"] for c in found]]
        elif step["_name"] == "filter" and "_like" in step:
            like = step["_like"]
            found = [f for f in found if like["_value"].strip("*") in str(f.get(like["_field"], ""))]
        elif step["_name"] == "filter" and "_eq" in step:
            eq = step["_eq"]
            found = [f for f in found if eq["_value"] in (f.get(eq["_field"]) if isinstance(f.get(eq["_field"]), list) else [f.get(eq["_field"])])]
        elif step["_name"] == "logs":
            found = [log for t in found for log in t["_logs"]]
        elif step["_name"] not in ("sort", "page"):
            raise Refused(400, {"type": "BadRequest", "message": f"no such query {step}"})
    return 200, [_public(f) | {"_id": f["_id"]} for f in found if f["_at"] + lag_s <= now]


def _thehive_case(stand_in, request, _):
    body = request.json
    if not body.get("title") or "description" not in body:
        raise Refused(400, {"type": "InvalidFormatAttributeError", "message": "title, description"})
    number = len(stand_in.cases) + 1
    case = body | {"_id": f"~{4096 * number}", "number": number, "_at": time.monotonic(), "status": "New"}
    stand_in.cases[case["_id"]] = case
    return 201, _public(case) | {"_id": case["_id"]}


def _thehive_task(stand_in, request, _, case):
    body = request.json
    if case not in stand_in.cases:
        raise Refused(404, {"type": "NotFoundError", "message": f"Case {case} not found"})
    if not body.get("title"):
        raise Refused(400, {"type": "InvalidFormatAttributeError", "message": "title"})
    task = {"status": "Waiting"} | body | {"_id": f"~{4096 * (1000 + len(stand_in.tasks))}", "_case": case, "_logs": [],
                                            "_createdAt": int(time.time() * 1000), "_at": time.monotonic()}
    stand_in.tasks[task["_id"]] = task
    return 201, _thehive_public(task)


def _thehive_public(task):
    return {n: v for n, v in task.items() if n not in ("_case", "_logs", "_at")}


def _thehive_update(stand_in, request, _, number):
    if number not in stand_in.tasks:
        raise Refused(404, {"type": "NotFoundError", "message": "Task not found"})
    if request.json.get("status", "Waiting") not in ("Waiting", "InProgress", "Completed", "Cancel"):
        raise Refused(400, {"type": "BadRequest", "message": "status"})
    stand_in.tasks[number].update(request.json)
    return 204, ""


def _thehive_log(stand_in, request, _, number):
    stand_in.tasks[number]["_logs"].append({"message": request.json["message"], "_id": f"~{next(stand_in._numbers)}", "_at": 0})
    return 201, {"message": request.json["message"]}


# -- ServiceNow: the table API ---------------------------------------------------------------------------

def _servicenow_list(stand_in, request, _, table):
    wanted = [re.fullmatch(r"(\w+?)(?:=|IN)(.*)", part) for part in request.query.get("sysparm_query", "").split("^")
              if not part.startswith("ORDERBY")]
    found = stand_in._listed("servicenow", lambda i: i["_table"] == table
                             and all(i.get(m[1]) in m[2].split(",") for m in wanted))
    return 200, {"result": [_public(i) for i in found]}


def _servicenow_create(stand_in, request, _, table):
    number = len(stand_in.of("servicenow")) + 1
    record = request.json | {"sys_id": hashlib.md5(str(number).encode()).hexdigest(), "number": f"TASK{number:07}",
                             "sys_updated_on": _clock()[:-1].replace("T", " "), "_table": table, "_notes": [], "_at": time.monotonic()}
    _servicenow_note(record)
    record.setdefault("state", "1")
    stand_in.issues["servicenow", record["sys_id"]] = record
    return 201, {"result": _public(record)}


def _servicenow_note(record):
    note = record.pop("work_notes", None)
    if note:
        record["_notes"].append(note)


def _servicenow_get(stand_in, _request, _tell, _table, number):
    return 200, {"result": _public(stand_in.issue("servicenow", number))}


def _servicenow_update(stand_in, request, _, _table, number):
    record = stand_in.issue("servicenow", number)
    record.update(request.json)
    record["sys_updated_on"] = _clock()[:-1].replace("T", " ")
    _servicenow_note(record)
    return 200, {"result": _public(record)}


# -- Slack: docs.slack.dev/reference/methods ---------------------------------------------------------------

def _slack_blocks(blocks):
    if len(blocks) > 50:
        return "invalid_blocks"
    for block in blocks:
        if block["type"] not in ("header", "section", "context", "divider", "actions"):
            return "invalid_blocks"
        texts = [block["text"]] if "text" in block else block.get("elements", [])
        most = {"header": 150, "section": 3000, "context": 2000}.get(block["type"], 75)
        if block["type"] in ("header", "section", "context") and not texts:
            return "invalid_blocks"
        if block["type"] == "context" and len(texts) > 10:
            return "invalid_blocks"
        if any(not 1 <= len(t["text"]) <= most for t in texts if isinstance(t.get("text"), str)):
            return "invalid_blocks"
    return None


def _slack_post(stand_in, request, _):
    body = request.json
    channel = body.get("channel", "")
    error = stand_in.dead_channels.get(channel)
    if not re.fullmatch(r"[CDGU][A-Z0-9]+", channel):
        error = "channel_not_found"
    if not body.get("text") and not body.get("blocks"):
        error = "no_text"
    if len(body.get("text", "")) > 40000:
        error = "msg_too_long"
    error = error or _slack_blocks(body.get("blocks", []))
    if error:
        return 200, {"ok": False, "error": error}
    if channel.startswith("U"):
        channel = "D" + channel[1:]
    message = {"channel": channel, "ts": f"{int(time.time())}.{next(stand_in._numbers):06}", "text": body.get("text"),
               "blocks": body.get("blocks", []), "metadata": body.get("metadata"), "_at": time.monotonic()}
    stand_in.messages.append(message)
    return 200, {"ok": True, "channel": channel, "ts": message["ts"], "message": _public(message)}


def _slack_history(stand_in, request, _):
    channel = request.query.get("channel", "")
    if channel in stand_in.dead_channels or channel.startswith("U"):
        return 200, {"ok": False, "error": stand_in.dead_channels.get(channel, "channel_not_found")}
    now, oldest = time.monotonic(), float(request.query.get("oldest", 0))
    found = [_public(m) for m in stand_in.messages[::-1]
             if m["channel"] == channel and float(m["ts"]) >= oldest and m["_at"] + stand_in.lag_s <= now]
    if request.query.get("include_all_metadata") != "true":
        for message in found:
            del message["metadata"]
    start, limit = int(request.query.get("cursor") or 0), int(request.query.get("limit", 100))
    more = len(found) > start + limit
    return 200, {"ok": True, "messages": found[start:start + limit], "has_more": more,
                 "response_metadata": {"next_cursor": str(start + limit) if more else ""}}


def _slack_open(stand_in, request, _):
    user = request.json.get("users", "") if request.text.startswith("{") else dict(urllib.parse.parse_qsl(request.text)).get("users", "")
    error = stand_in.dead_channels.get(user) or (None if re.fullmatch(r"U[A-Z0-9]+", user) else "user_not_found")
    return 200, {"ok": False, "error": error} if error else {"ok": True, "channel": {"id": "D" + user[1:]}}


# -- Teams, PagerDuty, Apprise -------------------------------------------------------------------------------

def _teams_card(stand_in, request, _, flow):
    body = request.json
    cards = body.get("attachments", [])
    if body.get("type") != "message" or not cards or any(
            c.get("contentType") != "application/vnd.microsoft.card.adaptive" or c["content"].get("type") != "AdaptiveCard" for c in cards):
        raise Refused(400, {"error": {"code": "TriggerInputSchemaMismatch"}})
    if len(request.text) > 28 * 1024:
        raise Refused(413, {"error": {"code": "RequestEntityTooLarge"}})
    if flow in stand_in.dead_channels:
        raise Refused(404, {"error": {"code": "WorkflowNotFound", "message": "The workflow could not be found."}})
    stand_in.cards.append((flow, cards[0]["content"]))
    return 202, ""


def _pagerduty_enqueue(stand_in, request, _):
    body = request.json
    wrong = []
    if len(body.get("routing_key", "")) != 32:
        wrong.append("Length of 'routing_key' is incorrect (should be 32 characters)")
    if body.get("event_action") not in ("trigger", "acknowledge", "resolve"):
        wrong.append("'event_action' is not one of the allowed values")
    if body.get("event_action") == "trigger":
        payload = body.get("payload", {})
        if not payload.get("summary") or len(payload["summary"]) > 1024 or not payload.get("source"):
            wrong.append("'payload.summary' or 'payload.source' is missing or too long")
        if payload.get("severity") not in ("critical", "warning", "error", "info"):
            wrong.append("'payload.severity' is invalid (must be one of the following: 'critical', 'warning', 'error' or 'info')")
    if len(body.get("dedup_key", "")) > 255:
        wrong.append("'dedup_key' is too long")
    if wrong:
        raise Refused(400, {"status": "invalid event", "message": "Event object is invalid", "errors": wrong})
    stand_in.alerts.append(body)
    return 202, {"status": "success", "message": "Event processed", "dedup_key": body.get("dedup_key")}


def _apprise_notify(stand_in, request, _):
    body = request.json
    urls = body.get("urls", "")
    if not body.get("body"):
        raise Refused(400, {"error": "Bad FORM Payload provided"})
    if body.get("type", "info") not in ("info", "success", "warning", "failure"):
        raise Refused(400, {"error": "An invalid notification type was specified"})
    if not urls:
        return 204, ""
    if any(dead in urls for dead in stand_in.dead_channels):
        raise Refused(424, {"error": "One or more notification could not be sent."})
    stand_in.notices.append(body)
    return 200, {"error": None}


def _bearer(request):
    return request.headers.get("authorization") == f"Bearer {TOKEN}"


def _basic(request):
    given = request.headers.get("authorization", "")
    return given.startswith("Basic ") and base64.b64decode(given[6:]).decode().endswith(f":{TOKEN}")


_AUTHORIZED = {"github": _bearer, "gitlab": lambda r: r.headers.get("private-token") == TOKEN, "jira": _basic, "azure": _basic,
               "thehive": _bearer, "servicenow": _basic, "slack": _bearer, "teams": lambda r: True, "pagerduty": lambda r: True,
               "apprise": lambda r: True}

_REPO = r"/repos/([\w.-]+/[\w.-]+)/issues"
_PROJECT = r"/api/v4/projects/([^/]+(?:/[^/]+)?)/issues"
_JIRA = "/rest/api/3"
_TABLE = r"/api/now/table/(\w+)"
_ROUTES = [
    ("github", "GET", _REPO, _github_list), ("github", "POST", _REPO, _github_create),
    ("github", "GET", _REPO + r"/(\d+)", _github_get), ("github", "PATCH", _REPO + r"/(\d+)", _github_update),
    ("github", "GET", _REPO + r"/(\d+)/comments", _github_comments), ("github", "POST", _REPO + r"/(\d+)/comments", _github_comment),
    ("gitlab", "GET", _PROJECT, _gitlab_list), ("gitlab", "POST", _PROJECT, _gitlab_create),
    ("gitlab", "GET", _PROJECT + r"/(\d+)", _gitlab_get), ("gitlab", "PUT", _PROJECT + r"/(\d+)", _gitlab_update),
    ("gitlab", "GET", _PROJECT + r"/(\d+)/notes", _gitlab_notes), ("gitlab", "POST", _PROJECT + r"/(\d+)/notes", _gitlab_note),
    ("jira", "POST", _JIRA + "/issue", _jira_create), ("jira", "POST", _JIRA + "/search/jql", _jira_search),
    ("jira", "GET", _JIRA + r"/issue/([\w-]+)", _jira_get), ("jira", "PUT", _JIRA + r"/issue/([\w-]+)", _jira_update),
    ("jira", "GET", _JIRA + r"/issue/([\w-]+)/transitions", _jira_transitions),
    ("jira", "POST", _JIRA + r"/issue/([\w-]+)/transitions", _jira_transition),
    ("jira", "GET", _JIRA + r"/issue/([\w-]+)/comment", _jira_comments), ("jira", "POST", _JIRA + r"/issue/([\w-]+)/comment", _jira_comment),
    ("azure", "POST", r"/([^/]+)/_apis/wit/wiql", _azure_wiql), ("azure", "POST", r"/([^/]+)/_apis/wit/workitems/\$(.+)", _azure_create),
    ("azure", "GET", r"/([^/]+)/_apis/wit/workitems/(\d+)", _azure_get), ("azure", "PATCH", r"/([^/]+)/_apis/wit/workitems/(\d+)", _azure_update),
    ("thehive", "POST", "/api/v1/query", _thehive_query), ("thehive", "POST", "/api/v1/case", _thehive_case),
    ("thehive", "POST", "/api/v1/case/([^/]+)/task", _thehive_task), ("thehive", "PATCH", "/api/v1/task/([^/]+)", _thehive_update),
    ("thehive", "POST", "/api/v1/task/([^/]+)/log", _thehive_log),
    ("servicenow", "GET", _TABLE, _servicenow_list), ("servicenow", "POST", _TABLE, _servicenow_create),
    ("servicenow", "GET", _TABLE + "/([0-9a-f]+)", _servicenow_get), ("servicenow", "PATCH", _TABLE + "/([0-9a-f]+)", _servicenow_update),
    ("slack", "POST", "/api/chat.postMessage", _slack_post), ("slack", "GET", "/api/conversations.history", _slack_history),
    ("slack", "POST", "/api/conversations.open", _slack_open),
    ("teams", "POST", "/workflows/(.+)", _teams_card), ("pagerduty", "POST", "/v2/enqueue", _pagerduty_enqueue),
    ("apprise", "POST", "/notify/?", _apprise_notify),
]

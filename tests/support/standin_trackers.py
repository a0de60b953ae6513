# SPDX-License-Identifier: Apache-2.0
"""The trackers that a stand-in (standin.py) plays: GitHub, GitLab, Jira Cloud, Azure DevOps, TheHive, ServiceNow.
A handler gets the stand-in, the request, a list for the webhooks that it causes, and what its path matched; it
gives status and answer."""

import hashlib
import json
import re
import time

from support.standin_requests import TOKEN, Refused, basic, bearer, clock, public


# -- GitHub: docs.github.com/rest/issues -------------------------------------------------------------

def _texts_422(body, members):
    for name, most in members.items():
        if name in body and len(body[name]) > most:
            raise Refused(422, {"message": "Validation Failed", "errors": [
                {"resource": "Issue", "field": name, "code": "custom", "message": f"{name} is too long"}]})


def _github_hook(issue, action, login, **more):
    shown = json.loads(json.dumps(public(issue)))  # as it is now, not when it is sent
    return ("github", "issues", {
        "action": action, "issue": shown | {"assignee": next(iter(shown["assignees"]), None)}, **more,
        "repository": {"full_name": issue["_repository"], "html_url": f"https://github.com/{issue['_repository']}"},
        "sender": {"login": login, "type": "User"}})


def _github_list(stand_in, request, _, repository):
    labels = set(filter(None, request.query.get("labels", "").split(",")))
    state = request.query.get("state", "open")
    found = stand_in.listed("github", lambda i: i["_repository"] == repository
                             and state in ("all", i["state"]) and labels <= {l["name"] for l in i["labels"]})
    if request.query.get("direction", "desc") == "desc":
        found.reverse()
    return 200, [public(i) for i in found[:int(request.query.get("per_page", 30))]]


def _github_create(stand_in, request, tell, repository):
    body = request.json
    if not body.get("title"):
        raise Refused(422, {"message": "Invalid request.\n\n\"title\" wasn't supplied."})
    _texts_422(body, {"title": 256, "body": 65536})
    if "nobody" in body.get("assignees", []):
        raise Refused(422, {"message": "Validation Failed", "errors": [{"resource": "Issue", "field": "assignees", "code": "invalid", "value": "nobody"}]})
    number = sum(1 for i in stand_in.of("github") if i["_repository"] == repository) + 1
    key = f"{repository}#{number}"
    issue = {"id": next(stand_in.numbers), "number": number, "html_url": f"https://github.com/{repository}/issues/{number}",
             "state": "open", "state_reason": None, "title": body["title"], "body": body.get("body"),
             "labels": [{"name": l} for l in body.get("labels", [])],
             "assignees": [{"login": l} for l in body.get("assignees", [])], "user": {"login": "epilogue-bot"},
             "created_at": clock(), "updated_at": clock(), "closed_at": None,
             "_repository": repository, "_comments": [], "_at": time.monotonic()}
    stand_in.issues["github", key] = issue
    tell.append(_github_hook(issue, "opened", "epilogue-bot"))
    return 201, public(issue)


def _github_get(stand_in, _request, _tell, repository, number):
    return 200, public(stand_in.issue("github", f"{repository}#{number}"))


def github_set(stand_in, issue, body, tell, login):
    """Changes an issue as `login`, with the webhooks of it."""
    issue["updated_at"] = clock()
    if body.get("state", issue["state"]) != issue["state"]:
        issue["state"] = body["state"]
        issue["state_reason"] = body.get("state_reason")
        issue["closed_at"] = clock() if body["state"] == "closed" else None
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
    github_set(stand_in, issue, body, tell, "epilogue-bot")
    return 200, public(issue)


def _github_comments(stand_in, request, _, repository, number):
    since = request.query.get("since", "")
    return 200, [c for c in stand_in.issue("github", f"{repository}#{number}")["_comments"] if c["updated_at"] >= since[:19]]


def _github_comment(stand_in, request, _, repository, number):
    issue = stand_in.issue("github", f"{repository}#{number}")
    if not request.json.get("body"):
        raise Refused(422, {"message": "Validation Failed"})
    comment = {"id": next(stand_in.numbers), "body": request.json["body"], "user": {"login": "epilogue-bot"},
               "created_at": clock(), "updated_at": clock()}
    issue["_comments"].append(comment)
    return 201, comment


# -- GitLab: docs.gitlab.com/api/issues ----------------------------------------------------------------

def _gitlab_list(stand_in, request, _, project):
    labels = set(filter(None, request.query.get("labels", "").split(",")))
    found = stand_in.listed("gitlab", lambda i: i["_project"] == project and labels <= set(i["labels"]))
    return 200, [public(i) for i in found]


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
             "references": {"full": f"{project}#{number}"}, "created_at": clock(), "updated_at": clock(),
             "_project": project, "_notes": [], "_at": time.monotonic()}
    stand_in.issues["gitlab", f"{project}#{number}"] = issue
    return 201, public(issue)


def _gitlab_get(stand_in, _request, _tell, project, number):
    return 200, public(stand_in.issue("gitlab", f"{project}#{number}"))


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
    issue["updated_at"] = clock()
    return 200, public(issue)


def _gitlab_notes(stand_in, _request, _tell, project, number):
    return 200, stand_in.issue("gitlab", f"{project}#{number}")["_notes"][::-1]


def _gitlab_note(stand_in, request, _, project, number):
    note = {"id": next(stand_in.numbers), "body": request.json["body"], "created_at": clock()}
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
             "fields": fields | {"status": _jira_state("new"), "updated": clock()[:-1] + ".000+0000", "created": clock()[:-1] + ".000+0000"},
             "_properties": {p["key"]: p["value"] for p in body.get("properties", [])}, "_comments": [], "_at": time.monotonic()}
    stand_in.issues["jira", issue["key"]] = issue
    return 201, {"id": issue["id"], "key": issue["key"], "self": _jira_public(issue)["self"]}


def _jira_search(stand_in, request, _):
    body = request.json
    match = re.search(r'labels in \("([^)]+)"\)', body.get("jql", ""))
    project = re.search(r'project = "([^"]+)"', body.get("jql", ""))
    if not match or not project:
        raise Refused(400, {"errorMessages": ["Error in the JQL Query"]})
    found = stand_in.listed("jira", lambda i: i["fields"]["project"]["key"] == project[1]
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
    issue["fields"]["updated"] = clock()[:-1] + ".000+0000"
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
    comment = {"id": str(next(stand_in.numbers)), **request.json}
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
    fields["System.ChangedDate"] = clock()


def _azure_wiql(stand_in, request, _, project):
    match = re.search(r"\[System.Tags\] CONTAINS '([^']+)'", request.json.get("query", ""))
    if not match:
        raise Refused(400, {"message": "The query is wrong"})
    found = stand_in.listed("azure", lambda i: i["_project"] == project
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
    return 200, [public(f) | {"_id": f["_id"]} for f in found if f["_at"] + lag_s <= now]


def _thehive_case(stand_in, request, _):
    body = request.json
    if not body.get("title") or "description" not in body:
        raise Refused(400, {"type": "InvalidFormatAttributeError", "message": "title, description"})
    number = len(stand_in.cases) + 1
    case = body | {"_id": f"~{4096 * number}", "number": number, "_at": time.monotonic(), "status": "New"}
    stand_in.cases[case["_id"]] = case
    return 201, public(case) | {"_id": case["_id"]}


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
    stand_in.tasks[number]["_logs"].append({"message": request.json["message"], "_id": f"~{next(stand_in.numbers)}", "_at": 0})
    return 201, {"message": request.json["message"]}


# -- ServiceNow: the table API ---------------------------------------------------------------------------

def _servicenow_list(stand_in, request, _, table):
    wanted = [re.fullmatch(r"(\w+?)(=|IN|LIKE)(.*)", part) for part in request.query.get("sysparm_query", "").split("^")
              if not part.startswith("ORDERBY")]
    found = stand_in.listed("servicenow", lambda i: i["_table"] == table and all(
        m[3] in i.get(m[1], "") if m[2] == "LIKE" else i.get(m[1]) in m[3].split(",") for m in wanted))
    return 200, {"result": [public(i) for i in found]}


def _servicenow_create(stand_in, request, _, table):
    number = len(stand_in.of("servicenow")) + 1
    record = request.json | {"sys_id": hashlib.md5(str(number).encode()).hexdigest(), "number": f"TASK{number:07}",
                             "sys_updated_on": clock()[:-1].replace("T", " "), "_table": table, "_notes": [], "_at": time.monotonic()}
    _servicenow_note(record)
    record.setdefault("state", "1")
    stand_in.issues["servicenow", record["sys_id"]] = record
    return 201, {"result": public(record)}


def _servicenow_note(record):
    note = record.pop("work_notes", None)
    if note:
        record["_notes"].append(note)


def _servicenow_get(stand_in, _request, _tell, _table, number):
    return 200, {"result": public(stand_in.issue("servicenow", number))}


def _servicenow_update(stand_in, request, _, _table, number):
    record = stand_in.issue("servicenow", number)
    record.update(request.json)
    record["sys_updated_on"] = clock()[:-1].replace("T", " ")
    _servicenow_note(record)
    return 200, {"result": public(record)}


AUTHORIZED = {"github": bearer, "gitlab": lambda r: r.headers.get("private-token") == TOKEN, "jira": basic, "azure": basic,
              "thehive": bearer, "servicenow": basic}

_REPO = r"/repos/([\w.-]+/[\w.-]+)/issues"
_PROJECT = r"/api/v4/projects/([^/]+(?:/[^/]+)?)/issues"
_JIRA = "/rest/api/3"
_TABLE = r"/api/now/table/(\w+)"
ROUTES = [
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
]

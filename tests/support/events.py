# SPDX-License-Identifier: Apache-2.0
"""Events that other systems send, with as little in them as a test needs, and policies under which something soon
follows from them."""

import datetime
import json

# A closure's `response_evaluation`, or the task's `evaluation`, that leaves nothing to ask.
EVALUATED = {"sufficient": True, "complete": True}

# Of a policy's `reminders`: nothing waits for the morning of a working day, nor for a digest.
AT_ONCE = {"at_once": ["P1", "P2", "P3", "P4"], "digest": False}

# A policy under which all is due two seconds after it was made, and told in a digest a second later.
_TERMS = {"assign": "1h", "complete": "2s", "stale": "1h", "verify": "1h"}
DUE_IN_SECONDS = {
    "version": "seconds",
    "sla": {priority: _TERMS for priority in ("P1", "P2", "P3", "P4")},
    "reminders": {"due_soon": [], "overdue_every": "1h", "overdue_max": 1, "assign_every": "1h",
                  "stale_every": "1h", "verify_every": "1h", "at_once": ["P1", "P2", "P3", "P4"],
                  "collect": "1s", "collect_at_once": "1s", "at_once_every": "1s"},
    "escalation": [],
}


def closure(incident_id, revision=None, **members):
    """An incident-closed event; whatever is given stands in it."""
    event = {
        "incident_id": incident_id,
        "title": f"Incident {incident_id}",
        "severity": "high",
        "customer_impacting": False,
        "data_breach": False,
        "closed_at": "2026-11-19T17:00:00Z",
        "owner": {"team": "identity", "person": "lead@example.com"},
    }
    if revision is not None:
        event["revision"] = revision
    return {**event, **members}


def finding(incident_id, finding_id, revision=None, **members):
    """A finding-updated event."""
    event = {
        "finding_id": finding_id,
        "incident_id": incident_id,
        "category": "technical-lapse",
        "severity": "medium",
        "title": f"Finding {finding_id} of {incident_id}",
        "owner": {"team": "crash-reporting", "person": "dev@example.com"},
    }
    if revision is not None:
        event["revision"] = revision
    return {**event, **members}


def task_update(incident_id, task_id, revision=None, **members):
    """A task-updated event."""
    event = {"task_id": task_id, "incident_id": incident_id}
    if revision is not None:
        event["revision"] = revision
    return {**event, **members}


def bug_id(incident_id, finding_id):
    """The task_id of a technical lapse's task, for ids with nothing to percent-encode."""
    return f"{incident_id}/bug/{finding_id}"


def structured(event, **attributes):
    """The bytes of an event in CloudEvents' structured mode; its header comes with it."""
    envelope = {"specversion": "1.0", "id": "e-1", "source": "/tests", "type": "any",
                **attributes, "data": event}
    return json.dumps(envelope).encode(), {"content-type": "application/cloudevents+json"}


def parse_time(text):
    """A time of an output as a datetime."""
    return datetime.datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ").replace(
        tzinfo=datetime.timezone.utc)

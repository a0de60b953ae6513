# SPDX-License-Identifier: Apache-2.0
"""What tells people, as a stand-in (standin.py) plays it: Slack, Teams, PagerDuty, Apprise. Handlers are those
of standin_trackers.py."""

import re
import time
import urllib.parse

from support.standin_requests import Refused, bearer, public


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
    message = {"channel": channel, "ts": f"{int(time.time())}.{next(stand_in.numbers):06}", "text": body.get("text"),
               "blocks": body.get("blocks", []), "metadata": body.get("metadata"), "_at": time.monotonic()}
    stand_in.messages.append(message)
    return 200, {"ok": True, "channel": channel, "ts": message["ts"], "message": public(message)}


def _slack_history(stand_in, request, _):
    channel = request.query.get("channel", "")
    if channel in stand_in.dead_channels or channel.startswith("U"):
        return 200, {"ok": False, "error": stand_in.dead_channels.get(channel, "channel_not_found")}
    now, oldest = time.monotonic(), float(request.query.get("oldest", 0))
    found = [public(m) for m in stand_in.messages[::-1]
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


AUTHORIZED = {"slack": bearer, "teams": lambda r: True, "pagerduty": lambda r: True, "apprise": lambda r: True}

ROUTES = [
    ("slack", "POST", "/api/chat.postMessage", _slack_post), ("slack", "GET", "/api/conversations.history", _slack_history),
    ("slack", "POST", "/api/conversations.open", _slack_open),
    ("teams", "POST", "/workflows/(.+)", _teams_card), ("pagerduty", "POST", "/v2/enqueue", _pagerduty_enqueue),
    ("apprise", "POST", "/notify/?", _apprise_notify),
]

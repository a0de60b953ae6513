# SPDX-License-Identifier: Apache-2.0
"""One HTTP server that plays the systems that connectors talk to, in the shapes of their public
documentation: trackers (standin_trackers.py) and what tells people (standin_notifiers.py). It is as strict as
they are about what it takes, its lists lag behind on demand, and faults can be laid into its way."""

import hashlib
import hmac
import itertools
import json
import re
import threading
import time
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from support import standin_notifiers, standin_trackers
from support.standin_requests import Fault, Refused, Request

_ROUTES = standin_trackers.ROUTES + standin_notifiers.ROUTES
_AUTHORIZED = standin_trackers.AUTHORIZED | standin_notifiers.AUTHORIZED


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
        self.numbers = itertools.count(1)
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

    def listed(self, system, test):
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
                            "X-GitHub-Delivery": f"{next(self.numbers)}"}
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
            standin_trackers.github_set(self, issue, members, tell, login)
        for delivery in tell:
            self._deliver(*delivery)

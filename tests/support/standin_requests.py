# SPDX-License-Identifier: Apache-2.0
"""What the parts of a stand-in (standin.py) share: the requests that come, what they are refused with, and
the faults that are laid into their way."""

import base64
import json
import re
import time
import urllib.parse

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


def bearer(request):
    """Whether it shows the token as most take it."""
    return request.headers.get("authorization") == f"Bearer {TOKEN}"


def basic(request):
    """Whether the token is its password, whoever the user is."""
    given = request.headers.get("authorization", "")
    return given.startswith("Basic ") and base64.b64decode(given[6:]).decode().endswith(f":{TOKEN}")


def clock():
    """The time, as most write it."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())


def public(issue):
    """What the system shows of what it keeps."""
    return {name: value for name, value in issue.items() if not name.startswith("_")}

# SPDX-License-Identifier: Apache-2.0
"""Many events, for the tests that break something in the middle of them."""

import random

from support.events import closure, finding

_STATUSES = ("open", "in-progress", "blocked", "resolved", "verified", "open")
_SEVERITIES = ("critical", "high", "medium", "low")


class Load:
    """Incidents with findings that change. The same seed gives the same events; publish() sends
    the next ones, and `findings` are all that were sent so far."""

    def __init__(self, world, seed=1, findings_per_incident=9):
        self.world = world
        self.findings = []
        self._random = random.Random(seed)
        self._per_incident = findings_per_incident
        self._incidents = 0
        self._revisions = {}

    def publish(self, count):
        """Sends about `count` events: new incidents with their findings (never more events than
        asked for), in a random order, so that a finding may come before its closure."""
        events = []
        for _ in range(max(1, count // (self._per_incident + 1))):
            incident_id = f"INC-{self._incidents}"
            self._incidents += 1
            events.append(("incident-closed", closure(
                incident_id, revision=1, customer_impacting=self._random.random() < 0.3)))
            for f in range(self._per_incident):
                name = incident_id, f"F-{f}"
                self.findings.append(name)
                self._revisions[name] = 1
                events.append(("finding-updated", finding(
                    *name, revision=1, severity=self._random.choice(_SEVERITIES))))
        self._random.shuffle(events)
        self._send(events)

    def update(self, count):
        """Sends `count` changes of findings that were sent before."""
        events = []
        for _ in range(count):
            name = self._random.choice(self.findings)
            self._revisions[name] += 1
            events.append(("finding-updated", finding(
                *name, revision=self._revisions[name], status=self._random.choice(_STATUSES),
                severity=self._random.choice(_SEVERITIES))))
        self._send(events)

    def _send(self, events):
        for topic, event in events:
            self.world.publish(topic, event, flush=False)
        self.world.publisher.flush()

    def finish(self, timeout_s=120):
        """Waits till everything is worked off, and makes all the outside checks."""
        self.world.wait_worked_off(timeout_s)
        self.world.check_outputs(self.findings)

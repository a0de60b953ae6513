# SPDX-License-Identifier: Apache-2.0
"""The trace scenarios, to be played on a real Kafka and a real Redis, and what `epilogue simulate`
says must come out of them."""

import collections
import dataclasses
import datetime
import itertools
import json
import pathlib
import re

from support.records import Record
from support.worker import json_lines

TRACES = pathlib.Path(__file__).resolve().parents[1] / "trace"
_DIRECTIVE = re.compile(r"^# (until|policy|change|report): (\S+)$", re.MULTILINE)
_CAUSE = re.compile(rb'("cause":\{"topic":"[^"]*","partition":)\d+(,"offset":)\d+')
# A record from the future is taken as if it came now, so a story that is told of the months to come
# is moved into the past: by six years, since the weekdays from 2020 to 2022 are those from 2026 to
# 2028.
_TO_COME = re.compile(r"\b(202[678])(?=-\d\d)")


def moved(text):
    """A text with dates, all of them moved as those of the stories are."""
    return _TO_COME.sub(lambda m: str(int(m.group(1)) - 6), text)


@dataclasses.dataclass
class Story:
    """A trace scenario. `lines` are its records as `epilogue publish` reads them."""

    name: str
    lines: list
    policy: str  # a policy file's text, or None for the default one
    change: tuple  # (time, text of the policy from then on), or None
    report: str  # the incident whose report belongs to it, or None

    @classmethod
    def read(cls, name):
        """The story whose file begins with `name`."""
        (path,) = TRACES.glob(f"{name}*.trace")
        text = moved(path.read_text())
        directives = dict(_DIRECTIVE.findall(text))
        change = directives.get("change")
        if change:
            time, file = change.split("=", 1)
            change = time, _policy(file)
        policy = directives.get("policy")
        return cls(path.stem, list(objects(text)), _policy(policy) if policy else None, change,
                   directives.get("report"))

    def expected_report(self):
        """Its report as it stands beside the trace."""
        return moved((TRACES / f"{self.name}.report.md").read_text())

    def steps(self):
        """The lines in pieces. Kafka keeps the order within a partition and no other, so only
        lines that follow each other in one topic for one incident may wait together; a change of
        the policy begins a new piece too."""
        def place(line):
            changed = self.change is not None and line["at"] >= self.change[0]
            return line["topic"], line["value"]["incident_id"], changed
        for (*_, changed), lines in itertools.groupby(self.lines, place):
            yield changed, list(lines)


def _policy(file):
    return moved((TRACES / file).read_text())


def objects(text):
    """The JSON objects of a trace, which may go over several lines."""
    bare = "\n".join(line for line in text.splitlines() if line[:1] not in ("#", ">"))
    decoder, at = json.JSONDecoder(), 0
    while at < len(bare.rstrip()):
        value, at = decoder.raw_decode(bare, at + len(bare[at:]) - len(bare[at:].lstrip()))
        yield value


def inputs(lines):
    """The lines that are simulated, as records where a simulation has them."""
    offsets = collections.Counter()
    for line in lines:
        offset = offsets[line["topic"]]
        offsets[line["topic"]] += 1
        at = datetime.datetime.fromisoformat(line["at"].replace("Z", "+00:00"))
        headers = [(name, text.encode()) for name, text in line.get("headers", {}).items()]
        yield Record(line["topic"], 0, offset, round(at.timestamp() * 1000), None, None, headers)


def write_lines(path, lines):
    """A file of lines for `publish` and `simulate`."""
    path.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines))
    return path


def simulated(completed):
    """What `simulate --json` printed, as records with the bytes that it says an event has."""
    assert completed.returncode == 0, completed.stderr
    records = []
    for text, line in zip(filter(None, completed.stdout.split("\n")), json_lines(completed)):
        key, at = line.get("key"), text.find('"value":') + len('"value":')
        value = text[at:text.rindex(',"at":')] if "value" in line else None
        headers = [(name, header.encode()) for name, header in line["headers"].items()]
        records.append(Record(line["topic"], 0, len(records), 0, key and key.encode(),
                              value and value.encode(), headers))
    return records


def histories(records, topic_prefix=""):
    """{ce_subject: [(headers, value)] in the order in which they stand}. A cause is made what it
    is in a simulation: its topic has no prefix, and where its record stood is not said."""
    told = collections.defaultdict(list)
    for record in records:
        value = record.value.replace(f'"topic":"{topic_prefix}'.encode(), b'"topic":"')
        headers = tuple((name, text.decode()) for name, text in record.headers)
        told[record.header("ce_subject")].append(
            (headers, _CAUSE.sub(rb"\g<1>0\g<2>0", value).decode()))
    return dict(told)


def reminder_series(reminders):
    """{(subject, occurrence, kind): [value] in order} of the records of followup-reminders."""
    series = collections.defaultdict(list)
    for record in reminders:
        subject, occurrence, kind, _ = record.header("ce_id").rsplit("/", 3)
        series[subject, int(occurrence), kind].append(record.json)
    return dict(series)


def covered(series):
    """{(subject, occurrence): the kinds of which anything was said, be it by another}."""
    kinds = collections.defaultdict(set)
    for (subject, occurrence, _), values in series.items():
        kinds[subject, occurrence].update(kind for value in values for kind in value["covers"])
    return dict(kinds)

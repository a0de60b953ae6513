# SPDX-License-Identifier: Apache-2.0
"""The benchmark: the worker, and where its jars can be had the peer (peer/README.md), in turn on
one warm broker. It prints figures and fails on none of them: medians of the rounds, as Markdown for
docs/performance.md. Called by tests/bench/run.
"""

import argparse
import datetime
import json
import pathlib
import signal
import sys
import tempfile
import time
import traceback

import growth
import machine
import parts
import peer_build
import report
from sides import PeerSide, WorkerSide
from stage import Stage

_DOCUMENT = pathlib.Path(__file__).parents[2] / "docs" / "performance.md"
_RATE = 2000
_TIMERS_FIRED = 1000
_TIMERS_PER_S = 100
_WARM_UPS = 4
_ONE_DRAIN = ("rate", "rate, second half", "total CPU", "peak memory")
_FINDINGS_EACH = 5


def _arguments():
    parser = argparse.ArgumentParser(prog="tests/bench/run", description=__doc__)
    parser.add_argument("--quick", action="store_true",
                        help="drain and latency once, for developing; 6 minutes")
    parser.add_argument("--rounds", type=int, help="of each side (default 3; 1 with --quick)")
    parser.add_argument("--only", choices=("worker", "peer"), help="one side alone")
    parser.add_argument("--fetch-peer", action="store_true",
                        help="fetch the peer's jars through Maven first (80 MB, once)")
    parser.add_argument("--findings", type=int, help="of a drain (default 300000; 150000)")
    parser.add_argument("--partitions", type=int, default=8)
    parser.add_argument("--million", action="store_true",
                        help="timers with 1,000,000 pending, too, once; 15 minutes")
    parser.add_argument("--growth", action="store_true", help="how cost grows, too; half an hour")
    parser.add_argument("--tools", required=True, help=argparse.SUPPRESS)
    parser.add_argument("--write", action="store_true",
                        help="put the tables into docs/performance.md")
    parser.add_argument("--json", type=pathlib.Path, help="write all figures there, unrounded")
    parser.add_argument("-s", dest="settings", action="append", default=[], metavar="KEY=VALUE",
                        help="a setting of the worker")
    options = parser.parse_args()
    options.settings = dict(one.split("=", 1) for one in options.settings)
    options.rounds = options.rounds or (1 if options.quick else 3)
    options.findings = options.findings or (150000 if options.quick else 300000)
    options.incidents = max(1, options.findings // 15)
    return options


class Bench:
    """One run."""

    def __init__(self, options, stage, class_path):
        self._options, self._stage, self._class_path = options, stage, class_path
        self.results = report.Results()
        self.grown = []
        self._names = [name for name in ("worker", "peer")
                       if options.only in (None, name) and (name == "worker" or class_path)]

    def _side(self, name):
        if name == "peer":
            return PeerSide(self._stage, self._options.partitions, self._class_path)
        return WorkerSide(self._stage, self._options.partitions, self._options.settings)

    def _part(self, name, what, measure, prefix="", only=None):
        began = time.monotonic()
        figures = measure()
        if only:
            figures = {key: figures[key] for key in only}
        self.results.add(name, figures, prefix)
        said = ", ".join(f"{key} {number:,.1f}" for key, number in figures.items())
        print(f"  {name:6} {what:16} {time.monotonic() - began:4.0f} s  {said}", flush=True)

    def _drains(self, name):
        o, stage = self._options, self._stage
        side = self._side(name)
        try:
            parts.load_incidents(stage, side, o.incidents)
            self._part(name, "drain",
                       lambda: parts.drain_new(stage, side, o.findings, o.incidents))
            if not o.quick:
                self._part(name, "idle", lambda: parts.idle(side, 10))
                self._part(name, "drain of updates",
                           lambda: parts.drain_updates(stage, side, o.findings, o.incidents),
                           "updates, ", _ONE_DRAIN)
            warm_s, seconds = (10, 15) if o.quick else (15, 30)
            self._part(name, "latency", lambda: parts.latency(stage, side, _RATE, warm_s, seconds,
                                                              o.incidents))
        finally:
            side.close()

    def _mixture(self, name):
        o, stage = self._options, self._stage
        side = self._side(name)
        try:
            parts.load_incidents(stage, side, o.incidents)
            self._part(name, "drain, mixed", lambda: parts.drain_mixed(
                stage, side, o.findings, o.incidents, o.incidents * _FINDINGS_EACH),
                "mixed, ", _ONE_DRAIN)
        finally:
            side.close()

    def _timers(self, name, pending, more=lambda side: None):
        side = self._side(name)
        try:
            parts.load_incidents(self._stage, side, max(1, pending // 10))
            self._part(name, "timers", lambda: parts.timers(
                self._stage, side, pending, _TIMERS_FIRED, _TIMERS_PER_S, 20 + pending // 3000))
            more(side)
        finally:
            side.close()

    def _ends(self, name, side):
        """What follows when processes or their state go, with 200,000 findings."""
        stage, incidents = self._stage, 10000
        parts.load_incidents(stage, side, incidents, prefix="MORE")
        stage.generate(side.topic("findings"), events=100000, incidents=incidents, prefix="MORE")
        parts.drain(side)
        self._part(name, "state loss", lambda: parts.state_loss(stage, side, incidents))
        for how in ("kill", "stop"):
            self._part(name, "take-over", lambda how=how: parts.take_over(
                stage, side, how, 200, 40, incidents))

    def warm_up(self):
        """A fresh broker compiles itself for minutes: whoever comes first pays for it, three times what an
        event costs later, which is no cost of the worker's or the peer's."""
        for name in self._names * _WARM_UPS:
            side = self._side(name)
            try:
                parts.load_incidents(self._stage, side, 5000)
                cost = parts.drain_new(self._stage, side, 100000, 5000)["broker CPU"]
                parts.latency(self._stage, side, _RATE, 2, 6, 5000)
            finally:
                side.close()
            print(f"  {name:6} warms the broker up, which takes {cost:.1f} µs/event", flush=True)

    def round(self, number):
        """All parts, of all sides in turn; who is the first changes."""
        if number:
            self._names.reverse()
        for name in self._names:
            self._drains(name)
        if self._options.quick:
            return
        for name in self._names:
            self._mixture(name)
        for name in self._names:
            self._timers(name, 1000)
            self._timers(name, 100000, lambda side, name=name: self._ends(name, side))

    def run(self):
        """All of it."""
        o = self._options
        self.warm_up()
        for number in range(o.rounds):
            print(f"round {number + 1} of {o.rounds}", flush=True)
            self.round(number)
        if o.million:
            for name in self._names:
                self._timers(name, 1000000)
        if o.growth:
            for table in growth.measure(self._stage, o.partitions, o.settings):
                self.grown += ["", *table]


def _class_path(options, folder):
    try:
        if options.fetch_peer:
            peer_build.fetch()
        return peer_build.build(folder / "peer-classes")
    except peer_build.NoPeer as reason:
        print(f"The peer is left out: {reason}", flush=True)
        return None


def _tables(options, bench, notes):
    head = (f"{datetime.date.today()}, {machine.describe()}; broker, Redis, generator and reader "
            f"on the same cores. {options.partitions} partitions, {options.findings:,} findings a "
            f"drain, medians of {bench.results.rounds()} round(s).")
    lines = [head, *notes, "",
             *report.compare(bench.results, rate=_RATE, findings=200000), *bench.grown]
    return "\n".join(lines)


def _write(tables):
    """Puts the tables into docs/performance.md."""
    text = _DOCUMENT.read_text()
    begin, end = text.index("\n", text.index("<!-- figures")), text.index("<!-- end of figures")
    _DOCUMENT.write_text(f"{text[:begin]}\n{tables}\n{text[end:]}")


def _interrupt(_number, _frame):
    raise KeyboardInterrupt


def _measure(bench):
    """What was measured before it was stopped, or before something failed, is told all the same.
    Gives what there is to say of that."""
    try:
        bench.run()
    except KeyboardInterrupt:
        return ["It was stopped before its end."]
    except Exception:  # pylint: disable=broad-except
        traceback.print_exc()
        return ["A part of it failed, and it ended there."]
    return []


def main():
    """All of it."""
    options = _arguments()
    signal.signal(signal.SIGTERM, _interrupt)
    warning = machine.warning()
    if warning:
        print(warning, flush=True)
    with tempfile.TemporaryDirectory(prefix="epilogue-bench-") as name:
        folder = pathlib.Path(name)
        class_path = None if options.only == "worker" else _class_path(options, folder)
        stage = Stage(folder, options.tools)
        try:
            bench = Bench(options, stage, class_path)
            ended = _measure(bench)
        finally:
            stage.close()
    if options.json:
        options.json.write_text(json.dumps(bench.results.numbers, indent=1))
    if bench.results.numbers:
        tables = _tables(options, bench, [*([warning] if warning else []), *ended])
        print(f"\n{tables}")
        if options.write:
            _write(tables)
    return 1 if ended else 0


if __name__ == "__main__":
    sys.exit(main())

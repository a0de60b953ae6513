# SPDX-License-Identifier: Apache-2.0
"""What a change brings: this tree's build, and another one or the same with other settings, drain the
same findings at the same time, each with topics and a Redis of its own. What else the machine does
meets both alike, so some pairs show a difference of three in a hundred, where drains one after the
other differ by twenty. It says nothing of the broker, which serves both. It prints figures and fails
on none of them. Called by tests/bench/pair.
"""

import argparse
import os
import pathlib
import statistics
import tempfile
import time

import machine
import parts
from sides import WorkerSide
from stage import Stage

_PARTITIONS = 8
_BUILD = pathlib.Path(__file__).parents[2] / "build" / "release" / "worker" / "epilogue"


def _arguments():
    parser = argparse.ArgumentParser(prog="tests/bench/pair", description=__doc__)
    parser.add_argument("other", nargs="?", type=pathlib.Path, default=_BUILD,
                        help="the other program (default: the same, for other settings)")
    parser.add_argument("-s", dest="settings", action="append", default=[], metavar="KEY=VALUE",
                        help="a setting of the other")
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--findings", type=int, default=100000)
    parser.add_argument("--incidents", type=int, help="default: a fifteenth of the findings")
    parser.add_argument("--updates", action="store_true", help="of findings that are known")
    parser.add_argument("--tools", required=True, help=argparse.SUPPRESS)
    options = parser.parse_args()
    options.settings = dict(one.split("=", 1) for one in options.settings)
    options.incidents = options.incidents or max(1, options.findings // 15)
    if not options.other.exists():
        parser.error(f"{options.other} is not there")
    return options


class _One:
    """One of the two, in one pair."""

    def __init__(self, stage, options, program, settings):
        self._program = program
        self._events = options.findings
        self._use()
        self._side = WorkerSide(stage, _PARTITIONS, settings)
        self._running = None
        parts.load_incidents(stage, self._side, options.incidents)
        backlog = {"events": options.findings, "incidents": options.incidents}
        stage.generate(self._side.topic("findings"), **backlog)
        if options.updates:
            parts.drain(self._side)
            stage.generate(self._side.topic("findings"), **backlog, revision=2)
        self._end = self._side.offsets.end(self._side.topic("findings"), _PARTITIONS)
        self._redis_before = 0.0

    def _use(self):
        os.environ["EPILOGUE_TEST_BIN_LOAD"] = str(self._program)

    def _redis_s(self):
        return machine.cpu_s(self._side.pids(self._running)["redis"])

    def start(self):
        """From here on it drains."""
        self._use()
        self._running = self._side.start()
        self._redis_before = self._redis_s()

    def figures(self):
        """None while it drains; then microseconds an event, and MiB."""
        topic = self._side.topic("findings")
        if self._side.offsets.committed(topic, _PARTITIONS) < self._end:
            return None
        pid = self._running.pid
        return {"worker": machine.cpu_s(pid) / self._events * 1e6,
                "Redis": (self._redis_s() - self._redis_before) / self._events * 1e6,
                "peak memory": machine.peak_mib(pid)}

    def close(self):
        """Ends it, and removes its topics."""
        if self._running:
            self._running.stop()
        self._side.close()


def _drain(ones):
    """The figures of each, in their order."""
    for one in ones:
        one.start()
    figures = [None] * len(ones)
    deadline = time.monotonic() + 1200
    while None in figures:
        assert time.monotonic() < deadline, "not done after 20 minutes"
        time.sleep(0.02)
        figures = [had or one.figures() for had, one in zip(figures, ones)]
    return figures


def _pair(stage, options, number):
    """{"this": figures, "other": figures}; who starts first changes."""
    programs = [("this", _BUILD, {}), ("other", options.other, options.settings)]
    if number % 2:
        programs.reverse()
    ones = []
    try:
        for _, program, settings in programs:
            ones.append(_One(stage, options, program, settings))
        return dict(zip((name for name, _, _ in programs), _drain(ones)))
    finally:
        for one in ones:
            one.close()


def _say(pairs):
    for what in ("worker", "Redis", "peak memory"):
        this, other = ([pair[name][what] for pair in pairs] for name in ("this", "other"))
        ratios = [b / a for a, b in zip(this, other)]
        print(f"{what:12} this {statistics.median(this):6.1f}  other {statistics.median(other):6.1f}"
              f"  other / this {statistics.geometric_mean(ratios):.3f}"
              f" ({min(ratios):.3f} to {max(ratios):.3f})", flush=True)


def main():
    """All of it."""
    options = _arguments()
    pairs = []
    with tempfile.TemporaryDirectory(prefix="epilogue-pair-") as folder:
        stage = Stage(folder, options.tools)
        try:
            for number in range(options.pairs):
                pairs.append(_pair(stage, options, number))
                print(f"pair {number + 1}: worker {pairs[-1]['this']['worker']:.1f} and "
                      f"{pairs[-1]['other']['worker']:.1f} µs an event", flush=True)
        finally:
            stage.close()
    print("\nµs an event, and MiB; medians, and means of the ratios:")
    _say(pairs)


if __name__ == "__main__":
    main()

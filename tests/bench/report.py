# SPDX-License-Identifier: Apache-2.0
"""The tables: medians over the rounds, and what the worker is of the peer."""

import statistics

# Figure, unit, how it is written, title. In the order of the table.
ROWS = [
    ("rate", "events/s", ",.0f", "drain of new findings"),
    ("rate, second half", "events/s", ",.0f", "… the second half of it"),
    ("worker CPU", "µs/event", ".1f", "… CPU of the worker (of the peer)"),
    ("broker CPU", "µs/event", ".1f", "… CPU of the broker"),
    ("redis CPU", "µs/event", ".1f", "… CPU of Redis"),
    ("total CPU", "µs/event", ".1f", "… CPU, all together"),
    ("peak memory", "MiB", ".0f", "… peak memory"),
    ("Redis memory", "B/finding", ",.0f", "Redis memory"),
    ("updates, rate", "events/s", ",.0f", "restart on a backlog of updates"),
    ("updates, total CPU", "µs/event", ".1f", "… CPU, all together"),
    ("updates, peak memory", "MiB", ".0f", "… peak memory"),
    ("mixed, rate", "events/s", ",.0f", "drain of new findings and updates, mixed"),
    ("mixed, total CPU", "µs/event", ".1f", "… CPU, all together"),
    ("mixed, peak memory", "MiB", ".0f", "… peak memory"),
    ("idle memory", "MiB", ".1f", "idle, all these findings pending: memory"),
    ("idle CPU", "% of a core", ".2f", "… CPU"),
    ("idle wake-ups", "1/s", ".0f", "… wake-ups"),
    ("idle threads", "", ".0f", "… threads"),
    ("p50", "ms", ".1f", "latency at {rate:,} events/s, p50"),
    ("p99", "ms", ".1f", "… p99"),
    ("max", "ms", ".0f", "… the longest"),
    ("total CPU at rate", "µs/event", ".1f", "… CPU, all together"),
    ("worker CPU at rate", "µs/event", ".1f", "… CPU of the worker (of the peer)"),
    ("broker CPU at rate", "µs/event", ".1f", "… CPU of the broker"),
    *((f"{q}, {n:,} pending", "ms", ".1f", f"timers, {n:,} pending: lateness, {q}")
      for n in (1000, 100000, 1000000) for q in ("p50", "p99")),
    ("restart after state loss", "s", ".1f", "restart after state loss ({findings:,} findings)"),
    ("memory of that restart", "MiB", ".0f", "… peak memory"),
    ("take-over, kill", "s", ".1f", "take-over, kill -9: the longest wait"),
    ("take-over, stop", "s", ".1f", "take-over, orderly stop: the longest wait"),
    ("others", "% of the machine", ".0f", "used by others during the drain"),
]


class Results:
    """All figures of all rounds: {side: {figure: [number, …]}}."""

    def __init__(self):
        self.numbers = {}

    def add(self, side, figures, prefix=""):
        """Takes the figures of one part of one round."""
        of_side = self.numbers.setdefault(side, {})
        for name, number in figures.items():
            of_side.setdefault(f"{prefix}{name}", []).append(number)

    def rounds(self):
        """Of how many rounds there is anything."""
        return max((len(numbers) for of_side in self.numbers.values()
                    for numbers in of_side.values()), default=0)

    def median(self, side, figure):
        """The median; None when it was not measured."""
        numbers = self.numbers.get(side, {}).get(figure)
        return statistics.median(numbers) if numbers else None


def _written(number, how):
    return "–" if number is None else format(number, how)


def compare(results, **words):
    """The table of worker against peer, as lines of Markdown."""
    lines = ["| | unit | worker | peer | worker / peer |", "|---|---|---:|---:|---:|"]
    for figure, unit, how, title in ROWS:
        worker, peer = (results.median(side, figure) for side in ("worker", "peer"))
        if worker is None and peer is None:
            continue
        ratio = worker / peer if worker is not None and peer else None
        lines.append(f"| {title.format(**words)} | {unit} | {_written(worker, how)} | "
                     f"{_written(peer, how)} | {_written(ratio, '.2f')} |")
    return lines


def growth(title, results, names):
    """One table of how cost grows: `names` are the sides of `results`, one a line."""
    columns = [("rate", "events/s", ",.0f"), ("worker CPU", "worker, µs/event", ".1f"),
               ("broker CPU", "broker, µs/event", ".1f"),
               ("redis CPU", "Redis, µs/event", ".1f"),
               ("peak memory", "worker, MiB", ".0f"), ("Redis memory", "Redis, B/finding", ",.0f")]
    lines = [f"| {title} | " + " | ".join(head for _, head, _ in columns) + " |",
             "|---" + "|---:" * len(columns) + "|"]
    for name in names:
        cells = (_written(results.median(name, figure), how) for figure, _, how in columns)
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return lines

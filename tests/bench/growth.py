# SPDX-License-Identifier: Apache-2.0
"""How the worker's cost grows: with findings an incident, partitions, entries, workers."""

import parts
import report
from sides import WorkerSide

_FINDINGS = 100000
_INCIDENTS = 10000


def _say(text):
    print(f"  {text}", flush=True)


def _drain(stage, results, name, side, findings=_FINDINGS, incidents=_INCIDENTS):
    try:
        parts.load_incidents(stage, side, incidents)
        results.add(name, parts.drain_new(stage, side, findings, incidents))
        _say(f"{name}: {results.median(name, 'rate'):,.0f} events/s")
    finally:
        side.close()


def _findings_an_incident(stage, partitions, settings):
    results, names = report.Results(), []
    for each in (1, 10, 1000, 20000):
        names.append(f"{each:,}")
        # Incidents are on partitions by their hash, so few of them leave partitions empty.
        _drain(stage, results, names[-1], WorkerSide(stage, partitions, settings),
               incidents=_FINDINGS // each)
    return report.growth("findings an incident", results, names)


def _partitions(stage, settings):
    results, names = report.Results(), []
    for partitions in (1, 8, 48):
        names.append(f"{partitions}")
        _drain(stage, results, names[-1], WorkerSide(stage, partitions, settings))
    return report.growth("partitions", results, names)


def _entries(stage, partitions, settings):
    results, names = report.Results(), []
    for entries in (100000, 1000000):
        side = WorkerSide(stage, partitions, settings)
        name = f"{entries:,}"
        names.append(name)
        try:
            parts.load_incidents(stage, side, entries // 10)
            figures = parts.drain_new(stage, side, entries, entries // 10)
            memory = figures["Redis memory"]
            figures = parts.drain_updates(stage, side, _FINDINGS, entries // 10)
            results.add(name, {**figures, "Redis memory": memory})
            _say(f"{name} entries: {figures['rate']:,.0f} updates/s")
        finally:
            side.close()
    return report.growth("entries (updates)", results, names)


def _workers(stage, partitions, settings):
    results, names = report.Results(), []
    for workers in (1, 2):
        side = WorkerSide(stage, partitions, settings)
        name = f"{workers}"
        names.append(name)
        try:
            parts.load_incidents(stage, side, _INCIDENTS)
            stage.generate(side.topic("findings"), events=3 * _FINDINGS, incidents=_INCIDENTS)
            results.add(name, parts.drain(side, workers))
            _say(f"{name} workers: {results.median(name, 'rate'):,.0f} events/s")
        finally:
            side.close()
    return report.growth("workers", results, names)


def measure(stage, partitions, settings):
    """Each table when it is measured, as lines of Markdown."""
    yield _findings_an_incident(stage, partitions, settings)
    yield _partitions(stage, settings)
    yield _entries(stage, partitions, settings)
    yield _workers(stage, partitions, settings)

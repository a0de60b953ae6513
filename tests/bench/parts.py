# SPDX-License-Identifier: Apache-2.0
"""The measurements. Each takes a side (sides.py) and gives {figure: number}; report.py knows their
names and units."""

import os
import time

import machine
from support.process import wait_until

_SAMPLE_S = 0.05
_REVISION_OF_UPDATES = 2


def load_incidents(stage, side, incidents, prefix="INC"):
    """Closes incidents, so that their findings have tasks at once."""
    stage.generate(side.topic("closures"), closures=1, events=incidents, incidents=incidents,
                   prefix=prefix)
    running = side.start().wait_ready()
    _wait_worked_off(side, "closures")
    running.stop()


def _end(side, topic="findings"):
    return side.offsets.end(side.topic(topic), side.partitions)


def _committed(side, topic="findings"):
    return side.offsets.committed(side.topic(topic), side.partitions)


def _wait_worked_off(side, topic="findings", timeout_s=1200):
    end = _end(side, topic)
    wait_until(lambda: _committed(side, topic) >= end, timeout_s,
               lambda: f"{end} records of {topic}; {_committed(side, topic)} are done",
               interval_s=_SAMPLE_S)


class _Costs:
    """What the processes have used since this was made."""

    def __init__(self, pids):
        self._pids = pids
        self._before = self._now()

    def _now(self):
        return {name: machine.cpu_s(pid) for name, pid in self._pids.items()}

    def each(self, events):
        """Microseconds an event, by process and together."""
        us = {name: (now - self._before[name]) / events * 1e6
              for name, now in self._now().items()}
        total = sum(us.values())
        for name in [name for name in us if name.startswith("worker ")]:
            us["worker"] += us.pop(name)
        return {**{f"{name} CPU": value for name, value in us.items()}, "total CPU": total}


# ------------------------------------------------------------------ drain


def _watch_drain(side, end):
    """Samples (seconds, records done) until all are; the first one is the first commit."""
    before = _committed(side)
    samples = []
    deadline = time.monotonic() + 1200
    while not samples or samples[-1][1] < end:
        done = _committed(side)
        now = time.monotonic()
        if done > before:
            samples.append((now, done))
            if len(samples) == 1:
                yield samples
        assert now < deadline, f"{done} of {end} records after 20 minutes"
        time.sleep(_SAMPLE_S)
    yield samples


def _rate(samples, share):
    """Records a second over the last `share` of them."""
    until, end = samples[-1]
    from_done = end - (end - samples[0][1]) * share
    at, done = next(sample for sample in samples if sample[1] >= from_done)
    return (end - done) / (until - at) if until > at else float("nan")


def drain(side, processes=1):
    """Starts a process, or several, on what waits in `findings`: from first commit to last."""
    end = _end(side)
    running, *more = [side.start(name) for name in ("one", "two")[:processes]]
    watch = _watch_drain(side, end)
    samples = next(watch)
    first = samples[0][1]
    assert first < end, "too few events to measure: all were gone with the first commit"
    pids = {**side.pids(running), **{f"worker {n}": one.pid for n, one in enumerate(more, 2)}}
    costs, busy = _Costs(pids), machine.busy_s()
    own = time.process_time()
    samples = next(watch)
    seconds = samples[-1][0] - samples[0][0]
    each = costs.each(end - first)
    used = each["total CPU"] * (end - first) / 1e6 + time.process_time() - own
    figures = {"rate": _rate(samples, 1), "rate, second half": _rate(samples, 0.5), **each,
               "peak memory": machine.peak_mib(running.pid),
               "others": 100 * max(0, machine.busy_s() - busy - used) / seconds / os.cpu_count()}
    for one in (running, *more):
        one.stop()
    return figures


def drain_new(stage, side, findings, incidents):
    """New findings of closed incidents."""
    stage.generate(side.topic("findings"), events=findings, incidents=incidents)
    before = side.redis_bytes()
    figures = drain(side)
    if before is not None:
        figures["Redis memory"] = (side.redis_bytes() - before) / findings
    return figures


def drain_mixed(stage, side, events, incidents, findings):
    """Events that are each of one of so many findings, by chance: new ones, and updates."""
    stage.generate(side.topic("findings"), events=events, incidents=incidents, findings=findings)
    return drain(side)


def drain_updates(stage, side, findings, incidents):
    """Updates of findings that are known: a restart on a backlog."""
    stage.generate(side.topic("findings"), events=findings, incidents=incidents,
                   revision=_REVISION_OF_UPDATES)
    return drain(side)


# ------------------------------------------------------------------ idle, latency


def idle(side, seconds):
    """Nothing comes, nothing is due."""
    running = side.start().wait_ready()
    time.sleep(5)
    cpu, woken = machine.fine_cpu_s(running.pid), machine.wake_ups(running.pid)
    time.sleep(seconds)
    figures = {"idle CPU": 100 * (machine.fine_cpu_s(running.pid) - cpu) / seconds,
               "idle wake-ups": (machine.wake_ups(running.pid) - woken) / seconds,
               "idle threads": machine.threads(running.pid),
               "idle memory": machine.rss_mib(running.pid)}
    running.stop()
    return figures


def latency(stage, side, rate, warm_s, seconds, incidents):
    """From the call that sends a finding to its task at a read_committed consumer, once it has run
    at this rate for `warm_s`."""
    running = side.start().wait_ready()
    events = rate * (warm_s + seconds)
    reader = stage.start_measure(side.topic("tasks"), what="sent", events=events,
                                 skip=rate * warm_s)
    sender = stage.start_generate(side.topic("findings"), events=events, incidents=incidents,
                                  rate=rate, revision=1000, stamped=1)
    time.sleep(warm_s)
    costs = _Costs(side.pids(running))
    stage.result(sender)
    each = costs.each(rate * seconds)
    times = stage.result(reader)
    running.stop()
    assert times["n"] == rate * seconds, f"{times['n']} tasks of {rate * seconds}"
    return {"p50": times["p50"], "p99": times["p99"], "max": times["max"],
            **{f"{name} at rate": value for name, value in each.items()}}


# ------------------------------------------------------------------ timers


def timers(stage, side, pending, fired, per_s, lead_s):
    """How late reminders come to a read_committed consumer: `pending` timers are set, the first
    `fired` of which come due, `per_s` a second, `lead_s` seconds after they were sent."""
    due_from_ms = int((time.time() + lead_s) * 1000)
    stage.generate(side.topic("findings"), events=pending, incidents=max(1, pending // 10),
                   due_from_ms=due_from_ms, due_n=fired, due_ms=1000 // per_s)
    reader = stage.start_measure(side.topic("reminders"), what="due", events=fired,
                                 idle_s=lead_s + 30)
    running = side.start()
    _wait_worked_off(side)
    late_s = time.time() - due_from_ms / 1000
    assert late_s < 0, f"loading took {late_s:.0f} s longer than until the first timer"
    times = stage.result(reader)
    running.stop()
    assert times["n"] == fired, f"{times['n']} reminders of {fired}"
    return {f"{name}, {pending:,} pending": times[name] for name in ("p50", "p99")}


# ------------------------------------------------------------------ restart, take-over


def state_loss(stage, side, incidents):
    """No process runs and its working state is lost: from its start until 1,000 events that wait
    are worked off."""
    stage.generate(side.topic("findings"), events=1000, incidents=incidents, revision=2000)
    side.lose_state()
    end = _end(side)
    began = time.monotonic()
    running = side.start()
    wait_until(lambda: _committed(side) >= end, 600, "the rebuilt state", interval_s=0.02)
    figures = {"restart after state loss": time.monotonic() - began,
               "memory of that restart": machine.peak_mib(running.pid)}
    running.stop()
    return figures


def take_over(stage, side, how, rate, seconds, incidents):
    """The longest that an event waits when the first of two processes ends; `how` is "kill" or
    "stop". The second of Kafka Streams may have had no shard till then."""
    one = side.start("one", dynamic=True).wait_ready()
    two = side.start("two", dynamic=True).wait_ready()
    time.sleep(5)
    reader = stage.start_measure(side.topic("tasks"), what="sent", events=rate * seconds,
                                 idle_s=90)
    sender = stage.start_generate(side.topic("findings"), events=rate * seconds, rate=rate,
                                  incidents=incidents, revision=3000 if how == "kill" else 4000,
                                  stamped=1)
    time.sleep(5)
    getattr(one, how)()
    stage.result(sender)
    times = stage.result(reader)
    two.stop()
    assert times["n"] == rate * seconds, f"{times['n']} tasks of {rate * seconds}"
    return {f"take-over, {how}": times["max"] / 1000}

# SPDX-License-Identifier: Apache-2.0
"""What processes cost, as the kernel tells it, and whether others work on this machine."""

import os
import pathlib

_TICKS_PER_S = os.sysconf("SC_CLK_TCK")
_QUIET_LOAD = 0.5


def cpu_s(pid):
    """User and system time of a process, all its threads."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS_PER_S


def fine_cpu_s(pid):
    """The same in nanoseconds, for one that does nearly nothing; a thread that ends takes its time
    with it."""
    return sum(int(path.read_text().split()[0])
               for path in pathlib.Path(f"/proc/{pid}/task").glob("*/schedstat")) / 1e9


def _status_mib(pid, name):
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1]) / 1024
    raise LookupError(name)


def rss_mib(pid):
    """Memory that a process has now."""
    return _status_mib(pid, "VmRSS")


def peak_mib(pid):
    """The most memory that a process has had."""
    return _status_mib(pid, "VmHWM")


def wake_ups(pid):
    """How often its threads have gone to sleep so far, and so how often they were woken."""
    count = 0
    for status in pathlib.Path(f"/proc/{pid}/task").glob("*/status"):
        for line in status.read_text().splitlines():
            if line.startswith("voluntary_ctxt_switches:"):
                count += int(line.split()[1])
    return count


def threads(pid):
    """How many threads it has."""
    return len(list(pathlib.Path(f"/proc/{pid}/task").iterdir()))


def busy_s():
    """What all processes of the machine have used since it started."""
    user, nice, system, _, _, irq, softirq, steal = map(
        int, pathlib.Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9])
    return (user + nice + system + irq + softirq + steal) / _TICKS_PER_S


def describe():
    """The machine in a line."""
    model = next((line.split(":", 1)[1].strip()
                  for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines()
                  if line.startswith("model name")), "unknown processor")
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{os.cpu_count()} cores ({model}), {memory:.0f} GiB, Linux {os.uname().release}"


def warning():
    """What to say of a machine that others use now; empty when it is quiet."""
    load = os.getloadavg()[0]
    if load < _QUIET_LOAD:
        return ""
    return (f"Load average {load:.1f} before the start: others work on this machine, so rates and "
            "latencies are not to be trusted; CPU an event is nearer to the truth.")

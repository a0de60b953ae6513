# SPDX-License-Identifier: Apache-2.0
"""What README.md shows of `epilogue simulate` is what it prints, but for what was cut out (…)."""

import pathlib
import re
import shlex
import subprocess

from support.worker import binary, environment

_ROOT = pathlib.Path(__file__).resolve().parents[2]
_COMMAND = re.compile(r"^build/release/worker/epilogue (simulate .*)$", re.MULTILINE)
_BLOCK = re.compile(r"^```\n(\w\w\w \d{4}-\d\d-\d\d .*?)^```$", re.MULTILINE | re.DOTALL)


def test_what_simulate_prints():
    text = (_ROOT / "README.md").read_text()
    (command,) = _COMMAND.findall(text)
    told = subprocess.run([binary(), *shlex.split(command)], cwd=_ROOT, env=environment(),
                          capture_output=True, text=True, timeout=60, check=True).stdout
    at, lines = 0, "".join(_BLOCK.findall(text)).splitlines()
    assert len(lines) > 12
    for line in lines:  # in the order in which they are printed
        pattern = re.compile("^" + ".*".join(map(re.escape, line.split("…"))) + "$", re.MULTILINE)
        found = pattern.search(told, at)
        assert found, line
        at = found.start()

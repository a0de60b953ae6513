# SPDX-License-Identifier: Apache-2.0
"""`epilogue publish` when not everything goes as it should."""

import json
import re
import signal
import subprocess

from support.events import finding
from support.process import wait_until
from support.worker import binary, environment


def write_lines(path, values):
    path.write_text("".join(json.dumps({"topic": "finding-updated", "value": value}) + "\n"
                            for value in values))
    return path


def test_it_says_why_the_broker_refused(world):
    """It printed the record's own bytes."""
    world.topics_create(1)
    world.admin_alter("finding-updated", **{"max.message.bytes": "2000"})
    path = write_lines(world.folder / "large.jsonl",
                       [finding("INC-1", "F-1"), finding("INC-1", "F-2", description="x" * 3000)])
    done = world.run("publish", path)
    assert done.returncode == 1, done.stderr
    assert "Message size too large" in done.stderr and "large.jsonl:" in done.stderr, done.stderr
    assert "xxx" not in done.stderr


def test_an_interrupt_says_where_to_go_on(world):
    world.topics_create(2)
    path = write_lines(world.folder / "many.jsonl",
                       (finding(f"INC-{i % 100}", f"F-{i}") for i in range(200_000)))
    process = subprocess.Popen([binary(), "publish", path, "-c", world.config_path],
                               stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, text=True, env=environment())
    wait_until(lambda: process.poll() is not None or world.ends("finding-updated") > 1000, 60,
               "the first records")
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 1, (out, err)
    sent = int(out.split()[0])
    line = int(re.search(r"continue from \S+many.jsonl:(\d+)", err).group(1))
    behind = re.search(r"(\d+) records behind that line", err)
    assert sent == line - 1 + (int(behind.group(1)) if behind else 0) == \
        world.ends("finding-updated"), (out, err)


def test_a_byte_order_mark_is_passed_over(world):
    world.topics_create(1)
    path = write_lines(world.folder / "bom.jsonl", [finding("INC-1", "F-1")])
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    policy = world.folder / "bom.json"
    policy.write_bytes(b'\xef\xbb\xbf{"version":"1"}')
    done = world.run("publish", path, "-s", f"policy.file={policy}")
    assert done.returncode == 0, done.stderr

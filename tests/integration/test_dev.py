# SPDX-License-Identifier: Apache-2.0
"""`epilogue dev`: the story that a newcomer sees, and nothing left behind."""

import os
import pathlib
import re
import signal
import subprocess
import urllib.request

from support.connector import FOLDER
from support.process import wait_until
from support.worker import binary

_ROOT = pathlib.Path(__file__).resolve().parents[2]


def _left_behind(folder):
    return list(pathlib.Path(folder).iterdir())


def _says_what_the_read_me_shows(told):
    """What follows from the events alone, whatever the machine's pace is."""
    shown = re.findall(r"^\d\d:\d\d:\d\d  (opened|created|refused) +(.*)$",
                       (_ROOT / "README.md").read_text(), re.MULTILINE)
    assert len(shown) > 5
    for what, text in shown:
        line = ".*".join(map(re.escape, text.split("…")))
        assert re.search(rf"^\w\w\w .{{19}}  {what} +{line}$", told, re.MULTILINE), text


def test_the_story():
    done = subprocess.run([str(binary()), "dev"], stdin=subprocess.DEVNULL, capture_output=True,
                          text=True, timeout=120, env={**os.environ, "TMPDIR": "/tmp"})
    assert done.returncode == 0, done.stderr
    for told in ("opened              INC-1042", "created             INC-1042/bug/F-7",
                 "overdue", "on-call crash-on-call@example.com", "refused",
                 "resolved            INC-1042/bug/F-7", "completed           INC-1042",
                 "completed           PAY-88"):
        assert told in done.stdout, f"{told!r} is not in\n{done.stdout}\n{done.stderr}"
    _says_what_the_read_me_shows(done.stdout)
    assert "\x1b[" not in done.stdout  # plain, for it is not a terminal


def test_ctrl_c_leaves_nothing_behind():
    folder = pathlib.Path("/tmp") / f"ed-{os.getpid()}"  # a socket's path has little room
    folder.mkdir()
    try:
        process = subprocess.Popen([str(binary()), "dev", "--serve"], stdin=subprocess.DEVNULL,
                                   stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
                                   env={**os.environ, "TMPDIR": str(folder)})
        wait_until(lambda: _left_behind(folder), 30, "its folder")
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 0
        assert _left_behind(folder) == []
        running = subprocess.run(["pgrep", "-f", str(folder)], capture_output=True, text=True)
        assert running.stdout == ""
    finally:
        folder.rmdir()


def test_webhooks_beside_the_embedded_broker():
    """A payload is a task, seconds later, and nothing is left behind."""
    folder = pathlib.Path("/tmp") / f"ec-{os.getpid()}"
    folder.mkdir()
    try:
        with open(folder / "told", "w+") as told:
            process = subprocess.Popen(
                [str(binary()), "dev", "--serve", "--connect"], stdin=subprocess.DEVNULL,
                stdout=told, stderr=subprocess.STDOUT, cwd=_ROOT,
                env={**os.environ, "TMPDIR": str(folder)})

            def said(pattern):
                return re.search(pattern, (folder / "told").read_text())
            url = wait_until(lambda: said(r"curl -d @\S+ (http://\S+/webhooks/pagerduty)\n"), 90,
                             "the line to try")[1]
            body = (FOLDER / "sources/examples/pagerduty-resolved.json").read_bytes()
            with urllib.request.urlopen(url, body, timeout=20) as answer:
                assert answer.status == 202
            wait_until(lambda: said("created +Q1ZK7A0WXYZ4M2/"), 20, "a task")
            process.send_signal(signal.SIGINT)
            assert process.wait(30) == 0
        (folder / "told").unlink()
        assert _left_behind(folder) == []
    finally:
        if process.poll() is None:
            process.kill()
    folder.rmdir()


def test_webhooks_say_what_they_need(tmp_path):
    for arguments, sentence in ((["--connect"], "--connect needs --serve"),
                                (["--serve", "--connect"], "run it in the folder of the repository")):
        done = subprocess.run([str(binary()), "dev", *arguments], stdin=subprocess.DEVNULL, cwd=tmp_path,
                              capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 2 and sentence in done.stderr, done.stderr

# SPDX-License-Identifier: Apache-2.0
"""One `epilogue worker` process, and one-shot commands."""

import json
import os
import pathlib
import re
import signal
import subprocess
import urllib.error
import urllib.request

from support.process import free_port, spawn, stop, tail, wait_until

_ROOT = pathlib.Path(__file__).resolve().parents[2]
_SANITIZERS = {
    "ASAN_OPTIONS": "detect_stack_use_after_return=1:strict_string_checks=1",
    "LSAN_OPTIONS": f"suppressions={_ROOT}/tests/support/lsan.supp:print_suppressions=0",
    "UBSAN_OPTIONS": "print_stacktrace=1:halt_on_error=1",
    "TSAN_OPTIONS": "halt_on_error=1:second_deadlock_stack=1",
}
# What a developer has set for himself must not reach the program under test.
_ENVIRONMENT = {name: value for name, value in os.environ.items()
                if not name.startswith("EPILOGUE_")} | _SANITIZERS
_SANITIZER_REPORT = re.compile(
    r"(ERROR|WARNING): (Address|Leak|Thread|UndefinedBehavior)Sanitizer|: runtime error: ")


def binary(load=False):
    """The program under test; for load tests the one without sanitizers."""
    name, preset = ("EPILOGUE_TEST_BIN_LOAD", "release") if load else ("EPILOGUE_TEST_BIN", "dev")
    path = pathlib.Path(os.environ.get(name) or _ROOT / "build" / preset / "worker" / "epilogue")
    if not path.exists():
        raise RuntimeError(f"{path} is not built: run tests/run, or set {name}")
    return path


def environment():
    """What the program under test sees of the environment."""
    return dict(_ENVIRONMENT)


def run_command(config_path, *arguments, load=False, timeout_s=60, failpoint=None):
    """Runs `epilogue ARGUMENTS -c CONFIG` to its end; gives a CompletedProcess with text."""
    with start_command(config_path, *arguments, load=load, failpoint=failpoint) as process:
        try:
            out, err = process.communicate(timeout=timeout_s)
        except BaseException:
            process.kill()
            raise
    return subprocess.CompletedProcess(process.args, process.returncode, out, err)


def start_command(config_path, *arguments, load=False, failpoint=None):
    """Starts `epilogue ARGUMENTS -c CONFIG`; gives a Popen with pipes of text."""
    environment = {**_ENVIRONMENT, **({"EPILOGUE_FAILPOINT": failpoint} if failpoint else {})}
    return subprocess.Popen(
        [str(binary(load)), *map(str, arguments), "-c", str(config_path)],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env=environment)


class Worker:
    """A worker that has been started. Whatever happens to it, its log stays readable."""

    def __init__(self, config_path, instance_id, log_path, settings=None, env=None,
                 failpoint=None, load=False, arguments=(), dynamic=False):
        """`dynamic`: without an instance.id; `instance_id` is then only what tests call it."""
        self.instance_id = instance_id
        self.dynamic = dynamic
        self.log_path = pathlib.Path(log_path)
        self.http_port = free_port()
        command = [binary(load), "worker", "-c", config_path,
                   "-s", f"http.listen=127.0.0.1:{self.http_port}"]
        if not dynamic:
            command += ["-s", f"instance.id={instance_id}"]
        for key, value in (settings or {}).items():
            command += ["-s", f"{key}={value}"]
        command += arguments
        environment = {**_ENVIRONMENT, **(env or {})}
        if failpoint:
            environment["EPILOGUE_FAILPOINT"] = failpoint
        self.process = spawn(command, self.log_path, env=environment)

    @property
    def log(self):
        """All that it has said."""
        return self.log_path.read_text(errors="replace")

    @property
    def member_name(self):
        """Its name in the group; None before a dynamic member has told its own."""
        if not self.dynamic:
            return self.instance_id
        told = re.search(r'msg="worker started".* instance=(\S+)', self.log)
        return told and f"epilogue-{told.group(1)}"

    @property
    def running(self):
        """Whether the process is there (also when it is stopped by a signal)."""
        return self.process.poll() is None

    def get(self, path):
        """HTTP GET on its listener: (status, text); (0, reason) when nobody answers."""
        url = f"http://127.0.0.1:{self.http_port}{path}"
        try:
            with urllib.request.urlopen(url, timeout=2) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()
        except OSError as error:
            return 0, str(error)

    def wait_ready(self, timeout_s=40):
        """Waits till /readyz says 200; gives the worker."""
        def ready():
            if not self.running:
                raise AssertionError(
                    f"worker {self.instance_id} ended with {self.process.returncode}; "
                    f"its log:\n{tail(self.log_path)}")
            return self.get("/readyz")[0] == 200

        wait_until(ready, timeout_s, lambda: f"worker {self.instance_id} to be ready; "
                   f"/readyz {self.get('/readyz')}; its log:\n{tail(self.log_path)}")
        return self

    def wait_log(self, pattern, timeout_s=30):
        """Waits till a line of the log matches a regular expression; gives the match."""
        return wait_until(lambda: re.search(pattern, self.log), timeout_s,
                          lambda: f"/{pattern}/ in the log:\n{tail(self.log_path)}")

    def wait_exit(self, timeout_s=30):
        """Waits till it ends by itself; gives the exit code (negative for a signal)."""
        try:
            return self.process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"worker {self.instance_id} still runs after {timeout_s} s; "
                                 f"its log:\n{tail(self.log_path)}") from None

    def kill(self):
        """kill -9."""
        self.process.kill()
        self.process.wait(10)

    def freeze(self):
        """SIGSTOP: it does nothing at all, and does not know it."""
        self.process.send_signal(signal.SIGSTOP)

    @property
    def is_frozen(self):
        """Whether it stands still."""
        stat = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text()
        return stat.rpartition(")")[2].split()[0] == "T"

    def thaw(self):
        """SIGCONT."""
        self.process.send_signal(signal.SIGCONT)

    def stop(self, timeout_s=15):
        """SIGTERM, and the exit code; -9 when it did not end in time."""
        return stop(self.process, timeout_s)

    def sanitizer_report(self):
        """What a sanitizer said, with what follows; None when all is well."""
        found = _SANITIZER_REPORT.search(self.log)
        return self.log[found.start():][:6000] if found else None


def json_lines(completed):
    """The objects that a command with --json printed."""
    return [json.loads(line) for line in completed.stdout.split("\n") if line]

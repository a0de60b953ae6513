# SPDX-License-Identifier: Apache-2.0
"""The peer's jars, fetched when somebody asks for it, and its classes, compiled for each run."""

import os
import pathlib
import shutil
import subprocess

_SOURCE = pathlib.Path(__file__).parent / "peer"
_CACHE = pathlib.Path(os.environ.get("EPILOGUE_CACHE") or pathlib.Path(
    os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache") / "epilogue")
_JARS = _CACHE / "bench-peer-1"


class NoPeer(Exception):
    """Why the peer cannot be had."""


def _run(*command):
    try:
        done = subprocess.run([str(part) for part in command], capture_output=True, text=True,
                              check=False)
    except OSError as error:
        raise NoPeer(f"{error}; it needs the packages maven and openjdk-17-jdk-headless") from None
    if done.returncode:
        raise NoPeer((done.stdout + done.stderr)[-2000:])


def fetch():
    """Fetches the jars through Maven, some 80 MB, this once."""
    if _JARS.is_dir():
        return
    partial = _JARS.with_name(f"{_JARS.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    _run("mvn", "-q", "-B", "-f", _SOURCE / "pom.xml", "dependency:copy-dependencies",
         "-DincludeScope=runtime", f"-DoutputDirectory={partial}")
    partial.rename(_JARS)


def build(folder):
    """Compiles the peer into a folder; gives the class path."""
    if not _JARS.is_dir():
        raise NoPeer("its jars are not there; --fetch-peer fetches them through Maven")
    _run("javac", "--release", "17", "-cp", f"{_JARS}/*", "-d", folder,
         *sorted(_SOURCE.glob("src/main/java/peer/*.java")))
    return f"{folder}:{_JARS}/*"

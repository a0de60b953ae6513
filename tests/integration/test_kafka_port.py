# SPDX-License-Identifier: Apache-2.0
"""The C tests of the Kafka port, on the run's real broker."""

import os
import pathlib
import subprocess

import pytest

from support.worker import binary

_PROGRAMS = sorted(path.stem for path in pathlib.Path(__file__).parent.glob("kafka_*_test.c"))


@pytest.mark.parametrize("name", _PROGRAMS)
def test_kafka_port(kafka, name):
    program = binary().parents[1] / "tests" / name
    result = subprocess.run(
        [program], capture_output=True, text=True, timeout=400,
        env={**os.environ, "EPILOGUE_TEST_KAFKA": kafka.bootstrap})
    assert result.returncode == 0, result.stdout[-20000:] + result.stderr[-20000:]

# SPDX-License-Identifier: Apache-2.0
"""The C tests of the Kafka port, on the run's real broker."""

import os
import subprocess

from support.worker import binary


def test_kafka_port(kafka):
    program = binary().parents[1] / "tests" / "kafka_port_test"
    result = subprocess.run(
        [program], capture_output=True, text=True, timeout=400,
        env={**os.environ, "EPILOGUE_TEST_KAFKA": kafka.bootstrap})
    assert result.returncode == 0, result.stdout[-20000:] + result.stderr[-20000:]

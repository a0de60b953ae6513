# SPDX-License-Identifier: Apache-2.0
"""The C tests of the Kafka port, on the run's real broker."""

import os
import pathlib
import subprocess


def test_kafka_port(kafka):
    build = pathlib.Path(os.environ["EPILOGUE_BIN"]).parents[1]
    result = subprocess.run(
        [build / "tests" / "kafka_port_test"], capture_output=True, text=True, timeout=400,
        env={**os.environ, "EPILOGUE_TEST_KAFKA": kafka.bootstrap})
    assert result.returncode == 0, result.stdout[-20000:] + result.stderr[-20000:]

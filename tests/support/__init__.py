# SPDX-License-Identifier: Apache-2.0
"""What the tests on a real Kafka and a real Redis are written with."""

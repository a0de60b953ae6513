# SPDX-License-Identifier: Apache-2.0
epilogue_unit_test(dry_run cli)

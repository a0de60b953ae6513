# SPDX-License-Identifier: Apache-2.0
epilogue_unit_test(task_table cli)

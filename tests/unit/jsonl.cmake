# SPDX-License-Identifier: Apache-2.0
epilogue_unit_test(line_json jsonl)
epilogue_unit_test(lines jsonl)

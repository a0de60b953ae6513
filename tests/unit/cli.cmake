# SPDX-License-Identifier: Apache-2.0
epilogue_unit_test(cli cli)
epilogue_unit_test(line_json cli)
epilogue_unit_test(lines cli)
epilogue_unit_test(render cli)
epilogue_unit_test(report_markdown cli)
epilogue_unit_test(simulate_diff cli)
epilogue_unit_test(terminal cli)
epilogue_unit_test(virtual cli)

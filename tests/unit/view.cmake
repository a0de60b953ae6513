# SPDX-License-Identifier: Apache-2.0
epilogue_unit_test(details core_support view)
epilogue_unit_test(render view)
epilogue_unit_test(report_markdown view)
epilogue_unit_test(stats view)
epilogue_unit_test(task_table view)
epilogue_unit_test(terminal view)

# SPDX-License-Identifier: Apache-2.0
epilogue_unit_test(timestamp common)
epilogue_unit_test(log common)
epilogue_unit_test(error common)
epilogue_unit_test(log_writer common)

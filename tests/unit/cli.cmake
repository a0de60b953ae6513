# SPDX-License-Identifier: Apache-2.0
epilogue_unit_test(cli cli)
epilogue_unit_test(simulate_diff cli)
epilogue_unit_test(simulate_noise cli)

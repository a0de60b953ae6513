# SPDX-License-Identifier: Apache-2.0
epilogue_unit_test(config config)
epilogue_unit_test(policy_conditions config)
epilogue_unit_test(policy_file config)
epilogue_unit_test(policy_refusals config)
epilogue_unit_test(zone_file config)

# SPDX-License-Identifier: Apache-2.0
epilogue_unit_test(http http)

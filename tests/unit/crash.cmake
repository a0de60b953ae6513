# SPDX-License-Identifier: Apache-2.0
# Parts of the engine that need none of its ports.
epilogue_unit_test(metrics engine)
epilogue_unit_test(crash engine)

# SPDX-License-Identifier: Apache-2.0
epilogue_unit_test(json codec)
epilogue_unit_test(decode codec)
epilogue_unit_test(decode_refusals codec)
epilogue_unit_test(decode_robust codec)
epilogue_unit_test(encode codec)
epilogue_unit_test(encode_cut codec)
epilogue_unit_test(state_json codec)

# SPDX-License-Identifier: Apache-2.0
foreach(what base64 clock error file hash log log_writer text timestamp)
  epilogue_unit_test(${what} common)
endforeach()

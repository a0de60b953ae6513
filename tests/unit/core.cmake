# SPDX-License-Identifier: Apache-2.0
add_library(core_support STATIC unit/core_support.c)
target_link_libraries(core_support PUBLIC core PkgConfig::CMOCKA)
foreach(what deadline names policy state order decide task finding incident followup review reminder
        invariants)
  epilogue_unit_test(${what} core_support)
endforeach()
if(EPILOGUE_COVERAGE)
  target_compile_definitions(test_decide PRIVATE EPILOGUE_COVERAGE)
endif()

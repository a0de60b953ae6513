# SPDX-License-Identifier: Apache-2.0
add_library(core_support STATIC
  unit/core_checks.c unit/core_events.c unit/core_incident.c unit/core_news.c unit/core_stories.c
  unit/core_support.c)
target_link_libraries(core_support PUBLIC core PkgConfig::CMOCKA)
# All of core's tests, for tests/coverage.
add_custom_target(core_tests)
foreach(what zone deadline names condition policy rules state order decide decide_need task closing evidence acceptance
        finding finding_held finding_status incident level followup obligation submission item recipient review reminder reminder_text
        sending warnings owner forgotten duplicates invariants task_clock equal_times)
  epilogue_unit_test(${what} core_support)
  set_tests_properties(unit.${what} PROPERTIES LABELS core)
  add_dependencies(core_tests test_${what})
endforeach()
# Its events and states are compared as they are written.
epilogue_unit_test(parts core_support codec)
epilogue_unit_test(parts_between core_support codec)
epilogue_unit_test(parts_given_up core_support codec)
# Findings that go on to another incident go through their record.
epilogue_unit_test(merged core_support codec)
epilogue_unit_test(merged_circles core_support codec)
epilogue_unit_test(merged_duties core_support codec)
epilogue_unit_test(merged_done core_support codec)
epilogue_unit_test(merged_owing core_support codec)
epilogue_unit_test(merged_names core_support codec)
epilogue_unit_test(merged_lists core_support codec)
epilogue_unit_test(merged_held core_support codec)
epilogue_unit_test(merged_parting core_support codec)
epilogue_unit_test(merged_forgotten core_support codec)
epilogue_unit_test(merged_order core_support codec)
epilogue_unit_test(merged_late core_support codec)
epilogue_unit_test(merged_kind core_support codec)
epilogue_unit_test(merged_meeting core_support codec)
# So do findings whose cause has come back.
epilogue_unit_test(recurrence core_support codec)
epilogue_unit_test(recurrence_bounds core_support codec)
epilogue_unit_test(recurrence_merged core_support codec)
foreach(what parts parts_between parts_given_up merged merged_circles merged_duties merged_done merged_owing merged_names
        merged_lists merged_held merged_parting merged_forgotten merged_order merged_late merged_kind merged_meeting
        recurrence recurrence_bounds recurrence_merged)
  set_tests_properties(unit.${what} PROPERTIES LABELS core)
  add_dependencies(core_tests test_${what})
endforeach()
if(EPILOGUE_COVERAGE)
  target_compile_definitions(test_decide PRIVATE EPILOGUE_COVERAGE)
endif()

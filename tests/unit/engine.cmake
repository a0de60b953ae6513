epilogue_unit_test(merge engine)

# All of them that reach its faults, for tests/coverage.
add_custom_target(engine_tests)

# The engine on a Kafka that is told event by event, and the simulated store.
foreach(name engine_time engine_batch engine_membership engine_refused engine_flight engine_ahead
             engine_overlay engine_holder engine_fault engine_records engine_late engine_pace)
  epilogue_unit_test(${name} sim config)
  target_sources(test_${name} PRIVATE unit/engine_support.c)
  set_tests_properties(unit.${name} PROPERTIES LABELS engine)
  add_dependencies(engine_tests test_${name})
endforeach()

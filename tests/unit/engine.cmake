epilogue_unit_test(merge engine)

# The engine on a Kafka that is told event by event, and the simulated store.
foreach(name engine_time engine_batch engine_membership engine_refused engine_flight engine_ahead
             engine_overlay engine_holder)
  epilogue_unit_test(${name} sim config)
  target_sources(test_${name} PRIVATE unit/engine_support.c)
endforeach()

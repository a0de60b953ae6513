epilogue_unit_test(merge engine)

# The engine on ports in memory.
foreach(name engine_time engine_batch engine_membership engine_refused engine_flight)
  epilogue_unit_test(${name} engine config)
  target_sources(test_${name} PRIVATE unit/engine_support.c)
endforeach()

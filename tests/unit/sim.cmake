# SPDX-License-Identifier: Apache-2.0
epilogue_unit_test(dry_run cli)

epilogue_unit_test(sim_client sim)

# The engine on the simulated Kafka and store.
foreach(name engine_restore engine_restore_fault engine_evidence engine_digest)
  epilogue_unit_test(${name} sim config)
  target_sources(test_${name} PRIVATE unit/engine_sim.c)
  set_tests_properties(unit.${name} PROPERTIES LABELS engine)
  add_dependencies(engine_tests test_${name})
endforeach()

# SPDX-License-Identifier: Apache-2.0
epilogue_unit_test(dry_run cli)

epilogue_unit_test(sim_client sim)

# The engine on the simulated Kafka and store.
epilogue_unit_test(engine_restore sim config)
target_sources(test_engine_restore PRIVATE unit/engine_sim.c)

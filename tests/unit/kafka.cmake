# SPDX-License-Identifier: Apache-2.0
epilogue_unit_test(kafka_partition kafka PkgConfig::RDKAFKA)
epilogue_unit_test(kafka_conf kafka PkgConfig::RDKAFKA)
epilogue_unit_test(kafka_error kafka PkgConfig::RDKAFKA)
epilogue_unit_test(kafka_verdict kafka PkgConfig::RDKAFKA)
epilogue_unit_test(offset_mark kafka PkgConfig::RDKAFKA)
epilogue_unit_test(kafka_reader kafka)
epilogue_unit_test(kafka_rights kafka)
epilogue_unit_test(kafka_wake kafka PkgConfig::RDKAFKA)

# The port against librdkafka's embedded broker, and (where EPILOGUE_TEST_KAFKA says host:port of
# one) against a real Kafka.
foreach(test kafka_mock kafka_delivery)
  epilogue_unit_test(${test} kafka PkgConfig::RDKAFKA)
  target_sources(test_${test} PRIVATE support/kafka_fixture.c)
  target_include_directories(test_${test} PRIVATE ${CMAKE_CURRENT_SOURCE_DIR})
endforeach()

foreach(test kafka_port kafka_topics kafka_lookup kafka_group kafka_commit)
  add_executable(${test}_test integration/${test}_test.c support/kafka_fixture.c)
  target_include_directories(${test}_test PRIVATE ${CMAKE_CURRENT_SOURCE_DIR})
  target_link_libraries(${test}_test PRIVATE kafka PkgConfig::RDKAFKA PkgConfig::CMOCKA)
  add_test(NAME integration.${test} COMMAND ${test}_test)
  set_tests_properties(integration.${test} PROPERTIES SKIP_RETURN_CODE 77)
endforeach()

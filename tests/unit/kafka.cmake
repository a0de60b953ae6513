# SPDX-License-Identifier: Apache-2.0
epilogue_unit_test(kafka_partition kafka PkgConfig::RDKAFKA)
epilogue_unit_test(kafka_error kafka PkgConfig::RDKAFKA)
epilogue_unit_test(offset_mark kafka PkgConfig::RDKAFKA)

# The port against librdkafka's embedded broker, and (where EPILOGUE_TEST_KAFKA says host:port of
# one) against a real Kafka.
epilogue_unit_test(kafka_mock kafka PkgConfig::RDKAFKA)
target_sources(test_kafka_mock PRIVATE support/kafka_fixture.c)
target_include_directories(test_kafka_mock PRIVATE ${CMAKE_CURRENT_SOURCE_DIR})

add_executable(kafka_port_test integration/kafka_port_test.c support/kafka_fixture.c)
target_include_directories(kafka_port_test PRIVATE ${CMAKE_CURRENT_SOURCE_DIR})
target_link_libraries(kafka_port_test PRIVATE kafka PkgConfig::RDKAFKA PkgConfig::CMOCKA)
add_test(NAME integration.kafka_port COMMAND kafka_port_test)
set_tests_properties(integration.kafka_port PROPERTIES SKIP_RETURN_CODE 77)

# SPDX-License-Identifier: Apache-2.0
epilogue_unit_test(redis_url redis)

# The port on a real Redis: each starts a redis-server of its own on a Unix socket.
foreach(test redis_port redis_access redis_connection)
  add_executable(${test}_test integration/${test}_test.c support/redis_fixture.c)
  target_include_directories(${test}_test PRIVATE ${CMAKE_CURRENT_SOURCE_DIR})
  target_link_libraries(${test}_test PRIVATE redis PkgConfig::HIREDIS PkgConfig::CMOCKA)
  add_test(NAME integration.${test} COMMAND ${test}_test)
endforeach()

# SPDX-License-Identifier: Apache-2.0
# test_redis_port starts a redis-server of its own on a Unix socket.
epilogue_unit_test(redis_url redis)
epilogue_unit_test(redis_port redis PkgConfig::HIREDIS)

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The Lua of the store: the end of an apply, and the installing of a copy. Each compares or tries
 * first and then makes only writes that cannot fail.
 */
#include "redis_scripts.h"

/*
 * Redis looks at a user's rights again when it comes to each command of a transaction, and goes on
 * behind one that it refuses. So each of them is tried here, where it does nothing: a right that was
 * taken away since the commands were queued keeps the checkpoint where it is.
 */
const char redis_scripts_checkpoint[] =
    "local state, index, wake = KEYS[1], KEYS[2], KEYS[3]\n"
    "redis.call('HDEL', state, '')\n"
    "redis.call('ZREM', index, '')\n"
    "redis.call('ZREM', wake, '')\n"
    "redis.call('ZADD', index, 'XX', 0, '')\n"
    "redis.call('ZADD', wake, 'XX', 0, '')\n"
    "redis.call('HSET', state, '$checkpoint',\n"
    "  ARGV[1] .. ' ' .. ARGV[2] .. ' ' .. redis.call('ZCARD', wake) .. ' ' .. ARGV[3])\n"
    "return redis.call('ZRANGE', wake, 0, 0, 'WITHSCORES')[2] or ''\n";

/* The right to RENAME is tried before anything is taken away. */
const char redis_scripts_install[] =
    "local function parts(state)\n"
    "  local mark = redis.call('HGET', state, '$checkpoint') or ''\n"
    "  return string.match(mark, '^(%-?%d+) (%-?%d+) (%d+) ?(.*)$')\n"
    "end\n"
    "local offset, stamp, awake, cluster = parts(KEYS[1])\n"
    "local keys, timers = redis.call('ZCARD', KEYS[2]), redis.call('ZCARD', KEYS[3])\n"
    "if offset ~= ARGV[1] or tonumber(awake) ~= timers or\n"
    "   redis.call('HLEN', KEYS[1]) ~= keys + 1 then\n"
    "  return 0\n"
    "end\n"
    "local there, _, _, other = parts(KEYS[4])\n"
    "if other and other ~= '' and ARGV[2] ~= '' and other ~= ARGV[2] then return 2 end\n"
    "local lower = tonumber(offset) - 1\n"
    "if there and tonumber(there) == lower then lower = lower - 1 end\n"
    "if lower < 0 then lower = 0 end\n"
    "redis.call('RENAME', KEYS[1], KEYS[1])\n"
    "redis.call('HSET', KEYS[1], '$checkpoint', string.format('%.0f', lower) .. ' ' .. stamp ..\n"
    "  ' ' .. awake .. ' ' .. cluster)\n"
    "redis.call('UNLINK', KEYS[4], KEYS[5], KEYS[6])\n"
    "redis.call('RENAME', KEYS[1], KEYS[4])\n"
    "if keys > 0 then redis.call('RENAME', KEYS[2], KEYS[5]) end\n"
    "if timers > 0 then redis.call('RENAME', KEYS[3], KEYS[6]) end\n"
    "return 1\n";

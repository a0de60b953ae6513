/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The Lua of the store: apply, and the installing of a copy. A script compares the checkpoint first
 * and then makes only writes that cannot fail, so a batch is in Redis whole or not.
 */
#include "redis_scripts.h"

/*
 * Everything that can fail (a key of another type, no memory, a read-only replica) fails at the
 * reads or at the first write: Redis refuses no command for memory once a script has written.
 * The checkpoint counts only while the three keys fit together, so that the loss of one of them
 * (an eviction, a hand-made DEL) shows as an empty shard, and the shard is rebuilt.
 * unpack() takes less than 8,000 values, so arguments go in chunks of an even 4,000.
 */
const char redis_scripts_apply[] =
    "local state, index, wake = KEYS[1], KEYS[2], KEYS[3]\n"
    "local mark = redis.call('HGET', state, '$checkpoint')\n"
    "local keys, timers = redis.call('ZCARD', index), redis.call('ZCARD', wake)\n"
    "local offset, stamp = '-1', '0'\n"
    "if mark then\n"
    "  local at, time, awake = string.match(mark, '^(%-?%d+) (%-?%d+) (%d+)')\n"
    "  if at and tonumber(awake) == timers and redis.call('HLEN', state) == keys + 1 then\n"
    "    offset, stamp = at, time\n"
    "  end\n"
    "end\n"
    "local function earliest()\n"
    "  return redis.call('ZRANGE', wake, 0, 0, 'WITHSCORES')[2] or ''\n"
    "end\n"
    "if offset ~= ARGV[1] then\n"
    "  return {offset == ARGV[2] and 1 or 0, earliest()}\n"
    "end\n"
    "if ARGV[4] == '1' then redis.call('UNLINK', state, index, wake) end\n"
    "if ARGV[3] ~= '' then stamp = ARGV[3] end\n"
    "local at = 11\n"
    "local function all(command, key, n)\n"
    "  local last = at + n - 1\n"
    "  while at <= last do\n"
    "    local stop = math.min(at + 3999, last)\n"
    "    redis.call(command, key, unpack(ARGV, at, stop))\n"
    "    at = stop + 1\n"
    "  end\n"
    "end\n"
    "all('HSET', state, tonumber(ARGV[6]))\n"
    "all('ZADD', index, tonumber(ARGV[7]))\n"
    "all('ZADD', wake, tonumber(ARGV[8]))\n"
    "all('ZREM', wake, tonumber(ARGV[9]))\n"
    "local deleted, first = tonumber(ARGV[10]), at\n"
    "all('HDEL', state, deleted)\n"
    "at = first\n"
    "all('ZREM', index, deleted)\n"
    "at = first\n"
    "all('ZREM', wake, deleted)\n"
    "redis.call('HSET', state, '$checkpoint',\n"
    "  ARGV[2] .. ' ' .. stamp .. ' ' .. redis.call('ZCARD', wake) .. ' ' .. ARGV[5])\n"
    "return {1, earliest()}\n";

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

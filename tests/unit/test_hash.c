/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common/hash.h"

/* Vectors of FNV's authors: stored marks are made of this function, and no other. */
static void is_fnv_1a(void **state)
{
    (void)state;
    assert_true(hash_bytes(HASH_START, STR("")) == UINT64_C(0xcbf29ce484222325));
    assert_true(hash_bytes(HASH_START, STR("a")) == UINT64_C(0xaf63dc4c8601ec8c));
    assert_true(hash_bytes(HASH_START, STR("foobar")) == UINT64_C(0x85944171f73967e8));
    assert_true(hash_bytes(HASH_START, STR("\xff")) == hash_add(HASH_START, 0xff));
    struct hash128 none = hash128_bytes(STR("")), a = hash128_bytes(STR("a"));
    struct hash128 foobar = hash128_bytes(STR("foobar"));
    assert_true(none.high == UINT64_C(0x6c62272e07bb0142));
    assert_true(none.low == UINT64_C(0x62b821756295c58d));
    assert_true(a.high == UINT64_C(0xd228cb696f1a8caf) && a.low == UINT64_C(0x78912b704e4a8964));
    assert_true(foobar.high == UINT64_C(0x343e1662793c64bf));
    assert_true(foobar.low == UINT64_C(0x6f0d3597ba446f18));
    assert_true(hash_bytes(hash_bytes(HASH_START, STR("foo")), STR("bar")) ==
                hash_bytes(HASH_START, STR("foobar")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(is_fnv_1a)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "core_support.h"

#include <stdio.h>

static void parts_are_percent_encoded(void **state)
{
    struct arena *a = ((struct world *)*state)->arena;
    assert_str(state_encode_part(a, STR("plain-id.7 é")), "plain-id.7 é");
    assert_str(state_encode_part(a, STR("a/b|c$d%e~2")), "a%2Fb%7Cc%24d%25e%7E2");
    assert_str(state_encode_part(a, STR("tab\tdel\x7f")), "tab%09del%7F");
    assert_str(state_encode_part(a, STR("c1:\xc2\x85;\xc2\x9f;\xc2\xa0")),
               "c1:%C2%85;%C2%9F;\xc2\xa0");
    assert_str(state_encode_part(a, STR("cut:\xc2")), "cut:\xc2");
    assert_str(state_encode_part(a, STR("")), "");
}

static void encoding_is_undone(void **state)
{
    struct arena *a = ((struct world *)*state)->arena;
    struct str raw = STR("a/b|c$d%e\tf\xc2\x85;%2F;%GG;%4");
    assert_str(state_decode_part(a, state_encode_part(a, raw)), raw.p);
    assert_str(state_decode_part(a, STR("a%2fb")), "a/b");
    assert_str(state_decode_part(a, STR("%4g%g4%~~%:a%@0% 0%2")), "%4g%g4%~~%:a%@0% 0%2");
    assert_str(state_decode_part(a, STR("%")), "%");
    assert_str(state_decode_part(a, STR("%2F")), "/");
}

static void keys(void **state)
{
    struct arena *a = ((struct world *)*state)->arena;
    struct str id = STR("A/1|x"), part = state_finding_part(a, &finding_none.origin, STR("F|7"));
    struct str key = state_incident_key(a, id);
    assert_str(key, "A%2F1%7Cx");
    assert_str(state_closure_key(a, key), "A%2F1%7Cx|c");
    assert_str(state_finding_key(a, key, part), "A%2F1%7Cx|f|F%7C7");
    const struct origin origin = {STR("A:/"), STR("F:7")};
    assert_str(state_finding_part(a, &origin, STR("x")), "A%3A%2F:F%3A7");
    assert_str(state_finding_part(a, &finding_none.origin, STR("F:7")), "F%3A7");
    assert_true(state_is_finding_name(STR("A%3A:F")));
    assert_false(state_is_finding_name(STR("A:F:G")));
    assert_false(state_is_finding_name(STR("A/:F")));
    assert_false(state_is_finding_name(STR("F")));
    assert_false(state_is_finding_name(STR("")));
    assert_int_equal(state_task_kind(STR("bug/F")), KIND_BUG);
    assert_int_equal(state_task_kind(STR("postmortem")), KIND_POSTMORTEM);
    assert_int_equal(state_task_kind(STR("")), task_kind_none);
    assert_str(state_task_key(a, key, STR("bug/F%7C7")), "A%2F1%7Cx|t|bug/F%7C7");
    assert_str(state_task_id(a, id, STR("bug/F%7C7")), "A%2F1%7Cx/bug/F%7C7");
    assert_str(arena_str(a, state_header_key(STR("A|t|bug/F"))), "A");
    assert_str(arena_str(a, state_header_key(STR("A"))), "A");
    assert_str(arena_str(a, state_part_of_finding(STR("A|f|F%7C7"))), "F%7C7");
    assert_int_equal(state_part_of_finding(STR("A|f|")).n, 0);
    assert_int_equal(state_part_of_finding(STR("A|f")).n, 0);
    assert_true(state_key_is_position(STR("$position/3")));
    assert_false(state_key_is_position(STR("$to/team:a")));
    assert_false(state_key_is_position(STR("A")));
    assert_false(state_key_is_position(STR("")));
    assert_true(state_key_is_own(STR("$position/3")));
    assert_true(state_key_is_own(STR("$to/team:a")));
    assert_false(state_key_is_own(STR("A")));
    assert_false(state_key_is_own(STR("")));
    key = state_recipient_key(a, STR("person:eva"));
    assert_str(key, "$to/person:eva");
    assert_str(state_items_key(a, key, STR("1/2/3/4")), "$to/person:eva|i|1/2/3/4");
    assert_str(arena_str(a, state_recipient_of(STR("$to/person:eva|i|1/2/3/4"))), "person:eva");
    assert_str(arena_str(a, state_recipient_of(key)), "person:eva");
}

static void entries_know_their_type_and_their_header(void **state)
{
    struct world *w = *state;
    struct state_table *table = state_new(w->arena);
    assert_null(state_first(table));
    struct entry *task = state_entry(table, STR("A|t|bug/F"));
    struct entry *found = state_entry(table, STR("A|f|F"));
    struct entry *other = state_entry(table, STR("B"));
    struct entry *kept = state_entry(table, STR("A|c"));
    struct entry *header = state_find(table, STR("A"));
    assert_int_equal(task->type, ENTRY_TASK);
    assert_int_equal(found->type, ENTRY_FINDING);
    assert_int_equal(kept->type, ENTRY_CLOSURE);
    assert_int_equal(header->type, ENTRY_INCIDENT);
    assert_ptr_equal(header->header, header);
    struct entry *items = state_entry(table, STR("$to/team:a|i|1/2"));
    struct entry *recipient = state_find(table, STR("$to/team:a"));
    assert_int_equal(items->type, ENTRY_ITEMS);
    assert_int_equal(recipient->type, ENTRY_RECIPIENT);
    assert_ptr_equal(items->header, recipient);
    assert_ptr_equal(recipient->next_sibling, items);
    assert_ptr_equal(task->header, header);
    assert_ptr_equal(header->next_sibling, task);
    assert_ptr_equal(task->next_sibling, found);
    assert_ptr_equal(found->next_sibling, kept);
    assert_null(kept->next_sibling);
    assert_ptr_equal(header->last_sibling, kept);
    assert_null(other->next_sibling);
    assert_false(task->exists || task->loaded || task->dirty || task->stored);
    assert_true(task->wake_at == TIME_NONE);
    assert_ptr_equal(state_entry(table, STR("A|f|F")), found);
    assert_null(state_find(table, STR("C")));
}

static void holder_is(struct world *w, const char *key, const char *expected)
{
    struct state_table *table = state_new(w->arena);
    assert_str(state_holder_key(w->arena, str_of(key)), expected);
    struct entry *entry = state_entry(table, str_of(key));
    assert_str(entry->holder->key, expected);
    assert_ptr_equal(entry->holder->header, entry->header);
}

static void tasks_of_a_finding_are_parts_of_it(void **state)
{
    struct world *w = *state;
    holder_is(w, "A|t|bug/F", "A|f|F");
    holder_is(w, "A|t|sop-update/F%7E2~13", "A|f|F%7E2");
    holder_is(w, "A|t|unheard-of/F", "A|f|F");
    static const char *const others[] = {
        "A",    "A|c", "A|f|F",       "A|t|postmortem", "A|t|postmortem~2",    "A|t|coordination/F",
        "A|t|", "A|",  "$position/3", "$to/team:a",     "$to/team:a|i|1/2/3/4"};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) holder_is(w, others[i], others[i]);
}

static void parts_are_written_with_their_holder(void **state)
{
    struct world *w = *state;
    struct state_table *table = state_new(w->arena);
    struct entry *sop = state_entry(table, STR("A|t|sop-update/F"));
    struct entry *found = state_find(table, STR("A|f|F"));
    struct entry *bug = state_entry(table, STR("A|t|bug/F"));
    struct entry *later = state_entry(table, STR("A|t|bug/F~2"));
    struct entry *other = state_entry(table, STR("A|t|bug/G"));
    assert_ptr_equal(found->next_part, bug);
    assert_ptr_equal(bug->next_part, later);
    assert_ptr_equal(later->next_part, sop);
    assert_null(sop->next_part);
    assert_false(state_is_known(bug));
    state_touch(table, bug);
    assert_true(bug->dirty && found->to_write);
    assert_false(found->dirty || other->holder->to_write || sop->dirty);
    found->loaded = true;
    assert_true(state_is_known(bug) && state_is_known(sop));
    assert_false(state_is_known(other));
    other->exists = true;
    assert_true(state_is_known(other));
}

static void the_table_grows(void **state)
{
    struct world *w = *state;
    struct state_table *table = state_new(w->arena);
    enum { N = 5000 };
    static struct entry *entries[N];
    char key[32];
    for (int i = 0; i < N; i++) {
        snprintf(key, sizeof key, "I%d|t|bug/F%d", i % 1000, i);
        entries[i] = state_entry(table, str_of(key));
    }
    size_t n = 0;
    for (struct entry *e = state_first(table); e; e = e->next) n++;
    assert_int_equal(n, 2 * N + 1000);
    for (int i = 0; i < N; i++) {
        snprintf(key, sizeof key, "I%d|t|bug/F%d", i % 1000, i);
        assert_ptr_equal(state_find(table, str_of(key)), entries[i]);
        assert_str(entries[i]->key, key);
    }
}

/* Two keys in one slot are told apart, also where the whole hash is the same. */
static void keys_that_collide(void **state)
{
    struct world *w = *state;
    struct state_table *scratch = state_new(w->arena), *table = state_new(w->arena);
    struct entry *a = state_entry(table, STR("A"));
    struct entry *twin = NULL;
    for (int i = 0; !twin; i++) {
        struct entry *e = state_entry(scratch, arena_printf(w->arena, "twin%d", i));
        if ((e->hash & 63) == (a->hash & 63)) twin = e;
    }
    a->hash = twin->hash;
    assert_null(state_find(table, twin->key));
    struct entry *b = state_entry(table, twin->key);
    assert_ptr_not_equal(a, b);
    assert_ptr_equal(state_find(table, twin->key), b);
}

static void what_was_touched_is_told_once(void **state)
{
    struct world *w = *state;
    struct state_table *table = state_new(w->arena);
    struct entry *a = state_entry(table, STR("A")), *b = state_entry(table, STR("B"));
    assert_null(state_take_touched(table));
    state_touch(table, a);
    state_touch(table, b);
    state_touch(table, a);
    assert_true(a->dirty && b->dirty);
    assert_ptr_equal(state_take_touched(table), b);
    assert_ptr_equal(b->next_touched, a);
    assert_null(a->next_touched);
    state_touch(table, a);
    assert_ptr_equal(state_take_touched(table), a);
    assert_null(a->next_touched);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(parts_are_percent_encoded, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(encoding_is_undone, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(keys, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(entries_know_their_type_and_their_header, world_setup,
                                        world_teardown),
        cmocka_unit_test_setup_teardown(tasks_of_a_finding_are_parts_of_it, world_setup,
                                        world_teardown),
        cmocka_unit_test_setup_teardown(parts_are_written_with_their_holder, world_setup,
                                        world_teardown),
        cmocka_unit_test_setup_teardown(the_table_grows, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(keys_that_collide, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(what_was_touched_is_told_once, world_setup, world_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

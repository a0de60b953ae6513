/* SPDX-License-Identifier: Apache-2.0 */
/* What `show` says of a task's dates, and of its answers. */
#include "core_support.h"

#include <string.h>

#include "view/details.h"

#define AT INT64_C(1795683600000) /* 2026-11-26T09:00:00Z */

static struct arena *arena;
static struct policy policy;

static int set_up(void **state)
{
    (void)state;
    arena = arena_new();
    default_policy(arena, &policy);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_free(arena);
    return 0;
}

static bool says(const struct task *task, const char *part)
{
    struct buf out = {0};
    struct details details = {.out = &out, .arena = arena, .policy = &policy, .now = AT};
    details_write_task(&details, STR("INC-1/bug/F-1"), task);
    bool found = memmem(out.p, out.n, part, strlen(part)) != NULL;
    buf_free(&out);
    return found;
}

static struct task open_task(void)
{
    struct task task = task_none;
    task.title = STR("Dumps are not redacted");
    task.kind = KIND_BUG;
    task.priority = PRIORITY_P2;
    task.status = STATUS_OPEN;
    task.created_at = task.updated_at = task.touched_at = task.clock_start = AT;
    task.due_at = AT + 2 * DAY_MS;
    return task;
}

static void what_is_resolved_keeps_its_date(void **state)
{
    (void)state;
    struct task task = open_task();
    assert_true(says(&task, "due            Sat 2026-11-28 09:00:00  in 2 d"));
    task.status = STATUS_RESOLVED;
    task.resolved_at = AT;
    assert_true(says(&task, "due            Sat 2026-11-28 09:00:00\n"));
    assert_true(says(&task, "verify by"));
}

static void what_is_overdue_is_not_asked_for_news(void **state)
{
    (void)state;
    struct task task = open_task();
    assert_true(says(&task, "update by"));
    task.due_at = AT;
    assert_false(says(&task, "update by"));
}

static void answers_of_an_evaluation(void **state)
{
    (void)state;
    struct task task = open_task();
    assert_false(says(&task, "sufficient"));
    task.evaluation = (struct evaluation){TRI_TRUE, TRI_FALSE, STR("Told late")};
    assert_true(says(&task, "sufficient     yes\n"));
    assert_true(says(&task, "complete       no\n"));
    assert_true(says(&task, "note           Told late\n"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_is_resolved_keeps_its_date),
        TEST(what_is_overdue_is_not_asked_for_news),
        TEST(answers_of_an_evaluation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

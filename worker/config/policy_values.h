/* SPDX-License-Identifier: Apache-2.0 */
/* The values of a policy file, one function each; behind each stands the type that it reads into.
 */
#ifndef EPILOGUE_CONFIG_POLICY_VALUES_H
#define EPILOGUE_CONFIG_POLICY_VALUES_H

#include "policy_reader.h"

policy_read policy_values_severity;       /* int */
policy_read policy_values_status;         /* int: what a tracker says */
policy_read policy_values_priority;       /* int */
policy_read policy_values_queue;          /* int */
policy_read policy_values_work;           /* int: a kind that findings can be routed to */
policy_read policy_values_party_kind;     /* int */
policy_read policy_values_time_zone;      /* struct zone */
policy_read policy_values_calendar;       /* const struct calendar *: one of the policy's by name */
policy_read policy_values_working_days;   /* unsigned: bit 0 is Monday */
policy_read policy_values_date;           /* int64_t: days since 1970-01-01 */
policy_read policy_values_holidays;       /* the holidays of a struct calendar */
policy_read policy_values_priority_boost; /* int */
policy_read policy_values_reminders_max;  /* int64_t */
policy_read policy_values_priorities;     /* bool[priority_end] */
policy_read policy_values_kinds;          /* bool[task_kind_end] */
policy_read policy_values_day;            /* int: 1 for "mon" to 7 */
policy_read policy_values_time_of_day;    /* ms_t */
policy_read policy_values_end_of_day;     /* ms_t: up to the whole day */
policy_read policy_values_hours;          /* day_from and day_to of a struct policy */
policy_read policy_values_point;          /* the time of a struct escalation_step */
policy_read policy_values_points;         /* struct points, ascending */
policy_read policy_values_roles;          /* unsigned: bits (1 << role), at least one */
policy_read policy_values_owner;          /* struct owner */
policy_read policy_values_start;          /* from and after_id of a struct obligation_time */
policy_read policy_values_start_said;     /* the same of what a closure says */
policy_read policy_values_within;         /* its within and months */
policy_read policy_values_obligation_id;  /* struct str */
policy_read policy_values_party;          /* struct str, trimmed */

#endif

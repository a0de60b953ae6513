/* SPDX-License-Identifier: Apache-2.0 */
/* Reads members that are objects or lists, as members.h does the others. */
#ifndef EPILOGUE_CODEC_MEMBERS_OBJECT_H
#define EPILOGUE_CODEC_MEMBERS_OBJECT_H

#include "members.h"

#define MEMBERS_LABELS_MAX 32
#define MEMBERS_LABEL_BYTES 256
/* Of a task's evidence: its event has it three times at most, and fits the topics' default. */
#define MEMBERS_EVIDENCE_MAX 100
#define MEMBERS_EVIDENCE_BYTES 1024 /* of a ref, and of a note */

/* *part: which of the two a text says. false, with a warning, for what says neither in a way that is
 * known: then nothing was said of it (R4.218). */
bool members_owner(struct reader *r, const struct json *value, struct owner *owner,
                   enum owner_part *part);
struct tracker members_tracker(struct reader *r, const struct json *value);
/* The entries of a list of objects, NULL unless it is one; too-large above `max` of them. */
const struct json *members_entries(struct reader *r, const struct json *value, size_t max);
bool members_is_object(struct reader *r, const struct json *value);
/* The answers of an evaluation, a note of at most `note_bytes`; returns which members it has, as bits of
 * event.h: all of null. */
unsigned members_evaluation(struct reader *r, const struct json *value, size_t note_bytes,
                            struct evaluation *evaluation);
/* Evidence, each entry a text or an object with ref and note. `of_task`: at most
 * MEMBERS_EVIDENCE_MAX entries of bounded texts; one that says nothing is left out, with a warning. */
struct evidence_list members_evidence(struct reader *r, const struct json *value, bool of_task);
/* Texts by names; numbers and booleans count as their text, null as none. too-large above
 * MEMBERS_LABELS_MAX of them, and above MEMBERS_LABEL_BYTES of a name or a text. */
struct labels members_labels(struct reader *r, const struct json *value);
/* A list of strings, without those that say nothing. */
struct str_list members_texts(struct reader *r, const struct json *value);
/* The same without repeats. */
struct str_list members_distinct_texts(struct reader *r, const struct json *value);

/*
 * Which keys are the same: counts[i] is the index of the one that counts among those equal to
 * keys[i] (the last one, or the first), i itself for that one. An absent key is never the same.
 */
void members_same(struct arena *arena, const struct str *keys, size_t n, bool last, size_t *counts);

#endif

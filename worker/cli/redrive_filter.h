/* SPDX-License-Identifier: Apache-2.0 */
/* Which dead letters `redrive` was told to send back. */
#ifndef EPILOGUE_CLI_REDRIVE_FILTER_H
#define EPILOGUE_CLI_REDRIVE_FILTER_H

#include "cli.h"
#include "codec/dead_letter.h"

struct redrive_filter {
    const struct cli *cli; /* its --code are read there */
    int topic;             /* --topic; 0: any */
    ms_t since, until;     /* of the refusal */
    struct str incident;   /* absent: any */
};

/* Reads the options; false after a sentence. `cli` must outlive the filter. */
bool redrive_filter_read(struct redrive_filter *filter, const struct cli *cli);

/* Whether a letter is one of them. `incident`: the one that it is about, as far as it could be read;
 * its key counts, too. */
bool redrive_filter_fits(const struct redrive_filter *filter, const struct dead_letter *letter,
                         struct str key, struct str incident);

#endif

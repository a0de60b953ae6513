/* SPDX-License-Identifier: Apache-2.0 */
/* The program's way in: standard streams are put right first and looked at last, and what is between
 * is the commands', which are in cli/. */
#include "cli/cli.h"
#include "cli/streams.h"

int main(int argc, char **argv)
{
    streams_repair();
    return streams_finish(cli_main(argc, (const char *const *)argv));
}

/* SPDX-License-Identifier: Apache-2.0 */
/* The program's way in; its commands are in cli/. */
#include "cli/cli.h"
#include "cli/streams.h"

int main(int argc, char **argv)
{
    streams_repair();
    return streams_finish(cli_main(argc, (const char *const *)argv));
}

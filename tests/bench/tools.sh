# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# What run and pair share: the worker, built for speed, and the two C programs. To be sourced, behind
# deploy/lib.sh.

# bench_tools ROOT: builds, and sets `tools` to the folder of the two programs.
bench_tools()
{
    local root=$1 tool flags
    build_preset "$root" release
    tools=$root/build/bench
    mkdir -p "$tools"
    read -ra flags <<<"$(pkg-config --cflags --libs rdkafka)"
    for tool in generate measure; do
        cc -std=c17 -O2 -Wall -Wextra -Wconversion -Wshadow -Werror \
            "$root/tests/bench/$tool.c" -o "$tools/$tool" "${flags[@]}"
    done
}

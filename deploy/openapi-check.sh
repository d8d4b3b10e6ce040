#!/bin/sh
# Holds the running API against its own document: schemathesis makes requests out of openapi.json and
# compares every answer with it. Starts a system of its own in a temporary folder and stops it. Needs
# python3 (3.11 or newer) with venv; what it downloads is pinned by hash.
# OPENAPI_CHECK_ARGS are passed on to `schemathesis run`.
set -eu
cd "$(dirname "$0")/.."
jmip=$PWD/${JMIP_BINARY:-target/debug/jmip}
root=$PWD
venv=$root/target/openapi-check/venv
pins=deploy/requirements-schemathesis.txt

sh deploy/setup.sh
[ -n "${JMIP_BINARY:-}" ] || cargo build --package jmip
if ! cmp -s "$pins" "$venv/pins.txt"; then
    rm -rf "$venv"
    python3 -m venv "$venv"
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-cache-dir \
        --only-binary=:all: --require-hashes --requirement "$pins"
    cp "$pins" "$venv/pins.txt"
fi

dir=$(mktemp -d)
export JMIP_SERVERS_DIR="${JMIP_SERVERS_DIR:-$PWD/.jmip/servers}"
unset JMIP_NATS_URL JMIP_DATABASE_URL JMIP_API_KEY JMIP_API_LISTEN JMIP_STATE_DIR
trap '"$jmip" down --dir "$dir/.jmip" >/dev/null || true; rm -rf "$dir"' EXIT
trap 'exit 1' INT TERM
# Requests without a key are among those that are made; what is tested is not how many there may be.
export JMIP_API_ADDRESS_RATE=1000000
"$jmip" up --detach --dir "$dir/.jmip"
# Something to find, and something to rank by.
(cd "$dir" && "$jmip" publish "$root/deploy/sample/jobspy_2026-01-12.csv" --source jobspy \
    --captured-at 2026-01-12T08:00:00Z --wait &&
    "$jmip" profile import "$root/services/score/examples/profile.json")
url=$(sed -n 's/^ *"api_url": "\(.*\)",\{0,1\}$/\1/p' "$dir/.jmip/endpoints.json")
# It keeps notes where it runs.
cd "$dir"
# shellcheck disable=SC2086 # Several words are several arguments.
"$venv/bin/schemathesis" --config-file "$root/deploy/schemathesis.toml" run "$url/openapi.json" \
    --header "Authorization: Bearer $(cat "$dir/.jmip/api-key")" ${OPENAPI_CHECK_ARGS:-}

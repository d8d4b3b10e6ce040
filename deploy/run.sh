#!/bin/sh
# The first five minutes: everything set up and started, a sample published (postings we wrote
# ourselves), a sample profile imported, ten recommended jobs. Doing it again adds no job twice.
set -eu
cd "$(dirname "$0")/.."
jmip=target/release/jmip

command -v cargo >/dev/null || {
    echo "run: Rust is missing: https://rustup.rs installs it. If it just did, a new terminal knows" >&2
    exit 1
}
sh deploy/setup.sh
cargo build --release --package jmip
$jmip up --detach

publish() { $jmip publish "deploy/sample/$1" --source "$2" --captured-at "$3" --wait; }
publish jobspy_2026-01-05.csv jobspy 2026-01-05T08:00:00Z
publish jobspy_2026-01-12.csv jobspy 2026-01-12T08:00:00Z
publish postings_2026-01-12.ndjson ndjson 2026-01-12T08:30:00Z
$jmip profile import services/score/examples/profile.json
$jmip recommend --limit 10 --on 2026-01-12

echo
echo "It goes on running. Its addresses: .jmip/endpoints.json"
echo "  look around   $jmip jobs | status | events | recommend"
echo "  your own      $jmip publish FILE --wait"
echo "  stop          make down"

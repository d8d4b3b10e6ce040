#!/bin/sh
# Format, lints and every test. Most tests start servers of their own; those that only need some
# Postgres share one, with a database each.
set -eu
cd "$(dirname "$0")/.."
shared=target/test-servers

sh deploy/setup.sh
make check
cargo build --package jmip
rm -rf "$shared"
trap 'target/debug/jmip down --dir "$shared" >/dev/null || true' EXIT
target/debug/jmip up --servers-only --detach --dir "$shared"
url=$(sed -n 's/^ *"database_url": "\(.*\)",$/\1/p' "$shared/endpoints.json")
JMIP_TEST_DATABASE_URL=$url cargo test --workspace

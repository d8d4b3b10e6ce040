#!/bin/sh
# Format, lints and every test. Most tests start servers of their own; those that only need some
# Postgres share one, with a database each. A test that cannot run here prints a line that begins
# with "skipped: ", and cargo counts it as passed; the last lines say what became of all of them.
set -eu
cd "$(dirname "$0")/.."
shared=target/test-servers
said=target/test-output.txt
ended=target/test-exit.txt

sh deploy/setup.sh
make check
cargo build --package jmip
rm -rf "$shared"
trap 'target/debug/jmip down --dir "$shared" >/dev/null || true' EXIT
target/debug/jmip up --servers-only --detach --dir "$shared"
url=$(sed -n 's/^ *"database_url": "\(.*\)",$/\1/p' "$shared/endpoints.json")
{
    status=0
    JMIP_TEST_DATABASE_URL=$url cargo test --workspace -- --show-output || status=$?
    echo "$status" > "$ended"
} 2>&1 | tee "$said"
awk -f deploy/test-sums.awk "$said"
exit "$(cat "$ended")"

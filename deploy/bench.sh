#!/bin/sh
# Times the line and the floor under it: tests/README.md says what is measured. Arguments go to the
# bench (--json); BENCH_SIZES=10000,100000,300000 asks for more sizes, BENCH_FILE for a file,
# BENCH_PEER for a command that reads the same file.
set -eu
cd "$(dirname "$0")/.."

sh deploy/setup.sh
cargo build --release --package jmip
cargo bench --package jmip-tests --bench line -- "$@"

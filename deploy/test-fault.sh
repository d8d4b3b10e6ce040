#!/bin/sh
# The long form of the tests that break things: every message of every loop is lost, late and doubled,
# and each process is killed at ten moments. JMIP_FAULT_SEED replays a seed, which each test prints;
# JMIP_FAULT_LOOP names one loop, JMIP_FAULT_ROUNDS other numbers of moments.
set -eu
cd "$(dirname "$0")/.."

sh deploy/setup.sh
cargo build --package jmip
JMIP_FAULT_EVERY=1 JMIP_FAULT_ROUNDS=${JMIP_FAULT_ROUNDS:-10} \
    cargo test --package jmip-tests --test fault -- --nocapture

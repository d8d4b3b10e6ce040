# Each target is one script in deploy/ or one command.
.DEFAULT_GOAL := help
# Wherever this machine keeps what cargo builds: what is run here is run from target/.
export CARGO_TARGET_DIR := $(CURDIR)/target
# A folder to go to is one of this checkout.
unexport CDPATH
.PHONY: help run up down check openapi-check test test-fault bench clean

help: ## Show this
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' Makefile

run: ## Set up, start, publish a sample and show ten recommended jobs; leaves it running
	@sh deploy/run.sh

up: ## Set up and start; leaves it running
	@sh deploy/setup.sh
	@cargo build --release --package jmip
	@target/release/jmip up --detach

down: ## Stop what run or up started
	@if [ -x target/release/jmip ]; then target/release/jmip down; fi

check: ## Check format and lints; warnings are errors
	cargo fmt --check
	cargo clippy --workspace --all-targets -- -D warnings

openapi-check: ## Hold the running API against its document with schemathesis
	@sh deploy/openapi-check.sh

test: ## Check, then run every test, on real servers
	@sh deploy/test.sh

test-fault: ## Let everything go wrong at every message of every loop; some hours
	@sh deploy/test-fault.sh

bench: ## Measure the line against what its servers can do; a few minutes
	@sh deploy/bench.sh

clean: down ## Stop it and remove what was built; what you published (.jmip) stays
	cargo clean

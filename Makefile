# What can be done here; anything longer than ten lines is a script in ops/.
# CHAIN=anvil: a development chain, without Go and geth. RESUME=1: go on with the data that is there.
# CASE=FILE: another case to play.

SHELL := /bin/bash
CHAIN ?= clique
DATA ?= .data
export CHAIN DATA RESUME CASE
export PATH := $(if $(XDG_CACHE_HOME),$(XDG_CACHE_HOME),$(HOME)/.cache)/smart-tenders/bin:$(PATH)

.DEFAULT_GOAL := help
.PHONY: help setup build up demo test lint fix bless bench attacks ci clean

help: ## Show what can be done
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 8
	@echo
	@echo "CHAIN=anvil  a development chain without Go; nobody seals it, and every verdict says so"
	@echo "DATA=DIR     the data folder, .data by default"
	@echo "RESUME=1     with demo: play into the system of an earlier demo"
	@echo "CASE=FILE    with demo: another case of the form that demo/case/make_case.py writes"

setup: ## Install what is missing: PostgreSQL, Node, Go, geth, packages, vectors of others
	@ops/setup.sh

build: setup ## Build all programs
	@cargo build --workspace --bins

up: build ## Serve until Ctrl-C: GraphQL, REST, API reference
	@target/debug/smart-tenders --data $(DATA) up --chain $(CHAIN)

demo: ## Play a real case from an empty system, anchor, verify, attack; one page of results
	@ops/demo.sh

test: setup ## Run every test
	@ops/test.sh

lint: setup ## Check format, lints, documentation, contracts, web, house rules
	@ops/lint.sh

fix: setup ## Format, and apply what the lints can mend
	@cargo fmt --all
	@cd web/verifier && npm run --silent fix
	@cargo clippy --workspace --all-targets --fix --allow-dirty --allow-staged

bless: setup ## Write the golden files anew; look at the difference before committing it
	@cd web/verifier && node build.mjs --bless
	@BLESS=1 UPDATE_GOLDEN=1 INSTA_UPDATE=always cargo test --workspace
	@git --no-pager diff --stat

bench: setup ## Measure: append, trees, proofs, headers, serving, auditing, gas; each against its peer in the same run
	@cargo build --release --workspace --bins
	@cargo bench -p merkle -p eventstore -p verifier -p smart-tenders --bench trees --bench append \
		--bench verifying --bench replaying --bench serving --bench auditing
	@cargo test -p anchor --test lifecycle gas -- --nocapture

attacks: setup ## Take each defence out, once, in a copy, and see its test fail: half an hour
	@python3 ops/attacks/attacks.py run

ci: ## Exactly what CI runs
	@.ci/run

clean: ## Remove what was built and the data folder
	@ops/clean.sh

# Two commands matter: `make run` starts Tiwizi, `make test` proves it. `make help` lists the rest.
#
# Every step asks its own tool what has changed (cargo, npm's lock, dates), so that a second run does next to nothing and
# needs no network.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory --no-builtin-rules

DATA := data
DEMO := data/demo

BINDGEN := target/tool/bindgen
ENGINE := target/engine/wasm32-unknown-unknown/engine/engine.wasm
PIN := $(dir $(ENGINE))pin.wasm
SERVER := target/release/tiwizi

# What the tests build, they build once: the same features for the unit tests, the linter, the types and the browser's server. With
# others, cargo compiles Automerge and all that stands under it once more.
FEATURES := --workspace --features shared/typescript
TESTED := target/debug/tiwizi
# Clippy compiles our own code for the tests: what it has to say costs no build of its own. Its arguments are as `cargo clippy` gives them.
LINTED := RUSTC_WORKSPACE_WRAPPER=$(shell rustc --print sysroot)/bin/clippy-driver CLIPPY_ARGS=-D__CLIPPY_HACKERY__warnings__CLIPPY_HACKERY__

# One file at a time, on two cores. A test that hangs is a test that fails: a file takes a minute or two.
BROWSER := --test-concurrency=1 --test-timeout=420000 --test-force-exit

# All that the app is made of, and nothing that its build writes.
app_sources := $(shell find pwa \( -path pwa/node_modules -o -path pwa/dist -o -path pwa/engine -o -path pwa/pin -o -path pwa/bindgen -o -path pwa/test \
	-o -path pwa/src/paraglide -o -path pwa/src/wasm -o -name icons.svg -o -name communes.txt \) -prune -o -type f -print) $(wildcard reference/france/*.csv reference/morocco/*.csv reference/map/*.json)
nextest := $(shell cargo nextest --version 2>/dev/null)

##@ For everyone

.PHONY: run
run: $(SERVER) ## Serves Tiwizi on http://localhost:8080; its data stay in ./data
	$(SERVER) serve --data $(DATA)

.PHONY: demo
demo: $(SERVER) ## The same with a realistic data set, in ./data/demo
	$(SERVER) demo --data $(DEMO)
	$(SERVER) serve --data $(DEMO)

# What comes last waits more than it computes: both at once.
.PHONY: test
test: locks format audit app pages budgets lint unit ## Runs every test
	$(MAKE) --jobs=2 browser interface

.PHONY: bench
bench: $(SERVER) tests/browser/node_modules/.package-lock.json ## Measures, and prints a table of the targets
	CHROMIUM=$$(scripts/chromium.sh) TIWIZI=$(abspath $(SERVER)) cargo run --release --package tests --bin bench

##@ For work on the code

.PHONY: dev
dev: engine pwa/node_modules/.package-lock.json ## A server, and on http://localhost:5173 the app, which follows each saved file
	cargo build --package server
	trap 'kill $$(jobs -p)' EXIT; target/debug/tiwizi serve --data $(DATA) & (cd pwa && npm run -s dev)

.PHONY: check
check: pages ## Types only: Rust, and the app
	cargo check --workspace --all-targets

.PHONY: types
types: ## Writes the TypeScript types of edits and views anew
	TIWIZI_WRITE_TYPES=1 $(LINTED) cargo test --quiet $(FEATURES) --test types

.PHONY: engine
engine: pwa/src/wasm/engine.js ## Compiles the engine to WebAssembly

.PHONY: app
app: pwa/dist/index.html ## Builds the app

.PHONY: server
server: $(SERVER) ## Builds the server, with the app inside

##@ Parts of the test

.PHONY: locks
locks: ## The locks are up to date, and name no host
	cargo metadata --locked --format-version 1 >/dev/null
	! grep -n '"resolved"' pwa/package-lock.json tests/browser/package-lock.json

.PHONY: format
format: ## Rust's formatter has nothing to say
	cargo fmt --check

.PHONY: pages
pages: pwa/src/wasm/engine.js pwa/node_modules/.package-lock.json ## The app's types: page, worker, service worker, tools
	cd pwa && npm run -s check

.PHONY: lint
lint: ## Clippy has nothing to say
	$(LINTED) cargo test --quiet --no-run --all-targets $(FEATURES)

.PHONY: budgets
budgets: app ## The app is as light as promised
	cd pwa && npm run -s budgets

.PHONY: unit
unit: pwa/node_modules/.package-lock.json ## Stories, simulation, fuzz, storage, routes, and that the TypeScript types are fresh
	scripts/xmllint.sh
	$(if $(nextest),$(LINTED) cargo nextest run $(FEATURES),$(LINTED) cargo test $(FEATURES) --lib --bins --tests)
	$(LINTED) cargo test $(FEATURES) --doc
	cd pwa && npm run -s test --if-present

.PHONY: browser
browser: $(TESTED) tests/browser/node_modules/.package-lock.json ## The real binary in a real browser
	CHROMIUM=$$(scripts/chromium.sh) TIWIZI=$(abspath $(TESTED)) node --test $(BROWSER) tests/browser/*.test.js

.PHONY: interface
interface: $(TESTED) ## The interface for other programs against its description, by schemathesis where it can be had
	TIWIZI=$(abspath $(TESTED)) scripts/schemathesis.sh

.PHONY: audit
audit: ## No known fault in what others wrote, as far as it can be asked here
	scripts/audit.sh

.PHONY: sbom
sbom: ## Writes what the binary is made of to target/sbom.cdx.json (CycloneDX)
	mkdir -p target
	node scripts/sbom.js target/sbom.cdx.json

.PHONY: icons
icons: tests/browser/node_modules/.package-lock.json ## Draws the app's PNG icons again from pwa/icons/*.svg
	CHROMIUM=$$(scripts/chromium.sh) node scripts/icons.js

.PHONY: help
help:
	@awk -F ':.*## ' '/^##@/ { print "\n" substr($$0, 5) } /^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' Makefile

# cargo knows what is stale, so it is always asked; what it leaves untouched does not set off what follows.
.PHONY: FORCE
FORCE:

$(ENGINE): FORCE
	scripts/engine.sh

# One run of the compiler makes both.
$(PIN): $(ENGINE) ;

$(BINDGEN): FORCE
	cargo build --package bindgen --profile tool

pwa/src/wasm/engine.js: $(ENGINE) $(PIN) $(BINDGEN)
	$(BINDGEN) $(ENGINE) pwa/src/wasm
	$(BINDGEN) $(PIN) pwa/src/wasm
	touch $@

# `npm ci` takes what the lock says and nothing else. The lock must name the packages of every platform: npm leaves out those
# of others where node_modules stands beside it, so it is renewed by `npm install --package-lock-only` in a folder without.
%/node_modules/.package-lock.json: %/package.json %/package-lock.json
	cd $* && npm ci --prefer-offline --loglevel=error
	touch $@

pwa/dist/index.html: pwa/src/wasm/engine.js pwa/node_modules/.package-lock.json $(app_sources)
	cd pwa && npm run -s build
	touch $@

$(SERVER): pwa/dist/index.html FORCE
	cargo build --release --package server

# As the unit tests have built it, with the app inside. What `make run` adds is optimisation.
$(TESTED): pwa/dist/index.html FORCE
	$(LINTED) cargo test --quiet --no-run $(FEATURES) --test wire

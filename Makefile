# Every target sets up what it needs first. Nothing outside .venv and results/ is written.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
UV := $(BIN)/uv pip
# Compiled once: a local stack's many processes write no bytecode, and would each compile all they import.
INSTALL := $(UV) install --quiet --compile-bytecode
# Without pip, which takes longer to install than some of what it would.
NEW_VENV := $(BIN)/uv venv --quiet --clear --python $(BIN)/python
READY := $(VENV)/.ready
TESTS_READY := $(VENV)/.tests-ready
TOOLS_READY := $(VENV)/.tools-ready
UV_VERSION := 0.13.8

.PHONY: setup setup-tests tools compare compare-aws test every-test test-fast check up lock clean

setup: $(READY)

$(READY): requirements.lock locks/ministack.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "orchbench needs Python 3.11 or later, and $(PYTHON) is %d.%d: set PYTHON=python3.13, for example" % sys.version_info[:2])'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet uv==$(UV_VERSION)
	$(NEW_VENV) $(VENV)/tools/ministack
	$(INSTALL) --python $(VENV)/tools/ministack/bin/python --require-hashes -r locks/ministack.lock & \
	$(INSTALL) --python $(BIN)/python --require-hashes -r requirements.lock \
	&& $(INSTALL) --python $(BIN)/python --no-deps --editable . \
	&& wait $$!
	@touch $@

# What only tests and checks need, beside what runs.
setup-tests: $(TESTS_READY)

$(TESTS_READY): $(READY) locks/development.lock
	$(INSTALL) --python $(BIN)/python --require-hashes -r locks/development.lock
	@touch $@

# The SAM CLI and the AWS CLI, each in an environment of its own: they pin other versions of botocore.
tools: $(TOOLS_READY)

$(TOOLS_READY): $(READY) locks/sam.lock locks/awscli.lock
	$(NEW_VENV) $(VENV)/tools/sam
	$(INSTALL) --python $(VENV)/tools/sam/bin/python --require-hashes -r locks/sam.lock
	$(NEW_VENV) $(VENV)/tools/awscli
	$(INSTALL) --python $(VENV)/tools/awscli/bin/python --require-hashes -r locks/awscli.lock
	@touch $@

# Local runs, rehearsals of 1 min to 24 h while the runs wait, and the report of both in the results folder.
compare: setup
	@folder=results/$$(date +%Y%m%d-%H%M%S) \
	&& $(BIN)/orchbench compare --rehearse --out "$$folder" \
	&& $(BIN)/orchbench report "$$folder"

# On AWS: deploys a warehouse and the application, compares, reports, and offers to delete it all. It asks first.
# Credentials come before the tools, which take a minute to install. Without any, make's own error is the sentence: a
# recipe that fails adds a line to it, and make a full stop of its own. Either way make ends with exit code 2, where the
# command itself ends with 1.
refused = $(if $(1),$(error $(1)))
compare-aws: setup
	@$(call refused,$(shell said=$$($(BIN)/orchbench compare-aws --only-credentials 2>&1) || echo "$${said%.}"))
	@$(MAKE) --no-print-directory tools
	$(BIN)/orchbench compare-aws

up: setup
	$(BIN)/orchbench up

# pytest keeps the tests that it has rewritten as bytecode, if it may: each of its processes takes half as long to start.
unexport PYTHONDONTWRITEBYTECODE

# Compiled once, for the many processes that tests start at the same time.
COMPILE := $(BIN)/python -m compileall -q src functions tests

# Everything, in processes side by side, with one summary; the checks of types and style keep one core busy meanwhile.
test: setup-tests tools
	@$(COMPILE)
	@$(MAKE) --no-print-directory --keep-going --jobs=2 check every-test

every-test: setup-tests tools
	$(BIN)/python tests/suite/side_by_side.py

# What a developer runs all day: no local server, no rehearsal of many hours.
test-fast: setup-tests
	@$(COMPILE)
	$(BIN)/python -m pytest -m "not local and not slow" -n 2 --dist loadfile

check: setup-tests tools
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

# Pins with hashes and without addresses, for every supported Python.
LOCK := $(UV) compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --no-header --no-annotate
lock: setup
	$(LOCK) pyproject.toml -o requirements.lock
	$(LOCK) --group development --constraints requirements.lock -o locks/development.lock
	$(LOCK) locks/ministack.in -o locks/ministack.lock
	$(LOCK) locks/sam.in -o locks/sam.lock
	$(LOCK) locks/awscli.in -o locks/awscli.lock
	$(LOCK) functions/requirements.in -o functions/requirements.txt

# Results stay: runs measured on AWS cannot be made again.
clean:
	rm -rf $(VENV) .aws-sam .mypy_cache .pytest_cache .ruff_cache .hypothesis

# make run    serve the dashboard and open it      PORT=8599, HEADLESS=1 (no browser), DEV=1 (reload when a file changes)
# make class  serve it to the phones of a class on this network      ADDRESS=192.168.1.5 where this computer has several
# make test   lint, types, unit tests, laws, pages, a real browser
# make validation  the table of docs/method.md, by the tests that check what it says
# make mutants  mutate the engine line by line and see what the tests notice (long; not part of make test)
# make bench  the figures of benchmarks/README.md
# make setup  .venv only
# make lock   renew requirements.lock (everything that is installed, with hashes, for Python 3.11 to 3.13) and docs/licenses.md

PORT ?= 8501
HEADLESS ?=
DEV ?=
VENV := .venv
BIN := $(VENV)/bin
ifeq ($(PATH),)
export PATH := /usr/local/bin:/usr/bin:/bin
endif
PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3.14 python3 python; do \
	"$$p" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 && command -v "$$p" && break; done)
on = $(filter-out 0 no false,$(1))

.PHONY: setup run class test validation mutants bench lock browser style types compiled_accounts compiled_rest
.DEFAULT_GOAL := run

setup: $(VENV)/.ready

# What is not imported need not be compiled: --no-compile leaves that to the first import.
INSTALL = $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile

# First what the engine needs: `make test` compiles its kernels while the rest is installed.
$(VENV)/.engine: requirements.txt
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer with its venv module is needed (Debian: apt install python3-venv)."; exit 1; }
	@test -x $(BIN)/python || "$(PYTHON)" -m venv $(VENV)
	@echo "Installing the libraries into $(VENV)"
	@$(INSTALL) $$(grep -E '^(numpy|numba)==' requirements.txt)
	@touch $@

$(VENV)/.ready: $(VENV)/.engine requirements.txt requirements-dev.txt
	@$(INSTALL) -r requirements-dev.txt
	@touch $@

run: setup
	@exec $(BIN)/streamlit run app.py --server.address 127.0.0.1 --server.port $(PORT) \
		$(if $(call on,$(HEADLESS)),--server.headless true) $(if $(call on,$(DEV)),--server.fileWatcherType auto)

# Bound to one address of this computer, and answering to that name alone.
ADDRESS ?= $(shell $(BIN)/python -c 'import socket; s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); \
	s.connect(("192.0.2.1", 9)); print(s.getsockname()[0])' 2>/dev/null)
class: setup
	@test -n "$(ADDRESS)" || { echo "This computer is on no network; or say its address: make class ADDRESS=192.168.1.5"; exit 1; }
	@echo "Serving http://$(ADDRESS):$(PORT) until Ctrl-C: everybody on this network can open it, and it is not encrypted."
	@echo "Open Lesson there, and start a class. If phones cannot reach it, this computer's firewall keeps port $(PORT) closed."
	@SHORTFALL_HOSTS=$(ADDRESS) exec $(BIN)/streamlit run app.py --server.address $(ADDRESS) --server.port $(PORT) \
		$(if $(call on,$(HEADLESS)),--server.headless true)

# What failed is asked once more, alone: servers are killed and browsers waited for on a machine that others use.
# Both answers are printed; what fails twice fails.
again = { echo "Once more, what failed:"; $(BIN)/python -m pytest $(1) --last-failed --last-failed-no-failures none; }
test:
	@$(MAKE) --no-print-directory -j 3 compiled_accounts compiled_rest browser style types
	$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder --ignore tests/e2e || $(call again,--ignore tests/e2e)
	$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder tests/e2e || $(call again,tests/e2e)

# What stands before the tests, side by side: what they run is compiled in two processes while the rest is installed
# and looked at.
style: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: setup
	$(BIN)/mypy --strict engine

compiled_accounts compiled_rest: $(VENV)/.engine
	$(BIN)/python -m tests.compiled $(@:compiled_%=%)

validation: setup
	VALIDATION=write $(BIN)/python -m pytest tests/test_validation.py

mutants: setup
	$(BIN)/python -m tests.mutants $(ARGS)

bench: setup
	@for bench in benchmarks/bench_*.py; do echo "$$bench"; $(BIN)/python "$$bench" || exit 1; done

lock: setup
	$(INSTALL) uv
	$(BIN)/uv pip compile requirements-dev.txt --universal --python-version 3.11 --generate-hashes --no-header \
		--no-annotate --quiet --output-file requirements.lock
	$(BIN)/python -m deploy.licenses

# The end-to-end tests need a Chromium. Debian's package is installed where that is possible without a password.
browser:
	@for name in "$$CHROMIUM" chromium chromium-browser google-chrome google-chrome-stable; do \
		command -v "$$name" >/dev/null 2>&1 && exit 0; done; \
	sudo=$$([ "$$(id -u)" = 0 ] || echo "sudo -n"); export DEBIAN_FRONTEND=noninteractive; \
	{ command -v apt-get >/dev/null && $$sudo apt-get update -qq \
		&& $$sudo apt-get install -y -qq --no-install-recommends chromium >/dev/null; } \
		|| echo "No Chromium here and none could be installed: the end-to-end tests will be skipped."

# What there is to do: `make install check test demo run bench docs`.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PLUGINS := $(patsubst %/pyproject.toml,%,$(wildcard plugins/*/pyproject.toml))
DISTRIBUTIONS := framework sandbox $(PLUGINS)
INSTALLED := $(VENV)/.installed
PYTEST := $(BIN)/pytest -n 2 --dist loadfile
export UV_PYTHON_DOWNLOADS := never
export UV_SYSTEM_CERTS := true

.PHONY: help install browser postgres check test chaos corpus long demo run bench docs charts constraints changelog clean
.DEFAULT_GOAL := help

help:  ## Show what there is to do.
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):[^#]*## /\1\t/' | expand -t 14

install: $(INSTALLED)  ## Make the virtual environment with every distribution, editable.

$(INSTALLED): constraints.txt pyproject.toml $(DISTRIBUTIONS:%=%/pyproject.toml)
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt uv
	$(BIN)/uv pip install --quiet --constraint constraints.txt --group dev $(DISTRIBUTIONS:%=--editable ./%)
	touch $@

browser:  # The chat page is tested in a real browser: Debian's, where it may be installed.
	@command -v chromium >/dev/null || { apt-get update -qq && \
	  DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends chromium >/dev/null; } || \
	  { echo "chromium is missing: install it (Debian: apt-get install chromium)" >&2; exit 1; }

postgres:  # The server whose second engine the tests are for: Debian's, where it may be installed.
	@command -v initdb >/dev/null || ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || { apt-get update -qq && \
	  DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends postgresql >/dev/null; } || \
	  { echo "PostgreSQL is missing: install it (Debian: apt-get install postgresql)" >&2; exit 1; }

check: install  ## Format, lint, types, layers, generated docs.
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy framework/src sandbox/src $(PLUGINS:%=%/src) tests docs benchmarks
	$(BIN)/lint-imports
	$(BIN)/python docs/generate.py --check

test: install browser postgres  ## Run all tests.
	$(PYTEST)

chaos: install  ## Trouble the bot and count who was forgotten: SEED=1 [JOBS=40] [SECONDS=60] [DATABASE=postgres] [WORKERS=3].
	cd tests && $(abspath $(BIN))/python -m chaos.chaos --seed $(or $(SEED),1) --jobs $(or $(JOBS),40) --seconds $(or $(SECONDS),60) \
	  --database $(or $(DATABASE),sqlite) --workers $(or $(WORKERS),3)

corpus: install  ## Every option of the plugin compress on every kind of file; the tests take some of these pairs.
	FETCHGRAM_CORPUS=whole $(PYTEST) tests/plugins/compress/test_corpus.py

long: install browser  ## Files of 2, 3 and 5 GB through the bot, once; minutes, 25 GB of disk: [FOLDER=/where/there/is/room].
	cd tests && $(abspath $(BIN))/python -m long.full_size $(if $(FOLDER),--folder $(abspath $(FOLDER)))

demo: install  ## Sandbox, bot and chat page on this machine; no token, no internet.
	$(BIN)/fetchgram demo

run: install  ## Run the bot of fetchgram.toml.
	$(BIN)/fetchgram run

bench: install  ## Print the benchmark tables.
	@for file in benchmarks/bench_*.py; do $(BIN)/python $$file || exit 1; done

docs: install  ## Write the generated pages again.
	$(BIN)/python docs/generate.py

charts: install  ## Draw docs/charts again.
	$(BIN)/python docs/charts.py

constraints: install  ## Pin what is installed now.
	$(BIN)/uv pip freeze --exclude-editable | grep -vE "^(pip|setuptools)==" > constraints.txt

changelog: install  # Gather the fragments of changes/ into CHANGELOG.md.
	$(BIN)/towncrier build --yes

clean:  ## Remove the virtual environment and caches.
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis

# make run serves, make test proves. `make help` lists the rest. Needs Python 3.11 or newer.

PYTHON ?= python3
PORT ?= 8000
VENV := .venv
BIN := $(VENV)/bin
SOURCES := podcastsvc tests scripts wsgi.py
LANGUAGES := es

# Where it is set, every start would compile some thousand files again: seconds instead of one.
unexport PYTHONDONTWRITEBYTECODE

export PODCASTSVC_BASE_URL ?= http://127.0.0.1:$(PORT)
export PODCASTSVC_PORT ?= $(PORT)

.PHONY: help run test test-tools web-check screenshots check format bench sample translations docs lock clean

help: ## what can be made
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1\t/' | expand -t 24

run: $(VENV)/run ## serve the site at http://127.0.0.1:8000 (PORT=9000 moves it)
	@$(BIN)/podcastsvc init --quiet
	@exec $(BIN)/podcastsvc serve

test: test-tools ## run every test
	@env -u PODCASTSVC_BASE_URL -u PODCASTSVC_PORT $(BIN)/pytest -n auto --dist loadgroup

web-check: $(VENV)/test ## Lighthouse and pa11y over every kind of page: figures against the budgets (minutes)
	@BIN=$(BIN) scripts/install-browser
	@BIN=$(BIN) scripts/install-web-tools all
	@env -u PODCASTSVC_BASE_URL -u PODCASTSVC_PORT $(BIN)/python -m tests.gates $(ONLY)

screenshots: $(VENV)/test ## pictures of the sample show for docs/screenshots (ONLY="home join" takes some)
	@BIN=$(BIN) scripts/install-browser
	@env -u PODCASTSVC_BASE_URL -u PODCASTSVC_PORT $(BIN)/python -m tests.pictures $(ONLY)

check: $(VENV)/test ## format, lint, types, templates, import directions, docs, translations
	@env -u PODCASTSVC_BASE_URL -u PODCASTSVC_PORT BIN=$(BIN) scripts/check

bench: test-tools ## the benchmarks: a table, and var/bench.json (ONLY="feeds serving" runs some)
	@env -u PODCASTSVC_BASE_URL -u PODCASTSVC_PORT $(BIN)/python -m tests.bench $(ONLY)

format: $(VENV)/test ## put the code in its usual form
	@$(BIN)/ruff check --fix --quiet $(SOURCES) || true
	@$(BIN)/ruff format $(SOURCES)

sample: $(VENV)/run ## make the sample show's audio and pictures again (needs espeak-ng and ffmpeg)
	@$(BIN)/python scripts/make_sample_show.py

translations: $(VENV)/test ## collect the texts of code and templates, and compile the catalogues
	@$(BIN)/python scripts/translations.py

docs: $(VENV)/test ## write the generated parts of docs/ anew
	@$(BIN)/python scripts/make_docs.py

lock: $(VENV)/test ## pin every dependency with its hash in requirements.lock, and those of web-check (needs npm)
	@$(BIN)/pip install --quiet 'uv>=0.9,<1'
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url \
		--no-emit-find-links --extra postgres --output-file requirements.lock pyproject.toml
	@$(BIN)/python scripts/lock_web_check.py

clean: ## remove what was made, but nothing in var/
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis build dist

# What runs the product: the locked versions, then the project itself.
$(VENV)/run: requirements.lock pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "Installing podcastsvc into $(VENV) …"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps -e .
	@touch $@

# What tests it, on top.
$(VENV)/test: $(VENV)/run
	@echo "Installing the test tools into $(VENV) …"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[test]'
	@touch $@

test-tools: $(VENV)/test
	@BIN=$(BIN) scripts/install-browser
	@scripts/install-programs
	@BIN=$(BIN) scripts/install-web-tools

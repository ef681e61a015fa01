# The console's commands. `make run` needs Python 3.11 or newer, make and a network to the package registry.

VENV := .venv
PYTHON := $(VENV)/bin/python
STAMP := $(VENV)/.installed
MANAGE := $(PYTHON) manage.py
# What `make check` reads: the project's own code, whatever else lies in the folder.
CODE := accounts api audit benchmarks callbacks campaigns delivery notifications projects smsconsole templates_app tests manage.py

.DEFAULT_GOAL := help
.PHONY: help run demo worker test check format words bench faults screenshots
.PHONY: check-format check-lint check-types check-imports check-pages check-words check-openapi check-project check-security

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: $(STAMP) ## Start the whole console (PORT, HOST, DATA_DIR, DATABASE_URL, REDIS_URL, DEMO)
	@exec $(MANAGE) up

demo: $(STAMP) ## Load the demo into a console that runs in another shell
	@exec $(MANAGE) load_demo

worker: $(STAMP) ## Run one more delivery worker beside a running console
	@exec $(MANAGE) rqworker delivery --worker-class smsconsole.workers.DeliveryWorker

test: $(STAMP) ## Run all tests, with a few moments of each fault
	@exec $(PYTHON) -m pytest

faults: $(STAMP) ## Run the fault tests at all of their moments
	@FAULT_MOMENTS=20 exec $(PYTHON) -m pytest -m faults tests/faults

check: check-format check-lint check-types check-imports check-pages check-words check-openapi check-project check-security ## Format, lint, types, imports, pages, words, OpenAPI, migrations, weaknesses (-k: all findings)

check-format: $(STAMP)
	$(VENV)/bin/ruff format --check $(CODE)

check-lint: $(STAMP)
	$(VENV)/bin/ruff check $(CODE)

check-types: $(STAMP)
	$(VENV)/bin/mypy accounts api audit callbacks campaigns delivery notifications projects smsconsole templates_app

check-imports: $(STAMP)
	$(VENV)/bin/lint-imports

check-pages: $(STAMP)
	find templates -name '*.html' -print0 | xargs -0 -r $(VENV)/bin/djade --check --target-version 5.2

check-words: $(STAMP)
	$(PYTHON) bin/messages.py check

# The document in the repository says what the API does; it needs no store.
check-openapi: $(STAMP)
	$(MANAGE) write_openapi --check

# Stores of its own answer the questions that need a database.
check-project: $(STAMP)
	$(PYTHON) -m tests.stores manage.py check --fail-level WARNING
	$(PYTHON) -m tests.stores manage.py makemigrations --check --dry-run

# The settings of a console behind a TLS proxy; the checks of deployment ask no store.
check-security: $(STAMP)
	$(VENV)/bin/bandit --quiet --configfile pyproject.toml --recursive $(filter-out tests benchmarks manage.py,$(CODE)) 2>/dev/null
	HTTPS_ONLY=true DEBUG=false ALLOWED_HOSTS=sms.example.com \
		SECRET_KEY="$$($(PYTHON) -c 'import secrets; print(secrets.token_urlsafe(48))')" \
		ENCRYPTION_KEYS=for-the-check-only DATABASE_URL=postgresql://nobody@127.0.0.1:1/none REDIS_URL=redis://127.0.0.1:1/0 \
		$(MANAGE) check --deploy --fail-level WARNING

format: $(STAMP) ## Put code and page templates into their format
	$(VENV)/bin/ruff check --fix $(CODE)
	$(VENV)/bin/ruff format $(CODE)
	find templates -name '*.html' -print0 | xargs -0 -r $(VENV)/bin/djade --target-version 5.2

words: $(STAMP) ## Collect new words for the translation in locale/, and compile it
	$(PYTHON) bin/messages.py update
	$(PYTHON) bin/messages.py compile

bench: $(STAMP) ## Measure speed and memory; table on screen, JSON in test-results/bench.json
	@exec $(PYTHON) -m tests.stores --durable -m benchmarks

screenshots: $(STAMP) ## Photograph every page into test-results/screenshots, some for docs/screenshots
	@SCREENSHOTS=test-results/screenshots exec $(PYTHON) -m pytest tests/browser/test_screenshots.py tests/browser/test_every_page.py

# Installs only when the lock has changed. Every Python on the way is asked for its version, the newest wins.
$(STAMP): requirements.lock
	@if [ ! -x $(PYTHON) ]; then \
		for candidate in python3 python3.14 python3.13 python3.12 python3.11; do \
			if $$candidate -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
				found=$$candidate; break; \
			fi; \
		done; \
		if [ -z "$$found" ]; then \
			echo "No Python 3.11 or newer with its venv module was found." >&2; \
			echo "The console needs it and brings everything else by itself." >&2; \
			echo "Install it, for example: apt-get install python3 python3-venv" >&2; \
			exit 1; \
		fi; \
		echo "Making $(VENV) with $$($$found --version)"; \
		$$found -m venv $(VENV) || exit 1; \
	fi
	@if [ "$$(cat $@ 2>/dev/null)" != "$$(cksum < requirements.lock)" ]; then \
		echo "Installing the requirements (once)"; \
		$(PYTHON) -m pip install --quiet --disable-pip-version-check --requirement requirements.lock || exit 1; \
	fi
	@cksum < requirements.lock > $@

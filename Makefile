# Everything a newcomer needs: `make demo` to look, `make test` to trust.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check -q
# jieba publishes no wheel; it is pure Python, so nothing here needs a compiler. What builds is pinned like the rest, and so comes first.
INSTALL := $(PIP) install --require-hashes --only-binary :all: --no-binary jieba --no-build-isolation

.PHONY: setup demo test postgresql torture lint style types imports loops bench lock clean

setup: $(VENV)/.ready

$(VENV)/.ready: requirements-build.lock requirements-dev.lock pyproject.toml scripts/system-packages scripts/browser
	@sh scripts/system-packages $(PYTHON)
	@[ -x $(BIN)/python ] || $(PYTHON) -m venv $(VENV)
	$(INSTALL) -r requirements-build.lock
	$(INSTALL) -r requirements-dev.lock
	$(PIP) install --no-deps --no-build-isolation -e .
	@sh scripts/browser $(BIN)/playwright
	@touch $@

demo: setup
	$(BIN)/caselib demo

test: setup
	@$(MAKE) --no-print-directory -j2 lint loops
	$(BIN)/python -m pytest -n 2 --dist loadgroup

# The tests of the rooms that write, on PostgreSQL instead of SQLite; `make test` has a sample of them on both.
postgresql: setup
	$(BIN)/python -m pytest -n 2 --dist loadgroup --database=postgresql \
		tests/test_db.py tests/test_journal.py tests/test_questions.py tests/people tests/review tests/publishing

# The property tests with thousands of examples instead of a sample; ONLY=words narrows them.
torture: setup
	$(BIN)/python -m pytest -n 2 --dist loadgroup --hypothesis-profile=torture -k "$(or $(ONLY),test)"

lint: types style imports

types: setup
	$(BIN)/mypy

style: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

imports: setup
	$(BIN)/lint-imports

# The program as byte code and the search's loops as machine code, kept beside their source: made once, before each process of the
# tests would make them for itself.
loops: setup
	@$(BIN)/python -m compileall -q src
	@folder=$$(mktemp -d) && trap 'rm -r "$$folder"' EXIT && export CASELIB_DATA="$$folder" && \
		$(BIN)/caselib index > /dev/null && $(BIN)/caselib search '质量管理 “质量管理” iso*' --explain > /dev/null

bench: setup
	$(BIN)/python -m bench

# The lists are resolved together for every Python and platform, to the same versions for all; each constrained by the one before.
lock:
	uv pip compile pyproject.toml --universal --fork-strategy fewest --generate-hashes --no-header --no-annotate -q -o requirements.lock
	uv pip compile pyproject.toml --group dev --extra bench --extra postgresql --universal --fork-strategy fewest --generate-hashes \
		--no-header --no-annotate -q -c requirements.lock -o requirements-dev.lock
	uv pip compile --group build --python-version 3.11 --universal --fork-strategy fewest --generate-hashes \
		--no-header --no-annotate -q -c requirements-dev.lock -o requirements-build.lock

clean:
	rm -rf $(VENV) var dist build

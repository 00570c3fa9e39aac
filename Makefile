# One command each; the README and .ci/run call these and keep no second list of steps.
PY := .venv/bin/python

.PHONY: run test check format types bench setup clean

setup:            ## say what is missing, install it (apt with root, virtual environment, package)
	@bash tools/setup.sh

run: setup        ## the training counter in this terminal
	@$(PY) -m sbk_tui demo

test: setup       ## every test, unattended
	@$(PY) -m pytest -q -n auto

check: setup      ## format, lint, types, rooms, words
	@$(PY) -m ruff format --check .
	@$(PY) -m ruff check .
	@$(PY) -m mypy
	@$(PY) -m pytest -q tests/test_rooms.py tests/test_words.py

format: setup
	@$(PY) -m ruff format .
	@$(PY) -m ruff check --fix .

bench: setup      ## against bare Textual, interleaved
	@$(PY) bench/run.py

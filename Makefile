# One command each; the README and .ci/run call these and keep no second list of steps.
PY := .venv/bin/python

.PHONY: help setup run test check format bench shots clean

help:             ## this list
	@sed -n 's/^\([a-z]*\):[^#]*## /  make \1\t/p' $(MAKEFILE_LIST) | expand -t 18

setup:            ## install what is missing (it says what), quiet when nothing is
	@bash tools/setup.sh

run: setup        ## the training counter in this terminal; ARGS="--level county" and the like
	@$(PY) -m sbk_tui demo $(ARGS)

# A test of a screen waits more than it works: three workers a core, each with a run of its own.
test: setup       ## every test, unattended; ARGS="tests/domain" for some
	@$(PY) -m pytest -q -n $$((3 * $$(nproc))) --dist worksteal $(ARGS)

check: setup      ## format, lint, types, rooms, words
	@$(PY) -m ruff format --check .
	@$(PY) -m ruff check .
	@$(PY) -m mypy
	@$(PY) -m pytest -q tests/test_rooms.py tests/test_words.py

format: setup     ## let ruff put the code in shape
	@$(PY) -m ruff format .
	@$(PY) -m ruff check --fix .

bench: setup      ## against bare Textual, interleaved
	@$(PY) bench/run.py $(ARGS)

shots: setup      ## draw the pictures of the guides anew
	@$(PY) tools/shots.py

clean:            ## remove the environment and all caches
	@rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis dist build
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

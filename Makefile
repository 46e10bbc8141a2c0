# BenchBuilder. `make demo` and `make test` set themselves up; nothing is installed outside of this folder.

BIN := .venv/bin
PYTHON ?=

# What the person who calls has set for their own Prefect, Python or BenchBuilder is not meant for this one.
unexport PYTHONPATH PYTHONHOME $(filter PREFECT_% BENCHBUILDER_%,$(.VARIABLES))

.PHONY: help install demo test lint clean

help:
	@echo 'make demo     sets up, runs one night on the packaged sample with the embedded models, prints the leaderboard'
	@echo 'make test     sets up, checks style, types, layers and SQL, runs all tests'
	@echo 'make lint     the checks alone'
	@echo 'make install  sets up .venv alone; make install PYTHON=/path/to/python3.12 chooses the interpreter'
	@echo 'make clean    removes .venv, the demo and the caches; your own .benchbuilder stays'

install:
	@PYTHON='$(PYTHON)' sh deployments/install.sh

demo: install
	@$(BIN)/benchbuilder refresh --demo

lint: install
	$(BIN)/python -m ruff check .
	$(BIN)/python -m ruff format --check .
	$(BIN)/python -m basedpyright --pythonpath $(BIN)/python
	$(BIN)/lint-imports
	$(BIN)/python -m sqlfluff lint sql

test: lint
	$(BIN)/python -m pytest

clean:
	rm -rf .venv .benchbuilder-demo .pytest_cache .ruff_cache .hypothesis .import_linter_cache dist build
	find . -name .git -prune -o -name __pycache__ -type d -prune -exec rm -rf {} +

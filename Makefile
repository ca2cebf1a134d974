# The Python that .venv is made with; another one: `make lab PYTHON=python3.12`
PYTHON ?= python3

STUDENT = $(PYTHON) attnlib/bootstrap.py lab
ALL = $(PYTHON) attnlib/bootstrap.py test

.PHONY: help lab test lessons studies release slides site grade-demo bench clean python
.DEFAULT_GOAL := help

help: ## Show these lines
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  make %-11s %s\n", $$1, $$2}' Makefile

lab: python ## Install what is needed and open JupyterLab on the first lesson
	@$(STUDENT) attn lab

test: python ## Install what is needed and run every test
	@$(ALL) python tests/everything.py

lessons: python ## Author: write the notebooks in solutions/ from their texts and execute them
	@$(ALL) attn lessons

studies: python ## Author: measure what attnlib/studies/*.csv lack (delete one to begin anew)
	@$(ALL) python -m attnlib.studies.bottleneck
	@$(ALL) python -m attnlib.studies.alignment
	@$(ALL) python -m attnlib.studies.translation

release: python ## Instructor: write the students' notebooks from solutions/ and see that nothing leaks
	@$(ALL) attn release

slides: python ## Lecturer: write a deck for each lesson and its handout (build/slides/)
	@$(ALL) attn slides --pdf

site: python ## Lecturer: write the course as a website, to read and search offline (build/site/)
	@$(ALL) attn site

grade-demo: python ## Instructor: grade a made-up class of forty from zip to feedback page
	@$(ALL) attn grade-demo

bench: python ## Measure everything that is to be fast, half an hour (build/bench.md)
	@$(ALL) python -m tests.benchmarks

clean: ## Remove what can be made again (.venv and build); never work/, submitted/ or a gradebook
	rm -rf .venv build .pytest_cache .ruff_cache .hypothesis

python:
	@command -v $(PYTHON) >/dev/null || { echo "$(PYTHON) was not found. Python 3.11 or newer is needed: python.org," \
	  "brew install python, sudo apt install python3 python3-venv, or conda with environment.yml." >&2; exit 1; }

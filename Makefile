PYTHON  ?= python3
PRESET  ?= default
DATA    ?= data
OUT     ?= results
MODELS  ?= models
WORKERS ?=
SCHEDULER ?=
TRAINER ?= loop
SEED    ?=
WAIT    ?=
FAIL_FAST ?=
TIMES   ?= 20
DATA_SEED ?= 1
TRUST   ?=
FLOWS   ?=
MODEL   ?= models/default/model_equivariant_1000_corrected.h5
PLOT    ?=
TOXENV  ?= py

export PIP_COMPILE := 0
export PIP_DISABLE_PIP_VERSION_CHECK := 1

RUN   := .venv/bin/python -m
RUNNING = $(if $(WAIT),--wait) $(if $(FAIL_FAST),--fail-fast)
THREADS = $(if $(WORKERS),--workers "$(WORKERS)")
CLUSTER = $(if $(SCHEDULER),--scheduler "$(SCHEDULER)")
TRUSTED = $(if $(TRUST),--trust-data)
BENCH  = --preset "$(PRESET)" --data "$(DATA)" --data-seed "$(DATA_SEED)" --out "$(OUT)" --models "$(MODELS)" --trainer "$(TRAINER)" $(if $(SEED),--seed "$(SEED)") $(THREADS) $(TRUSTED)

# Python does what sed and echo could, so that nothing but make and Python is needed.
LIST  := import re; [print(f"  {t:9} {d}") for t, d in re.findall(r"(?m)^(\w+):.*?\#\# (.*)", open("Makefile").read())]
NAMES := print("Variables: PYTHON PRESET DATA DATA_SEED OUT MODELS WORKERS SCHEDULER TRAINER SEED WAIT FAIL_FAST TIMES TRUST FLOWS MODEL PLOT TOXENV, as in: make study PRESET=exercise DATA=folder")
KNOWN := import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))
REMEDY = "$(PYTHON) is not Python 3.11, 3.12 or 3.13, which TensorFlow 2.21 needs: try make PYTHON=python3.12"

.DEFAULT_GOAL := help
.PHONY: help install data plan study report locate status verify reproduce replicate coverage speed test torture lint types audit smoke clean

help: ## list the targets
	@$(PYTHON) -c '$(LIST); $(NAMES)'

install: .venv/installed ## create .venv with the versions of the lock files

.venv/installed: requirements.lock requirements-dev.lock
	@$(PYTHON) -c '$(KNOWN)' || { echo $(REMEDY) >&2; exit 1; }
	$(PYTHON) -m venv --clear .venv
	$(RUN) pip install --quiet --requirement requirements.lock --requirement requirements-dev.lock
	@: > $@

data: install ## simulate the data files that DATA lacks
	$(RUN) bench data --data "$(DATA)" --data-seed "$(DATA_SEED)"

plan: install ## say what `make study` would do, and how long it would take
	$(RUN) bench plan $(BENCH)

study: install ## train what is missing, then report (what failed is reported, and is an error)
	$(RUN) bench run $(BENCH) $(CLUSTER) $(RUNNING); code=$$?; case $$code in 0|1|3) $(RUN) report --out "$(OUT)" && exit $$code;; *) exit $$code;; esac

report: install ## write the reports of the studies in OUT that have newer records
	$(RUN) report --out "$(OUT)"

locate: install ## say where the leaks are that make the FLOWS of a file (MODEL, PLOT=map.svg)
	@$(RUN) locate "$(FLOWS)" --model "$(MODEL)" $(if $(PLOT),--plot "$(PLOT)")

status: install ## count the trainings done, failed and to come
	$(RUN) bench status $(BENCH)

verify: install ## train 20 records of the study again: do they end at the same bits?
	$(RUN) bench verify $(BENCH)

reproduce: install ## repeat the study in OUT-again: do records, winners and report come out the same?
	$(RUN) bench reproduce $(BENCH) $(CLUSTER) $(RUNNING) --again "$(OUT)-again"
	$(RUN) report --out "$(OUT)-again"
	for again in "$(OUT)-again"/*/; do $(RUN) report --compare "$(OUT)/$$(basename "$$again")" "$$again" || exit; done

replicate: install ## repeat the corrected study with 20 seeds: do its intervals hold the others?
	$(RUN) bench replicate --data "$(DATA)" --out "$(OUT)" --models "$(MODELS)" $(THREADS) $(TRUSTED) $(CLUSTER) $(if $(WAIT),--wait)
	$(RUN) report --agreement "$(OUT)"/corrected*

coverage: install ## what do the report's intervals attain? (2,000 simulated studies like OUT/default)
	$(RUN) report --coverage "$(OUT)/default" > docs/coverage.csv.new && mv docs/coverage.csv.new docs/coverage.csv

speed: install ## time training in the loop against model.fit
	$(RUN) bench speed --out "$(OUT)" $(THREADS)

test: install ## run the tests through tox (TOXENV=py311,py312,py313 for more than one Python)
	$(RUN) tox run -e "$(TOXENV)"

torture: install ## kill a study at TIMES moments, and more of the kind
	TIMES="$(TIMES)" .venv/bin/pytest -q -m torture

lint: install ## check rules and format (ruff)
	$(RUN) tox run -e lint

types: install ## check types (mypy)
	$(RUN) tox run -e types

audit: install ## look for known weaknesses in the versions of the lock files (asks PyPI)
	$(RUN) tox run -e audit

smoke: install ## run the smoke preset in a temporary folder
	$(RUN) tox run -e smoke

clean: ## remove .venv and caches (data, models and results stay)
	rm -rf .venv .tox .hypothesis .pytest_cache .ruff_cache .mypy_cache

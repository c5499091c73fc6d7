# `make app` and `make test` start from a bare checkout. Both install only what is missing: a file
# in the virtual environment notes when each list of requirements was last installed.

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin

.DEFAULT_GOAL := help
.PHONY: help app test lint wheel tensorflow bundled-model source-models results

help: ## show this list
	@echo "Usage: make TARGET [ARGS=\"...\"] [PYTHON=python3.12]"
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-14s %s\n", $$1, $$2 }' Makefile

app: $(VENV)/.app-installed ## install what the app needs and start it (ARGS go to `streamlit run`)
	$(BIN)/streamlit run streamlit_app.py --server.address localhost $(ARGS)

# Two at a time, with one thread each: much of a test's time is spent waiting for servers.
test: $(VENV)/.dev-installed ## install what the tests need and run them (ARGS go to pytest)
	@sh scripts/install-chromium.sh
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n 2 --dist loadgroup $(ARGS)

# All three are done, so that one run shows everything there is to mend.
lint: $(VENV)/.dev-installed ## check the code's style and types
	@failed=0; set -x; \
	$(BIN)/ruff check . || failed=1; \
	$(BIN)/ruff format --check . || failed=1; \
	$(BIN)/mypy || failed=1; \
	exit $$failed

wheel: $(VENV)/.dev-installed ## build the wheel and let it answer a picture by itself
	sh scripts/check-wheel.sh $(BIN)/python

# Installed only by those who want to train words with TensorFlow.
tensorflow: $(VENV)/.tensorflow-installed ## install TensorFlow and Keras, and run their tests (ARGS go to pytest)
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest tests/nets/keras \
	    tests/training/fitting/test_keras_learner.py tests/training/sequences/test_frameworks.py $(ARGS)

CONFIGS := asl/training/configs
LOOK_ALIKES := Accuracy counts look-alikes (0/O, 2/V, 6/W, 9/F) as one sign, accuracy strict does \
    not; each network alone is shown with look-alikes forgiven.
SIX_WORDS := “Among these words” is the mean of the people where none but these six words are \
    possible. Of the people, 13, 4 and 9 are noisy.
SAME_HANDS := The same hands are on both sides, so this says little about new people.

bundled-model: $(VENV)/.app-installed ## train the bundled model again from the data in ASL_DATA
	$(BIN)/asl train --config $(CONFIGS)/asl-hands.toml --out models/asl-hands --side-by-side 2 $(ARGS)
	$(BIN)/asl scores asl-hands --labels letters --title "One data set left out" \
	    --note "asl_letters here is its training part, three changed versions of 504 photos." \
	    --out docs/results/one-set-left-out.json

# Bundled model = configuration of a source's network that it is trained by.
SOURCE_MODELS := channel-attention=channel-attention-random \
    channel-attention-new-hand=channel-attention-new-hand \
    sequential=sequential-random sign-convnet=sign-convnet-random gesture-cnn=gesture-cnn-random \
    efficientnet-b0=efficientnet-b0

source-models: $(VENV)/.app-installed ## train the bundled models of the sources again, from ASL_DATA
	for model in $(SOURCE_MODELS); do \
	    $(BIN)/asl train --config $(CONFIGS)/sources/$${model#*=}.toml --out models/$${model%%=*} \
	        $(ARGS) || exit 1; done
	$(BIN)/python -m asl.runs.examples $(foreach model,$(SOURCE_MODELS),$(firstword $(subst =, ,$(model))))

results: $(VENV)/.dev-installed ## measure everything in docs/results again (after bundled-model)
	$(BIN)/asl evaluate --data $(ASL_DATA)/asl_letters/valid --data $(ASL_DATA)/asl_letters/test \
	    --labels letters --title "Bundled model on asl_letters" --split \
	    "the set's own; people and rooms of its training part may return" \
	    --out docs/results/asl-hands-asl_letters.json
	for name in 29 39; do \
	    $(BIN)/asl evaluate --data $(ASL_DATA)/asl_29/test \
	        $$(test $$name = 29 && echo "--labels letters --controls") \
	        --title "Bundled model on asl_29, $$name signs possible" \
	        --split "the set's own; taken at another place" \
	        --out docs/results/asl-hands-asl_29-$$name.json || exit 1; done
	$(BIN)/python -m benchmarks.new_signers
	$(BIN)/python -m benchmarks.teach
	$(BIN)/asl evaluate --data $(ASL_DATA)/words/sequences.npz --model asl-words \
	    --title "Words before cameras, six that the model knows" \
	    --without 13 --without 4 --without 9 \
	    --split "people of another collection, whom the model has not seen" --note "$(SIX_WORDS)" \
	    --out docs/results/asl-words-six.json
	$(BIN)/asl evaluate --data $(ASL_DATA)/words/sequences.npz \
	    --data $(ASL_DATA)/words/more_sequences.npz --model asl-words --negatives 500 \
	    --title "Words before cameras, known to the model and not" \
	    --split "people of other collections, whom the model has not seen" \
	    --out docs/results/asl-words-others.json
	$(BIN)/asl scores asl-words --title "Words of people never seen" \
	    --out docs/results/asl-words.json
	$(BIN)/asl scores asl-words --among $(CONFIGS)/words-100.toml \
	    --title "A hundred words of people never seen, by the model of all words" \
	    --note "The signs of the table above, which alone are possible; the network learned all." \
	    --out docs/results/words-100-of-all.json
	$(BIN)/asl train --config $(CONFIGS)/words-100.toml --resume
	$(BIN)/asl scores words-100 --title "A hundred words of people never seen" \
	    --note "The 100 signs of which WLASL's clips here are most, alone." \
	    --out docs/results/words-100.json
	$(BIN)/asl train --config $(CONFIGS)/words-left-out.toml --side-by-side 2 --resume
	$(BIN)/asl scores words-left-out \
	    --title "Seven words before cameras, each of 25 people left out in turn" \
	    --without 13 --without 4 --without 9 --note "Of the people, 13, 4 and 9 are noisy." \
	    --out docs/results/words-left-out.json
	$(BIN)/asl train --config $(CONFIGS)/islr-left-out.toml --side-by-side 2 --resume
	$(BIN)/asl scores islr-left-out \
	    --title "Two words of asl-signs, each of 21 people left out in turn" \
	    --out docs/results/islr-left-out.json
	for name in leave-one-hand-out random; do \
	    $(BIN)/asl train --config $(CONFIGS)/asl_dataset-$$name.toml --side-by-side 2 --resume \
	        || exit 1; done
	$(BIN)/asl scores asl_dataset-leave-one-hand-out \
	    --title "asl_dataset, 36 signs, each hand left out in turn" --note "$(LOOK_ALIKES)" \
	    --out docs/results/asl_dataset-leave-one-hand-out.json
	$(BIN)/asl scores asl_dataset-random --title "asl_dataset, 36 signs, random 80/20" \
	    --note "$(LOOK_ALIKES) $(SAME_HANDS)" --out docs/results/asl_dataset-random.json
	$(BIN)/asl reproduce
	$(BIN)/asl bench
	$(BIN)/python -m benchmarks.first_page
	$(BIN)/asl results

$(VENV)/.app-installed: requirements.txt pyproject.toml setup.py | $(BIN)/pip
	$(BIN)/pip install -r requirements.txt
	$(BIN)/pip install --no-deps -e .
	@touch $@

$(VENV)/.dev-installed: requirements-dev.txt $(VENV)/.app-installed
	$(BIN)/pip install -r requirements-dev.txt
	@touch $@

$(VENV)/.tensorflow-installed: requirements-tensorflow.txt $(VENV)/.dev-installed
	$(BIN)/pip install -r requirements-tensorflow.txt
	@touch $@

$(BIN)/pip:
	@command -v $(PYTHON) > /dev/null || { \
	    echo "Python was not found. Install it: sudo apt-get install python3 python3-venv"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	    echo "Python 3.11 or newer is needed, and $(PYTHON) is $$($(PYTHON) -V 2>&1)."; \
	    echo "If a newer one is installed, name it: make $(MAKECMDGOALS) PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2> /dev/null || { \
	    echo "Python's venv module is missing. Install it: sudo apt-get install python3-venv"; exit 1; }
	$(PYTHON) -m venv $(VENV)

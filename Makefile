# `make` alone says what there is.
PREFIX ?= /usr/local
DESTDIR ?=
FUZZ_ROUNDS ?= 10000

# Media tests measure time: no more of them at once than there are cores.
TEST = swift test --disable-xctest --no-parallel
RELEASE = swift build -c release --static-swift-stdlib
# The rooms that hold C memory, and the recorder's parts that need no live sender; without what takes
# minutes by its length alone and touches nothing that the others do not.
SANITIZED = 'MediaTests|ArchiveTests|OperationsTests|RecorderTests'
UNSANITIZED = 'LiveTests|Four.hours|theBytesDoNot|jointsAreNoWorse|theWholeIsBrought|seventeenAt|oneTalkerOf|ratesAnd|beepsStay|SnapshotTests|aKilled|SegmentTests|CutTests|cornersStand|everyFill|bytesDoNotDepend|slicesCut|everyPictureKeeps|manySizes|whatIsAlready'
# Leaks of libraries.
LEAKS = LSAN_OPTIONS=suppressions=$(CURDIR)/.ci/leaks:print_suppressions=0

.PHONY: help setup demo test lint format bench soak fuzz sanitize release install workflows clean
.DEFAULT_GOAL := help

help:           ## what there is
	@sed -nE 's/^([a-z]+): .*## (.*)/make \1\t\2/p; s/^([a-z]+):  +## (.*)/make \1\t\2/p' Makefile | expand -t 16

setup:          ## install the Debian packages that are missing
	@.ci/setup

release: setup  ## build the programs for use
	@$(RELEASE)

demo: release   ## record three live senders, run a recipe, check what it made (about 90 s)
	@"$$($(RELEASE) --show-bin-path)/demo"

test: setup     ## all tests
	@$(TEST)

lint: setup     ## style, and a build in which warnings are errors
	@swift format lint --strict --recursive Package.swift Sources Tests
	@CI=1 swift build --build-tests

format:         ## lay out the sources
	@swift format -i --recursive Package.swift Sources Tests

bench: release  ## measure what is promised (PARTS="record mix" some of it); fails below a promise
	@"$$($(RELEASE) --show-bin-path)/bench" $(PARTS)

soak: setup     ## all tests, those of losses and memory at full length (an hour or so)
	@RUSHES_SOAK=1 $(TEST)

fuzz: setup     ## the fuzz tests with FUZZ_ROUNDS mutations each
	@RUSHES_FUZZ_ROUNDS=$(FUZZ_ROUNDS) swift test --filter '[Ff]uzz'

sanitize: setup ## the media tests under AddressSanitizer and LeakSanitizer
	@RUSHES_SANITIZED=1 $(LEAKS) $(TEST) --sanitize=address --scratch-path .build-asan --filter $(SANITIZED) --skip $(UNSANITIZED)

install: release ## install the programs, their manual and completion below PREFIX
	@install -d "$(DESTDIR)$(PREFIX)/bin"
	@install -s "$$($(RELEASE) --show-bin-path)/rushes" "$$($(RELEASE) --show-bin-path)/merge-files" \
	  "$(DESTDIR)$(PREFIX)/bin"
	@.ci/install-pages "$(DESTDIR)$(PREFIX)/bin/rushes" "$(DESTDIR)$(PREFIX)/share"

workflows: release ## run the sample workflows under Snakemake, Slurm and Airflow, where installed
	@PATH="$$($(RELEASE) --show-bin-path):$$PATH" recipes/workflows/try.sh

clean:          ## remove what was built and what the demo made
	@rm -rf .build .build-asan demo-output

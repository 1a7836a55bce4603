# Lazaret. The targets that people need: deps all demo test lint bench fuzz install clean.
#
#   make SAN=address,undefined    a build with sanitizers, beside the ordinary one
#   make FUZZ=1 fuzzers           the fuzz targets, as `make fuzz` builds them
#   make COV=1                    a build that counts lines, for `make SAN= COV=1 unit coverage`
#   make install DESTDIR= prefix=/usr/local
#
# What links to what is not written here: it stands in the file `layers`, which `make lint` enforces as well.

SHELL   := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := all

CC      ?= cc
prefix  ?= /usr/local
sbindir ?= $(prefix)/sbin
libexecdir ?= $(prefix)/lib/lazaret
datadir ?= $(prefix)/share/lazaret
mandir  ?= $(prefix)/share/man
sysconfdir ?= /etc
SAN     ?=
COV     ?=
FUZZ    ?=
PYTHON  ?= /usr/bin/python3
VERSION := $(shell cat VERSION)

comma   := ,
variant := $(if $(FUZZ),fuzz,$(if $(COV),cov,$(if $(SAN),san-$(subst $(comma),-,$(SAN)),release)))
B       := build/$(variant)

# Vectorscan is Hyperscan for other processors. Without either all works, more slowly.
HYPERSCAN := $(if $(filter amd64,$(shell dpkg --print-architecture 2>/dev/null)),libhyperscan-dev,libvectorscan-dev)

PACKAGES := build-essential pkg-config clang clang-format libclang-rt-14-dev protobuf-c-compiler \
	libzmq3-dev libclamav-dev libmagic-dev liblmdb-dev libgmime-3.0-dev libarchive-dev zlib1g-dev libpcre2-dev \
	libprotobuf-c-dev libyaml-dev libsodium-dev nettle-dev libseccomp-dev libzstd-dev libidn2-dev libcmocka-dev \
	postfix clamav-testfiles python3 python3-pytest python3-pytest-timeout python3-pytest-xdist python3-aiosmtpd python3-dkim \
	iproute2 openssl mandoc zip p7zip-full zstd lz4 genisoimage spamassassin $(HYPERSCAN)

WARN    := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wformat=2 -Wpointer-arith -Wvla \
	-Wno-unused-parameter -Wno-missing-field-initializers
CFLAGS  ?= -O2 -g
OURS    := -std=gnu11 $(WARN) -I. -I$(B) -fstack-protector-strong -fPIE -D_GNU_SOURCE -D_FORTIFY_SOURCE=2 \
	-DLAZARET_VERSION='"$(VERSION)"' -DLAZARET_DATADIR='"$(datadir)"' -DLAZARET_LIBEXECDIR='"$(libexecdir)"' \
	-DLAZARET_SYSCONFDIR='"$(sysconfdir)"'
LDFLAGS += -Wl,-z,relro,-z,now -Wl,--as-needed
ifneq ($(SAN),)
OURS    += -fsanitize=$(SAN) -fno-omit-frame-pointer -fno-sanitize-recover=all -U_FORTIFY_SOURCE
LDFLAGS += -fsanitize=$(SAN)
endif
ifneq ($(COV),)
OURS    += --coverage -O0 -U_FORTIFY_SOURCE
LDFLAGS += --coverage
endif
ifneq ($(FUZZ),)
CC      := clang
OURS    += -O1 -fsanitize=fuzzer-no-link,address,undefined -fno-omit-frame-pointer \
	-fno-sanitize-recover=undefined -U_FORTIFY_SOURCE -Wno-missing-prototypes
LDFLAGS += -fsanitize=fuzzer,address,undefined
endif

# qsubmit is linked statically: pipe(8) bounces mail when a program's library is missing, and without the dynamic loader
# it starts sooner than /bin/true. The sanitizers' runtimes are dynamic, so a build with them is not.
LINK    := -pie
LINK_qsubmit := $(if $(SAN),-pie,-static)

# ---------------------------------------------------------------- from the table

build/layers.mk: layers tests/lint/layers.awk
	@mkdir -p build
	@awk -f tests/lint/layers.awk layers > $@
-include build/layers.mk

PROTO_C := $(B)/protos/lazaret.pb-c.c
PROTO_H := $(B)/protos/lazaret.pb-c.h

sources  = $(sort $(wildcard $(1)/*.c))
objects  = $(patsubst %.c,$(B)/%.o,$(filter-out %/main.c,$(call sources,$(1)))) $(if $(filter protos,$(1)),$(B)/protos/lazaret.pb-c.o)
archive  = $(B)/$(1)/lib.a
archives = $(foreach f,$(1),$(call archive,$(f)))
libs     = $(foreach p,$(sort $(1)),$(libs_$(p)))
cflags   = $(foreach p,$(sort $(1)),$(cflags_$(p)))
unit_of  = $(wildcard tests/unit/$(1)/test_*.c)
fuzz_of  = $(wildcard tests/fuzz/$(1)/fuzz_*.c)
bench_of = $(wildcard tests/bench/$(1)/bench_*.c)
show_of  = $(wildcard tests/agree/$(1)/show_*.c)

# Asked once for each. Quietly: on a bare machine `make deps` comes here, too.
$(foreach p,$(sort cmocka $(foreach f,$(folders),$(packages_$(f)))), \
	$(eval libs_$(p) := $(shell pkg-config --libs $(p) 2>/dev/null)) \
	$(eval cflags_$(p) := $(shell pkg-config --cflags $(p) 2>/dev/null)))

ALL_PROGRAMS := $(foreach f,$(folders),$(if $(program_$(f)),$(if $(wildcard $(f)/main.c),$(B)/bin/$(program_$(f)))))
UNIT_TESTS   := $(foreach f,$(folders),$(patsubst %.c,$(B)/%,$(call unit_of,$(f))))
BENCHES      := $(foreach f,$(folders),$(patsubst %.c,$(B)/%,$(call bench_of,$(f))))
SHOWERS      := $(foreach f,$(folders),$(patsubst %.c,$(B)/%,$(call show_of,$(f))))
FUZZERS      := $(foreach f,$(folders),$(patsubst tests/fuzz/%.c,$(B)/bin/%,$(call fuzz_of,$(f))))

.PHONY: all deps demo test unit system lint format bench fuzz fuzzers fuzz-objects install clean tests benches compiled coverage agree agree-mime agree-dkim ham accuracy
all: $(ALL_PROGRAMS)

# Everything a folder's files need before they compile: the generated protocol, where the folder may see it.
define folder_rules
$(B)/$(1)/lib.a: $(call objects,$(1))
$(call objects,$(1)) $(if $(wildcard $(1)/main.c),$(B)/$(1)/main.o): private PKG_CFLAGS := $(call cflags,$(packages_$(1)))
$(if $(filter protos,$(1) $(closure_$(1))),$(call objects,$(1)) $(if $(wildcard $(1)/main.c),$(B)/$(1)/main.o): | $(PROTO_H))
$(if $(program_$(1)),$(B)/bin/$(program_$(1)): $(B)/$(1)/main.o $(call archive,$(1)) $(call archives,$(closure_$(1)))
$(B)/bin/$(program_$(1)): private LIBS := $(call libs,$(packages_$(1)) $(foreach f,$(closure_$(1)),$(packages_$(f)))))
$(foreach t,$(call unit_of,$(1)) $(call bench_of,$(1)) $(call show_of,$(1)),$(B)/$(basename $(t)): $(B)/$(basename $(t)).o $(call archive,$(1)) $(call archives,$(closure_$(1)))
$(B)/$(basename $(t)).o: | $(if $(filter protos,$(1) $(closure_$(1))),$(PROTO_H))
$(B)/$(basename $(t)): private LIBS := $(call libs,cmocka $(packages_$(1)) $(foreach f,$(closure_$(1)),$(packages_$(f))))
)
$(foreach t,$(call fuzz_of,$(1)),$(patsubst tests/fuzz/%.c,$(B)/bin/%,$(t)): $(B)/$(basename $(t)).o $(call archive,$(1)) $(call archives,$(closure_$(1)))
$(B)/$(basename $(t)).o: | $(if $(filter protos,$(1) $(closure_$(1))),$(PROTO_H))
$(patsubst tests/fuzz/%.c,$(B)/bin/%,$(t)): private LIBS := $(call libs,$(packages_$(1)) $(foreach f,$(closure_$(1)),$(packages_$(f))))
)
endef
$(foreach f,$(folders),$(eval $(call folder_rules,$(f))))

# ---------------------------------------------------------------- how things are made

# What the compiler says of a file is kept beside its object, so that `make lint` need not compile it again to hear it.
keeping_said = 2>$(basename $@).said || code=$$?; cat $(basename $@).said >&2; exit $${code:-0}

$(B)/%.o: %.c
	@mkdir -p $(@D)
	@echo "  cc    $<"
	@$(CC) $(OURS) $(CFLAGS) $(CPPFLAGS) $(PKG_CFLAGS) -MMD -MP -c -o $@ $< $(keeping_said)

# What knows where things are installed, or its version, is made again when that changes.
PLACES  := $(VERSION) $(datadir) $(libexecdir) $(sysconfdir)
$(patsubst %.c,$(B)/%.o,$(shell grep -rlE --include='*.c' 'LAZARET_(VERSION|[A-Z]+DIR)' $(folders) tests/unit)): $(B)/places
ifneq ($(shell cat $(B)/places 2>/dev/null),$(PLACES))
.PHONY: $(B)/places
endif
$(B)/places:
	@mkdir -p $(@D)
	@echo '$(PLACES)' >$@

$(B)/%.a:
	@rm -f $@
	@mkdir -p $(@D)
	@ar rcs $@ $^

$(ALL_PROGRAMS):
	@mkdir -p $(@D)
	@echo "  link  $@"
	@$(CC) $(or $(LINK_$(@F)),$(LINK)) $(LDFLAGS) -o $@ $(filter %.o,$^) -Wl,--start-group $(filter %.a,$^) -Wl,--end-group $(LIBS) -lm

$(UNIT_TESTS) $(BENCHES) $(FUZZERS) $(SHOWERS):
	@mkdir -p $(@D)
	@$(CC) $(LINK) $(LDFLAGS) -o $@ $(filter %.o,$^) -Wl,--start-group $(filter %.a,$^) -Wl,--end-group $(LIBS) -lm

$(PROTO_C) $(PROTO_H) &: protos/lazaret.proto
	@mkdir -p $(B)/protos
	@protoc-c --proto_path=protos --c_out=$(B)/protos $<
$(B)/protos/lazaret.pb-c.o: $(PROTO_C)
	@$(CC) $(OURS) $(CFLAGS) -w -MMD -MP -c -o $@ $<

# What breaks libraries under qscan, what stops the disk under qstore, and what puts a program's clock forward.
FAULTS := $(B)/tests/faults/faults.so $(B)/tests/faults/disk.so $(B)/tests/faults/clock.so
$(FAULTS): $(B)/%.so: %.c tests/faults/disk.h
	@mkdir -p $(@D)
	@$(CC) -std=gnu11 $(WARN) -I. -D_GNU_SOURCE $(CFLAGS) -fPIC -shared -o $@ $< $(keeping_said)

# Tests of the quarantine start themselves again with it.
$(filter $(B)/tests/unit/quarantine/%,$(UNIT_TESTS)): | $(B)/tests/faults/disk.so

DEPFILES := $(shell [ -d $(B) ] && find $(B) -name '*.d')
-include $(DEPFILES)

# ---------------------------------------------------------------- dependencies

deps:
	@tests/tools/install-packages $(PACKAGES)

# ---------------------------------------------------------------- trying and testing

tests: $(UNIT_TESTS) $(FAULTS)
benches: $(BENCHES)
# All that is compiled, and nothing linked.
compiled: $(foreach f,$(folders),$(call objects,$(f)) $(if $(wildcard $(f)/main.c),$(B)/$(f)/main.o)) \
	$(UNIT_TESTS:=.o) $(BENCHES:=.o) $(SHOWERS:=.o) $(FAULTS)

unit: all tests
	@tests/tools/run-unit $(B)

system: all $(FAULTS)
	@B=$(abspath $(B)) $(PYTHON) -m pytest -q -p no:cacheprovider --timeout=400 tests/system $(PYTEST)

test: deps
	@$(MAKE) --no-print-directory -s -j$$(nproc) all tests
	@tests/tools/run-all $(B)

demo: deps
	@$(MAKE) --no-print-directory -s -j$$(nproc) all
	@B=$(abspath $(B)) $(PYTHON) demo/demo.py

lint: deps
	@tests/tools/run-lint

format:
	@git ls-files '*.c' '*.h' | xargs clang-format -i

bench: deps
	@$(MAKE) --no-print-directory -s -j$$(nproc) all benches
	@B=$(abspath $(B)) $(PYTHON) tests/bench/bench.py

# How our reading of SpamAssassin's rules compares with its own, on mails that CORPUS names; what it finds in them is
# kept in the folder REFERENCE. Needs its Debian package.
agree: $(SHOWERS)
	@B=$(abspath $(B)) $(PYTHON) tests/agree/agree_spam.py

# How our reading compares with another parser's, on mails that CORPUS names: tells, and judges nothing.
agree-mime: $(SHOWERS)
	@B=$(abspath $(B)) $(PYTHON) tests/agree/agree_mime.py

# Which honest mails, of those that CORPUS names, would not arrive whole.
ham: $(ALL_PROGRAMS)
	@B=$(abspath $(B)) $(PYTHON) tests/agree/ham.py

# How well the statistical model tells spam from ham, beside others, on mails that CORPUS names; installs those.
accuracy: $(SHOWERS) $(ALL_PROGRAMS)
	@B=$(abspath $(B)) $(PYTHON) tests/agree/accuracy.py

# Whether changes break the signatures that we say they break: signed anew, changed and verified by dkimpy.
agree-dkim: $(SHOWERS)
	@B=$(abspath $(B)) $(PYTHON) tests/agree/agree_dkim.py

# Committed, so that a page is there before anything is built; a unit test compares it with the table.
man/lazaret.yaml.5: lib/config/table.c lib/config/table_keeping.c lib/config/print.c | $(B)/bin/lazaret
	@mkdir -p $(@D)
	@$(B)/bin/lazaret --print-man >$@

# Each target for FUZZ_SECONDS; the corpus it finds is kept under build/fuzz.
FUZZ_SECONDS ?= 30
fuzz: deps
	@$(MAKE) --no-print-directory -s -j$$(nproc) FUZZ=1 fuzzers
	@FUZZ_SECONDS=$(FUZZ_SECONDS) tests/tools/run-fuzz build/fuzz/bin
fuzzers: $(FUZZERS)
# As they are elsewhere, without what fuzzing needs: so that lint sees them.
fuzz-objects: $(foreach f,$(folders),$(patsubst %.c,$(B)/%.o,$(call fuzz_of,$(f))))

coverage:
	@gcov -n -o $(B) $$(find $(B) -name '*.gcda') | grep -A1 "^File '[a-z]" || true

# ---------------------------------------------------------------- installing

install: all
	@tests/tools/install-tree "$(B)" "$(DESTDIR)" "$(sbindir)" "$(libexecdir)" "$(datadir)" "$(mandir)" "$(sysconfdir)"

clean:
	rm -rf build

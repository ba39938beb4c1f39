# situ: `make` builds build/situ without root; `sudo make demo` shows it; `sudo make test` proves it.
# build/ is the only place written to. V=1 shows the commands; `make help` lists the targets.

MAKEFLAGS += -rR

VERSION  := 0.1.0
ARCH     ?= $(shell uname -m | sed 's/x86_64/x86/; s/aarch64/arm64/')
B        := build
PREFIX   ?= /usr/local

# A make below another one has no built-in CC left: -R.
ifneq ($(filter default undefined,$(origin CC)),)
CC       := gcc
endif
CLANG    ?= clang
BPFTOOL  ?= $(firstword $(wildcard /usr/sbin/bpftool) bpftool)
PKGS     := libbpf libelf zlib libcurl sqlite3 libcyaml yaml-0.1 jansson libpcre2-8 ncursesw \
	    libxml-2.0 gnutls libmicrohttpd
SHOP_PKGS := libmicrohttpd libcurl hiredis libpq jansson

WARN     := -Wall -Wextra -Werror -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla

# SANITIZE=1 builds everything with ASan and UBSan into its own tree, FUZZ=1 what the fuzzers
# need, with clang, into another.
ifeq ($(SANITIZE),1)
B        := build/sanitize
SAN      := -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer
endif
ifeq ($(FUZZ),1)
B        := build/fuzz
CC       := $(CLANG)
SAN      := -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=undefined
WARN     :=
endif

CPPFLAGS += -I. -I$(B) -D_GNU_SOURCE -DSITU_VERSION='"$(VERSION)"'
# Debian keeps libxml2's headers in a folder of their own.
CPPFLAGS += $(patsubst -I%,-isystem%,$(shell pkg-config --silence-errors --cflags libxml-2.0))
CFLAGS   ?= -O2 -g
ALLCFLAGS = -std=gnu11 $(WARN) $(CPPFLAGS) $(CFLAGS) $(SAN) -MMD -MP
BPFFLAGS_ANY := -std=gnu11 -g -O2 -Wall -Wextra -Wno-unused-parameter -Werror -target bpf -mcpu=v3 \
	    -I. -MMD -MP
BPFFLAGS := $(BPFFLAGS_ANY) -D__TARGET_ARCH_$(ARCH) -Ivmlinux/$(ARCH)
LDLIBS    = $(shell pkg-config --libs $(PKGS)) -lm -lpthread
# libcurl allocates some forty times a request, and with mimalloc makes more of them (README, Speed).
# Where it is not installed, and under the sanitizers, which bring their own, libc's serves as well.
MALLOC   := $(if $(SAN),,$(filter /%,$(shell $(CC) -print-file-name=libmimalloc.so)))

ifeq ($(V),1)
Q        :=
msg       = @:
else
Q        := @
msg       = @printf '  %-8s %s\n' $(1) $(2)
MAKEFLAGS += --no-print-directory
endif
# For a target that builds others: one job per CPU unless the caller chose.
JOBS      = $(if $(findstring -j,$(MAKEFLAGS)),,-j$(shell nproc))

BPF_SRC  := $(wildcard bpf/*.bpf.c)
# The objects for the architectures of vmlinux/ that this machine is not, to see that they compile.
FOREIGN  := $(foreach a,$(filter-out $(ARCH),$(patsubst vmlinux/%/vmlinux.h,%,$(wildcard \
	    vmlinux/*/vmlinux.h))),$(BPF_SRC:bpf/%.bpf.c=$(B)/foreign/$(a)/%.bpf.o))
SKELS    := $(BPF_SRC:%.bpf.c=$(B)/%.skel.h)
SQL      := $(patsubst %.sql,$(B)/%.sql.h,$(wildcard user/store/*.sql))
SCHEMAS  := $(patsubst %.json,$(B)/%.json.h,$(wildcard user/*/*.json))
LIB_SRC  := $(filter-out user/main.c,$(wildcard user/*.c user/*/*.c loadgen/*.c loadgen/*/*.c))
LIB_OBJ  := $(LIB_SRC:%.c=$(B)/%.o)
UNIT_SRC := $(wildcard tests/unit/test_*.c)
UNIT     := $(UNIT_SRC:%.c=$(B)/%)
BENCH_SRC := $(filter-out %.bpf.c,$(wildcard tools/bench/*.c))
BENCH    := $(BENCH_SRC:%.c=$(B)/%)
STIM_SRC := $(wildcard tests/stim/*.c)
STIM     := $(STIM_SRC:%.c=$(B)/%)
VM_SRC   := $(wildcard tests/vm/*.c)
VM       := $(VM_SRC:%.c=$(B)/%)
SPANS_SRC := $(wildcard tests/spans/*.c)
SPANS    := $(SPANS_SRC:%.c=$(B)/%)
FUZZ_SRC := $(wildcard tests/fuzz/fuzz_*.c)
FUZZERS  := $(FUZZ_SRC:%.c=$(B)/%)
SHOP_SRC := $(wildcard tests/shop/*.c)
SHOP     := $(patsubst tests/shop/svc_%.c,$(B)/tests/shop/%,$(wildcard tests/shop/svc_*.c))
SHOP_LIB := $(patsubst %.c,$(B)/%.o,$(filter-out tests/shop/svc_%.c,$(SHOP_SRC)))
LAB_SRC  := $(wildcard tests/lab/*.c)
LAB      := $(patsubst tests/lab/main_%.c,$(B)/tests/lab/%,$(wildcard tests/lab/main_*.c))
LAB_LIB  := $(patsubst %.c,$(B)/%.o,$(filter-out tests/lab/main_%.c,$(LAB_SRC)))

SRC      := user/main.c $(LIB_SRC) $(UNIT_SRC) $(STIM_SRC) $(VM_SRC) $(SPANS_SRC) $(SHOP_SRC) $(LAB_SRC) \
	    $(FUZZ_SRC) $(BENCH_SRC)
HEADERS  := $(wildcard bpf/*.h user/*.h user/*/*.h loadgen/*.h loadgen/*/*.h tests/*/*.h)
SCRIPTS  := $(wildcard tools/*.sh tests/*.sh tests/*/*.sh tests/*/*.t .ci/run)

.DELETE_ON_ERROR:
.SECONDARY:
.SUFFIXES:
.PHONY: all tests shop demo test test-lab bench bench-load check check-format check-tidy check-cppcheck check-style \
	check-shell check-bpf fuzz fuzzers man install uninstall clean help

all: $(B)/situ $(SKELS) ## build/situ (the default)
tests: all $(UNIT) $(STIM) $(SPANS) $(LAB) shop ## what the tests run, built
shop: $(SHOP) ## the services of the demo's shop

# What a tree was built with: when that changes, everything is built anew.
BUILT_WITH := $(CC) $(ALLCFLAGS) : $(CLANG) $(BPFFLAGS) : $(LDFLAGS) $(MALLOC) $(SHOP_PKGS)
NEEDS_BUILD := $(filter-out clean help demo test test-lab test-vm uninstall check-style, \
	       $(or $(MAKECMDGOALS),all))
ifneq ($(NEEDS_BUILD),)
ifeq ($(findstring n,$(firstword -$(MAKEFLAGS))),) # -n shows, and writes nothing
ifeq ($(shell mkdir -p $(B) && test -w $(B) && echo yes),)
$(error $(B)/ cannot be written, perhaps because root built it: run sudo make clean)
endif
ifneq ($(BUILT_WITH),$(file < $(B)/built-with))
$(file > $(B)/built-with,$(BUILT_WITH))
endif
endif
endif
$(B)/built-with: ;

# What is missing is said in one line, before anything is compiled. $(1): commands, $(2): packages.
define need
@mkdir -p $(@D)
@for c in $(1); do \
	command -v $$c > /dev/null || { echo "$$c not found: run sudo tools/setup.sh" >&2; exit 1; }; \
done
@for p in $(2); do \
	pkg-config --exists $$p || { echo "$$p not found: run sudo tools/setup.sh" >&2; exit 1; }; \
done
@touch $@
endef

$(B)/have-build:
	$(call need,$(firstword $(CC)) $(CLANG) llvm-strip $(BPFTOOL) pkg-config,$(PKGS))
$(B)/have-shop: | $(B)/have-build
	$(call need,,$(SHOP_PKGS))
$(B)/have-unit: | $(B)/have-build
	$(call need,,cmocka)
$(B)/have-check:
	$(call need,clang-format clang-tidy cppcheck shellcheck)

$(B)/situ: $(B)/user/main.o $(B)/libsitu.a
	$(call msg,LINK,$@)
	$(Q)$(CC) $(CFLAGS) $(SAN) $(LDFLAGS) -o $@ $^ $(LDLIBS) -Wl,--no-as-needed $(MALLOC)

# Written anew each time: an archive keeps the objects of sources that are gone.
$(B)/libsitu.a: $(LIB_OBJ)
	$(call msg,AR,$@)
	$(Q)rm -f $@ && ar rcs $@ $^

$(B)/%.o: %.c $(B)/built-with | $(B)/have-build
	@mkdir -p $(@D)
	$(call msg,CC,$<)
	$(Q)$(CC) $(ALLCFLAGS) -c -o $@ $<

# Only collect/ sees skeletons and only store/ its schema; the order-only rules make them before
# the first compilation, the dependency files keep it true afterwards.
$(filter $(B)/user/collect/%,$(LIB_OBJ)): | $(SKELS)
$(filter $(B)/user/store/%,$(LIB_OBJ)): | $(SQL)
$(filter $(B)/user/export/% $(B)/user/experiment/%,$(LIB_OBJ)): | $(SCHEMAS)

$(B)/bpf/%.bpf.o: bpf/%.bpf.c $(B)/built-with | $(B)/have-build
	@mkdir -p $(@D)
	$(call msg,BPF,$<)
	$(Q)$(CLANG) $(BPFFLAGS) -c -o $@ $<
	$(Q)llvm-strip -g $@

$(B)/foreign/%.bpf.o: $(B)/built-with | $(B)/have-build
	@mkdir -p $(@D)
	$(call msg,BPF,$*)
	$(Q)$(CLANG) $(BPFFLAGS_ANY) -D__TARGET_ARCH_$(*D) -Ivmlinux/$(*D) -c -o $@ bpf/$(*F).bpf.c

$(B)/bpf/%.skel.h: $(B)/bpf/%.bpf.o
	$(call msg,SKEL,$@)
	$(Q)$(BPFTOOL) gen skeleton $< name $* > $@

# Text as a C string, so that a schema stays a file of its own.
$(B)/%.sql.h: %.sql
	@mkdir -p $(@D)
	$(call msg,SQL,$<)
	$(Q)$(TEXT_TO_C) $< > $@
$(B)/%.json.h: %.json
	@mkdir -p $(@D)
	$(call msg,JSON,$<)
	$(Q)$(TEXT_TO_C) $< > $@
TEXT_TO_C := sed 's/\\/\\\\/g; s/"/\\"/g; s/.*/"&\\n"/'

$(B)/tests/unit/%: $(B)/tests/unit/%.o $(B)/libsitu.a | $(B)/have-unit
	$(call msg,LINK,$@)
	$(Q)$(CC) $(CFLAGS) $(SAN) $(LDFLAGS) -o $@ $^ $(LDLIBS) -lcmocka
$(UNIT:%=%.o): | $(B)/have-unit

$(B)/tests/stim/%: $(B)/tests/stim/%.o
	$(call msg,LINK,$@)
	$(Q)$(CC) $(CFLAGS) $(SAN) $(LDFLAGS) -o $@ $^ -lpthread

# Static: they run in containers and virtual machines that have no libraries.
$(B)/tests/lab/%: $(B)/tests/lab/main_%.o $(LAB_LIB)
	$(call msg,LINK,$@)
	$(Q)$(CC) $(CFLAGS) $(or $(SAN),-static) $(LDFLAGS) -o $@ $^ -lpthread

$(B)/tests/vm/%: $(B)/tests/vm/%.o
	$(call msg,LINK,$@)
	$(Q)$(CC) $(CFLAGS) $(SAN) $(LDFLAGS) -o $@ $^ $(shell pkg-config --libs libbpf)

$(B)/tests/spans/%: $(B)/tests/spans/%.o $(B)/libsitu.a
	$(call msg,LINK,$@)
	$(Q)$(CC) $(CFLAGS) $(SAN) $(LDFLAGS) -o $@ $^ $(LDLIBS)

$(B)/tests/shop/%: $(B)/tests/shop/svc_%.o $(SHOP_LIB)
	$(call msg,LINK,$@)
	$(Q)$(CC) $(CFLAGS) $(SAN) $(LDFLAGS) -o $@ $^ $(shell pkg-config --libs $(SHOP_PKGS)) -lm -lpthread
$(SHOP_SRC:%.c=$(B)/%.o) $(SHOP_SRC:%.c=$(B)/tidy/%): \
	CPPFLAGS += $(shell pkg-config --cflags $(SHOP_PKGS))
$(SHOP_SRC:%.c=$(B)/%.o): | $(B)/have-shop

$(B)/tests/fuzz/%: $(B)/tests/fuzz/%.o $(B)/libsitu.a
	$(call msg,LINK,$@)
	$(Q)$(CC) $(CFLAGS) $(SAN) -fsanitize=fuzzer $(LDFLAGS) -o $@ $^ $(LDLIBS)

# What the overhead benchmark compares: an empty program on each hook, and what attaches them.
$(B)/tools/bench/%.bpf.o: tools/bench/%.bpf.c $(B)/built-with | $(B)/have-build
	@mkdir -p $(@D)
	$(call msg,BPF,$<)
	$(Q)$(CLANG) $(BPFFLAGS) -c -o $@ $<
	$(Q)llvm-strip -g $@
$(B)/tools/bench/%.skel.h: $(B)/tools/bench/%.bpf.o
	$(call msg,SKEL,$@)
	$(Q)$(BPFTOOL) gen skeleton $< name $* > $@
$(B)/tools/bench/attach.o $(B)/tidy/tools/bench/attach: | $(B)/tools/bench/empty.skel.h
$(B)/tools/bench/%: $(B)/tools/bench/%.o $(B)/libsitu.a
	$(call msg,LINK,$@)
	$(Q)$(CC) $(CFLAGS) $(SAN) $(LDFLAGS) -o $@ $^ $(LDLIBS)

bench: $(BENCH) ## (root) what the probes cost, against empty programs on the same hooks
	$(Q)tools/bench-overhead.sh

bench-load: $(addprefix $(B)/,situ tools/bench/curl_loop tools/bench/spin_lag) ## the load generator beside wrk, ab, hey and bare libcurl
	$(Q)tools/bench-load.sh

fuzzers: ## the fuzz targets tests/fuzz/fuzz_*.c, built
ifeq ($(FUZZ),1)
fuzzers: $(FUZZERS)
else
	$(Q)+$(MAKE) FUZZ=1 fuzzers
endif

# An input that breaks a target stays in build/fuzz/; its corpus grows in build/fuzz/corpus.
FUZZ_SECONDS ?= 20
fuzz: fuzzers ## run each fuzz target for FUZZ_SECONDS (20)
	$(Q)for f in $(notdir $(FUZZ_SRC:.c=)); do \
		echo "  FUZZ     $$f" && mkdir -p build/fuzz/corpus/$$f && \
		build/fuzz/tests/fuzz/$$f -max_total_time=$(FUZZ_SECONDS) -timeout=5 -verbosity=0 -max_len=1024 \
			-print_final_stats=1 -artifact_prefix=build/fuzz/$$f- \
			build/fuzz/corpus/$$f || exit 1; \
	done

# The truth behind it is said by the file; not decided (4) is an answer, too, on a busy machine.
demo: ## (root) install, build, measure a shop in two placements, then find a known truth
	@[ "$$(id -u)" = 0 ] || { echo "the demo loads BPF programs: run sudo make demo" >&2; exit 3; }
	$(Q)tools/setup.sh build demo
	$(Q)+$(MAKE) $(JOBS) all shop $(B)/tests/stim/chain
	$(Q)build/situ run tests/shop/experiment.yaml -o build/demo.db
	@printf '\n%s\n%s\n' "A known truth: of web > cart > stock, cart burns 5 % (20us) more CPU a request in" \
		"placement 'slowed' than in 'usual'. What situ says of it:"
	$(Q)build/situ run tests/shop/truth.yaml -o build/demo.db --metric 'cpu(cart)' \
		--until-decided --max-blocks 12 --budget 60s > build/truth.txt || [ $$? = 4 ]
	$(Q)build/situ compare --metric 'cpu(cart)' --most 3 build/demo.db usual slowed

test: ## install, build and run every test; those that need root are skipped without it
	$(Q)tools/setup.sh
	$(Q)+$(MAKE) $(JOBS) tests
	$(Q)+$(MAKE) $(JOBS) SANITIZE=1 sanitized
	$(Q)+$(MAKE) $(JOBS) FUZZ=1 fuzzers
	$(Q)tests/run.sh

# A kernel that cannot be fetched is skipped by name, by its own test.
test-lab: ## (root) where requests' time goes, against what services say; on a quiet machine
	$(Q)tools/setup.sh
	$(Q)+$(MAKE) $(JOBS) all $(LAB) $(STIM)
	$(Q)tests/run.sh tests/lab/*.t

test-vm: ## boot Debian's kernels in QEMU and run the exactness tests on each
	$(Q)tools/setup.sh build vm
	$(Q)+$(MAKE) $(JOBS) all $(STIM) $(LAB) $(VM)
	$(Q)tools/vm-fetch.sh || echo "test-vm: goes on without"
	$(Q)HARNESS_OPTIONS=j$(shell nproc) TEST_SECONDS=1200 tests/run.sh tests/vm/*.t

.PHONY: sanitized
sanitized: $(B)/situ $(UNIT)

check: check-format check-style check-shell check-bpf check-cppcheck check-tidy ## format and lint the sources

check-format: | $(B)/have-check
	$(call msg,FORMAT,sources)
	$(Q)clang-format --dry-run -Werror $(SRC) $(HEADERS) $(BPF_SRC)

check-style:
	$(call msg,STYLE,sources)
	$(Q)tools/check-style.sh

check-shell: | $(B)/have-check
	$(call msg,SHELL,scripts)
	$(Q)shellcheck --severity=warning --exclude=SC2154 $(SCRIPTS)

check-bpf: $(FOREIGN) ## compile the BPF programs for the other architectures

check-cppcheck: | $(B)/have-check $(SKELS) $(SQL) $(SCHEMAS)
	$(call msg,CPPCHECK,sources)
	@mkdir -p $(B)/cppcheck
	$(Q)cppcheck --quiet --error-exitcode=1 --cppcheck-build-dir=$(B)/cppcheck --std=c11 \
		--enable=warning,performance,portability --inline-suppr --suppress=missingInclude \
		$(CPPFLAGS) $(SRC)

# One stamp per source, so that a second run looks only at what changed. What is generated into
# $(B) counts as a system's header: it is not ours to lint, and the analyzer takes the objects
# that a skeleton hands to libbpf for leaks.
TIDY_OFF  = $(if $(findstring .skel.h,$(file < $<)),--checks=-clang-analyzer-unix.Malloc)
check-tidy: $(SRC:%.c=$(B)/tidy/%)
$(B)/tidy/%: %.c $(B)/%.o .clang-tidy tests/.clang-tidy | $(B)/have-check
	@mkdir -p $(@D)
	$(call msg,TIDY,$<)
	$(Q)clang-tidy --quiet --warnings-as-errors='*' $(TIDY_OFF) $< -- -std=gnu11 \
		$(CPPFLAGS:-I$(B)=-isystem$(B)) 2> $@.log || \
		{ grep -v 'warnings generated' $@.log; exit 1; }
	@touch $@

man: $(B)/man/situ.1 $(B)/completion/situ ## manual pages (build/man) and bash completion
$(B)/man/situ.1: $(B)/situ tools/gen-man.sh
	$(call msg,MAN,$(@D))
	$(Q)tools/gen-man.sh $(B)/situ $(@D)
$(B)/completion/situ: $(B)/situ
	@mkdir -p $(@D)
	$(call msg,GEN,$@)
	$(Q)$(B)/situ completion bash > $@

install: all man ## into DESTDIR and PREFIX (/usr/local)
	install -D -m 755 $(B)/situ $(DESTDIR)$(PREFIX)/bin/situ
	install -d $(DESTDIR)$(PREFIX)/share/man/man1
	install -m 644 $(B)/man/*.1 $(DESTDIR)$(PREFIX)/share/man/man1
	install -D -m 644 $(B)/completion/situ \
		$(DESTDIR)$(PREFIX)/share/bash-completion/completions/situ

uninstall: ## what install put there
	rm -f $(DESTDIR)$(PREFIX)/bin/situ $(DESTDIR)$(PREFIX)/share/man/man1/situ.1 \
		$(DESTDIR)$(PREFIX)/share/man/man1/situ-*.1 \
		$(DESTDIR)$(PREFIX)/share/bash-completion/completions/situ

clean: ## remove build/
	$(Q)rm -rf build

help: ## this list
	@sed -n 's/^\([a-z-]*\):[^#]*## \(.*\)/  \1\t\2/p' Makefile | expand -t 14
	@echo "V=1 shows commands, SANITIZE=1 builds with ASan and UBSan into build/sanitize"

-include $(wildcard $(SRC:%.c=$(B)/%.d) $(BPF_SRC:%.c=$(B)/%.d) $(FOREIGN:.o=.d))

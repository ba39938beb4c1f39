# situ: `make` builds build/situ without root; `sudo make demo` shows it; `sudo make test` proves it.
# build/ is the only place written to. V=1 shows the commands.

VERSION  := 0.1.0
ARCH     ?= $(shell uname -m | sed 's/x86_64/x86/; s/aarch64/arm64/')
B        := build

CC       ?= gcc
CLANG    ?= clang
BPFTOOL  ?= $(firstword $(wildcard /usr/sbin/bpftool) bpftool)
PKGS     := libbpf libelf zlib libcurl libmicrohttpd sqlite3 libcyaml jansson ncursesw libcap-ng
SHOP_PKGS := libmicrohttpd libcurl hiredis libpq jansson

# SANITIZE=1 builds everything with ASan and UBSan into its own tree.
ifeq ($(SANITIZE),1)
B        := build/sanitize
SAN      := -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer
endif

WARN     := -Wall -Wextra -Werror -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla
CPPFLAGS += -I. -I$(B) -D_GNU_SOURCE -DSITU_VERSION='"$(VERSION)"'
CFLAGS   ?= -O2 -g
ALLCFLAGS = -std=gnu11 $(WARN) $(CPPFLAGS) $(CFLAGS) $(SAN) -MMD -MP
BPFFLAGS := -std=gnu11 -g -O2 -Wall -Wextra -Wno-unused-parameter -Werror -target bpf -mcpu=v3 \
	    -D__TARGET_ARCH_$(ARCH) -I. -Ivmlinux/$(ARCH) -MMD -MP
LDLIBS    = $(shell pkg-config --libs $(PKGS)) -lm -lpthread

ifeq ($(V),1)
Q        :=
msg       = @:
else
Q        := @
msg       = @printf '  %-8s %s\n' $(1) $(2)
MAKEFLAGS += --no-print-directory
endif

BPF_SRC  := $(wildcard bpf/*.bpf.c)
SKELS    := $(BPF_SRC:%.bpf.c=$(B)/%.skel.h)
LIB_SRC  := $(filter-out user/main.c,$(wildcard user/*.c user/*/*.c loadgen/*.c))
LIB_OBJ  := $(LIB_SRC:%.c=$(B)/%.o)
UNIT     := $(patsubst tests/unit/%.c,$(B)/tests/unit/%,$(wildcard tests/unit/test_*.c))
STIM     := $(patsubst tests/stim/%.c,$(B)/tests/stim/%,$(wildcard tests/stim/*.c))
SHOP     := $(patsubst tests/shop/svc_%.c,$(B)/tests/shop/%,$(wildcard tests/shop/svc_*.c))
SHOP_LIB := $(patsubst %.c,$(B)/%.o,$(filter-out $(wildcard tests/shop/svc_*.c),$(wildcard tests/shop/*.c)))

.DELETE_ON_ERROR:
.SECONDARY:
.PHONY: all tests shop clean

all: $(B)/situ
tests: all $(UNIT) $(STIM) shop
shop: $(SHOP)

$(B)/situ: $(B)/user/main.o $(B)/libsitu.a
	$(call msg,LINK,$@)
	$(Q)$(CC) $(CFLAGS) $(SAN) $(LDFLAGS) -o $@ $^ $(LDLIBS)

# Written anew each time: an archive keeps the objects of sources that are gone.
$(B)/libsitu.a: $(LIB_OBJ)
	$(call msg,AR,$@)
	$(Q)rm -f $@ && ar rcs $@ $^

$(B)/%.o: %.c
	@mkdir -p $(@D)
	$(call msg,CC,$<)
	$(Q)$(CC) $(ALLCFLAGS) -c -o $@ $<

# Only collect/ sees skeletons; the order-only rule makes them before its first compilation, the
# dependency files keep it true afterwards.
$(filter $(B)/user/collect/%,$(LIB_OBJ)): | $(SKELS)

$(B)/bpf/%.bpf.o: bpf/%.bpf.c
	@mkdir -p $(@D)
	$(call msg,BPF,$<)
	$(Q)$(CLANG) $(BPFFLAGS) -c -o $@ $<
	$(Q)llvm-strip -g $@

$(B)/bpf/%.skel.h: $(B)/bpf/%.bpf.o
	$(call msg,SKEL,$@)
	$(Q)$(BPFTOOL) gen skeleton $< name $* > $@

# SQL text as a C string, so that the schema stays a file of its own.
$(B)/%.sql.h: %.sql
	@mkdir -p $(@D)
	$(call msg,SQL,$<)
	$(Q)sed 's/\\/\\\\/g; s/"/\\"/g; s/.*/"&\\n"/' $< > $@
$(filter $(B)/user/store/%,$(LIB_OBJ)): | $(patsubst %.sql,$(B)/%.sql.h,$(wildcard user/store/*.sql))

$(B)/tests/unit/%: $(B)/tests/unit/%.o $(B)/libsitu.a
	$(call msg,LINK,$@)
	$(Q)$(CC) $(CFLAGS) $(SAN) $(LDFLAGS) -o $@ $^ $(LDLIBS) -lcmocka

$(B)/tests/stim/%: $(B)/tests/stim/%.o
	$(call msg,LINK,$@)
	$(Q)$(CC) $(CFLAGS) $(SAN) $(LDFLAGS) -o $@ $^ -lpthread

$(B)/tests/shop/%: $(B)/tests/shop/svc_%.o $(SHOP_LIB)
	$(call msg,LINK,$@)
	$(Q)$(CC) $(CFLAGS) $(SAN) $(LDFLAGS) -o $@ $^ $(shell pkg-config --libs $(SHOP_PKGS)) -lpthread
$(B)/tests/shop/%.o: CPPFLAGS += $(shell pkg-config --cflags $(SHOP_PKGS))

clean:
	$(Q)rm -rf build

-include $(shell find $(B) -name '*.d' 2>/dev/null)

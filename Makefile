# nvr: small programs that record, watch and account for IP cameras.
#
#   make            build everything into build/
#   make check      every test and lint          make install PREFIX= DESTDIR=
#   make bench      measurements, as ratios      make uninstall
#   make fuzz       FUZZ_SECONDS=60 a target     make sanitize
#   make demo       the main job, on a camera that it starts
#   make completions, make clean
#
# Each tool names the layers and the libraries it links, and links no more:
# start-up is where short-lived programs spend their time.

VERSION	  = 0.1
PREFIX	 ?= /usr/local
SYSCONFDIR ?= /etc
DESTDIR	 ?=
UNITS	  = $(PREFIX)/lib/systemd/system
UNIT_FILES = $(wildcard systemd/*.service systemd/*.socket systemd/*.timer)
B	 ?= build
CC	 ?= cc
PKG_CONFIG ?= pkg-config

TOOLS	= nvr nvr-store nvr-camera nvr-record nvr-snap nvr-clip nvr-mask \
	  nvr-audit nvr-retain nvr-account nvr-export nvr-heartbeat nvr-alert \
	  nvr-notify
# What a web server runs: in no PATH.
CGIS	= nvr.cgi

# What a tool links besides libc and jansson; tests/lint/links holds it to
# this list.
nvr_PKGS	= 
nvr-store_PKGS	= sqlite3 libcrypto libidn2 libunistring
nvr-camera_PKGS	= sqlite3 libcrypto libidn2 libunistring
nvr-record_PKGS	= sqlite3 libcrypto libcurl libavformat libavcodec libavutil
nvr-snap_PKGS	= sqlite3 libcrypto libturbojpeg libexif libcurl \
		  libavformat libavcodec libavutil libswscale
nvr-clip_PKGS	= sqlite3 libcrypto
nvr-mask_PKGS	= libavformat libavcodec libavutil libswscale
nvr-audit_PKGS	= sqlite3 libcrypto libturbojpeg libexif libcurl
nvr-retain_PKGS	= sqlite3 libcrypto libidn2 libunistring
nvr-account_PKGS = sqlite3 libcrypto libcrypt libidn2 libunistring \
		  libqrencode
nvr-export_PKGS	= sqlite3 libcrypto libcrypt libarchive libidn2 libunistring \
		  libturbojpeg
nvr-heartbeat_PKGS = sqlite3 libcrypto libcurl libidn2 libunistring
nvr-alert_PKGS	= sqlite3 libcrypto libidn2 libunistring
nvr-notify_PKGS	= sqlite3 libcrypto libcurl
nvr.cgi_PKGS	= sqlite3 libcrypto libcrypt fcgi libidn2 libunistring

# The rest of a tool that is more than one file.
nvr-store_OBJS	= $(patsubst %.c,$(B)/%.o,$(wildcard cmd/nvr-store-*.c))
nvr-camera_OBJS	= $(B)/cmd/nvr-camera-show.o
nvr-snap_OBJS	= $(B)/cmd/nvr-snap-take.o
nvr-record_OBJS	= $(B)/cmd/nvr-record-show.o $(B)/cmd/nvr-record-hold.o
nvr-audit_OBJS	= $(patsubst %.c,$(B)/%.o,$(wildcard cmd/nvr-audit-*.c))
nvr-retain_OBJS	= $(patsubst %.c,$(B)/%.o,$(wildcard cmd/nvr-retain-*.c))
nvr-export_OBJS	= $(patsubst %.c,$(B)/%.o,$(wildcard cmd/nvr-export-*.c))
nvr-heartbeat_OBJS = $(patsubst %.c,$(B)/%.o,$(wildcard cmd/nvr-heartbeat-*.c))
nvr-alert_OBJS	= $(patsubst %.c,$(B)/%.o,$(wildcard cmd/nvr-alert-*.c))
nvr-notify_OBJS	= $(patsubst %.c,$(B)/%.o,$(wildcard cmd/nvr-notify-*.c))
nvr.cgi_OBJS	= $(patsubst %.c,$(B)/%.o,$(wildcard cmd/nvr.cgi-*.c))
nvr-account_OBJS = $(patsubst %.c,$(B)/%.o,$(wildcard cmd/nvr-account-*.c))

LAYERS	= base cli seal store still media net pack web core
PKGS	= sqlite3 libcrypto libturbojpeg libexif libcurl libavformat \
	  libavcodec libavutil libswscale libavdevice jansson \
	  libbsd-overlay libcrypt libidn2 libqrencode libarchive fcgi

# It has no pkg-config file.
libunistring_LIBS = -lunistring

# Asked for once, and kept: pkg-config is slower than the compiler.
-include $(B)/pkg.mk

# The sanitizers have a crypt_r that only passes on to the real one, for which
# --as-needed would drop the library.
libcrypt_LIBS = -Wl,--push-state,--no-as-needed -lcrypt -Wl,--pop-state

WARN	= -Wall -Wextra -Werror -Wshadow -Wstrict-prototypes \
	  -Wmissing-prototypes -Wpointer-arith -Wwrite-strings -Wvla \
	  -Wno-unknown-warning-option -Wno-format-truncation \
	  -Wno-missing-field-initializers
OPT	?= -O2 -g
HARDEN	= -D_FORTIFY_SOURCE=2 -fstack-protector-strong -fPIE
DEFS	= -D_GNU_SOURCE -DNVR_VERSION='"$(VERSION)"' \
	  -DNVR_SYSCONFDIR='"$(SYSCONFDIR)"'
ALL_CFLAGS = -std=gnu17 $(WARN) $(OPT) $(HARDEN) $(DEFS) -Ilib -I$(B)/gen \
	  -include lib/base/banned.h $(PKG_CFLAGS) $(CFLAGS)
ALL_LDFLAGS = -pie -Wl,-z,relro,-z,now -Wl,--as-needed $(LDFLAGS)

SRC	= $(foreach l,$(LAYERS),$(wildcard lib/$l/*.c))
OBJ	= $(SRC:%.c=$(B)/%.o) $(B)/gen/migrations.o \
	  $(B)/gen/key_migrations.o $(B)/gen/prompts.o \
	  $(B)/gen/letters.o $(B)/gen/alerts.o $(B)/gen/web.o \
	  $(B)/gen/passwords.o
LIB	= $(B)/libnvr.a
BIN	= $(TOOLS:%=$(B)/%) $(CGIS:%=$(B)/%)
CAMERA	= $(B)/tests/camera

.PHONY: all check bench fuzz sanitize demo install uninstall clean completions
.DELETE_ON_ERROR:
all: $(BIN)

$(B)/pkg.mk: Makefile
	@mkdir -p $(@D)
	@$(PKG_CONFIG) --exists --print-errors $(PKGS) || { echo \
	    'make: libraries are missing; ./bootstrap installs them' >&2; \
	    exit 1; }
	@{ echo "PKG_CFLAGS = $$($(PKG_CONFIG) --cflags $(PKGS))"; \
	for p in $(PKGS); do \
	    echo "$${p}_LIBS = $$($(PKG_CONFIG) --libs $$p)"; done; } > $@

$(B)/%.o: %.c $(B)/pkg.mk
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

$(B)/gen/%.o: $(B)/gen/%.c $(B)/pkg.mk
	$(CC) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

# The analyzer's loops over pixels are what -O3 is for.
$(B)/lib/core/health%.o $(B)/lib/still/luma.o: OPT = -O3 -g

$(B)/gen/migrations.c: share/sql/embed $(wildcard share/sql/*.sql)
	@mkdir -p $(@D)
	share/sql/embed migrations share/sql/*.sql > $@

$(B)/gen/key_migrations.c: share/sql/embed $(wildcard share/sql/keys/*.sql)
	@mkdir -p $(@D)
	share/sql/embed key_migrations share/sql/keys/*.sql > $@

$(B)/gen/passwords.c: share/passwords/embed share/passwords/common.txt
	@mkdir -p $(@D)
	share/passwords/embed share/passwords/common.txt > $@

PROMPTS	= share/prompts/audit.txt share/prompts/agent.txt
$(B)/gen/prompts.c: share/embed $(PROMPTS)
	@mkdir -p $(@D)
	share/embed core/verdict.h grow nvr_prompt $(PROMPTS) > $@

LETTERS	= $(wildcard share/letters/*.txt)
$(B)/gen/letters.c: share/embed $(LETTERS)
	@mkdir -p $(@D)
	share/embed core/letter.h table "struct nvr_letter_text nvr_letters" \
	    $(LETTERS) > $@

ALERTS	= $(wildcard share/alerts/*.txt)
$(B)/gen/alerts.c: share/embed $(ALERTS)
	@mkdir -p $(@D)
	share/embed core/contact_int.h table \
	    "struct nvr_alert_text nvr_alert_texts" $(ALERTS) > $@

PAGES	= $(wildcard share/web/*.html) share/web/style.css
$(B)/gen/web.c: share/embed $(PAGES)
	@mkdir -p $(@D)
	share/embed web/template.h table "struct nvr_web_text nvr_web_texts" \
	    $(PAGES) > $@

$(LIB): $(OBJ)
	rm -f $@
	$(AR) rcs $@ $^

libs = $(foreach p,$($(1)_PKGS),$($p_LIBS)) $(jansson_LIBS) \
       $(libbsd-overlay_LIBS) -lm

.SECONDEXPANSION:
$(BIN): $(B)/%: $(B)/cmd/%.o $$($$*_OBJS) $(LIB)
	$(CC) $(ALL_LDFLAGS) -o $@ $(filter %.o,$^) $(LIB) $(call libs,$*)

include tests/tests.mk

install: all
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/share/nvr/schema
	install -d $(DESTDIR)$(PREFIX)/share/man/man1 \
	    $(DESTDIR)$(PREFIX)/share/man/man5 \
	    $(DESTDIR)$(PREFIX)/share/man/man7 $(DESTDIR)$(PREFIX)/share/man/man8
	install -m 755 $(TOOLS:%=$(B)/%) $(DESTDIR)$(PREFIX)/bin
	install -d $(DESTDIR)$(PREFIX)/lib/cgi-bin
	install -m 755 $(CGIS:%=$(B)/%) $(DESTDIR)$(PREFIX)/lib/cgi-bin
	for p in man/*.[1578]; do install -m 644 $$p \
	    $(DESTDIR)$(PREFIX)/share/man/man$${p##*.} || exit; done
	install -m 644 share/nvr.conf.example share/lighttpd.conf \
	    $(DESTDIR)$(PREFIX)/share/nvr
	install -m 644 share/schema/*.json $(DESTDIR)$(PREFIX)/share/nvr/schema
	install -d $(DESTDIR)$(PREFIX)/share/nvr/prompts
	install -m 644 $(PROMPTS) $(DESTDIR)$(PREFIX)/share/nvr/prompts
	install -d $(DESTDIR)$(UNITS) $(DESTDIR)$(PREFIX)/lib/sysusers.d \
	    $(DESTDIR)$(PREFIX)/lib/tmpfiles.d
	for u in $(UNIT_FILES); do \
	    sed 's|/usr/local/|$(PREFIX)/|' $$u \
	    > $(DESTDIR)$(UNITS)/$${u#*/} && \
	    chmod 644 $(DESTDIR)$(UNITS)/$${u#*/} || exit; done
	for d in sysusers tmpfiles; do install -m 644 systemd/$$d.conf \
	    $(DESTDIR)$(PREFIX)/lib/$$d.d/nvr.conf; done
	install -d $(DESTDIR)$(PREFIX)/share/bash-completion/completions \
	    $(DESTDIR)$(PREFIX)/share/zsh/site-functions \
	    $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d
	for t in $(TOOLS); do install -m 644 completions/nvr.bash \
	    $(DESTDIR)$(PREFIX)/share/bash-completion/completions/$$t; done
	install -m 644 completions/_nvr \
	    $(DESTDIR)$(PREFIX)/share/zsh/site-functions
	install -m 644 completions/nvr.fish \
	    $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d

uninstall:
	cd $(DESTDIR)$(PREFIX)/bin && rm -f $(TOOLS)
	cd $(DESTDIR)$(PREFIX)/lib/cgi-bin && rm -f $(CGIS)
	cd $(DESTDIR)$(PREFIX)/lib && rm -f sysusers.d/nvr.conf \
	    tmpfiles.d/nvr.conf
	cd $(DESTDIR)$(UNITS) && rm -f $(notdir $(UNIT_FILES))
	cd $(DESTDIR)$(PREFIX)/share && rm -rf nvr && rm -f \
	    $(patsubst man/%,man/man?/%,$(wildcard man/*.[1578])) \
	    $(TOOLS:%=bash-completion/completions/%) \
	    zsh/site-functions/_nvr fish/vendor_completions.d/nvr.fish

clean:
	rm -rf $(B)

-include $(OBJ:.o=.d) $(wildcard $(B)/cmd/*.d)

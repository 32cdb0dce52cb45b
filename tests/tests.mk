# Tests, lints, benchmarks; included by the Makefile.

,	:= ,
T	= $(B)/tests
UNIT	= $(patsubst tests/unit/%.c,$T/unit/%,$(wildcard tests/unit/test_*.c))
FUZZ	= $(patsubst tests/fuzz/%.c,$T/fuzz/%,$(wildcard tests/fuzz/fuzz_*.c))
BENCH	= $(patsubst tests/bench/%.c,$T/bench/%,$(wildcard tests/bench/bench_*.c))
SHIM	= $(patsubst tests/lib/%.c,$T/lib/%.so,$(wildcard tests/lib/fault_*.c))
FUZZ_SECONDS ?= 60
SAN	= -fsanitize=address,undefined -fno-sanitize-recover=all -O1

GST	= gstreamer-rtsp-server-1.0 gstreamer-app-1.0 gstreamer-video-1.0 gio-2.0
ALL_LIBS = $(foreach p,$(PKGS) libunistring,$(if $(filter libavdevice,$p),,$($p_LIBS))) \
	   -lm

$T/camera: $(wildcard tests/camera/*.[ch])
	@mkdir -p $(@D)
	$(CC) -std=gnu17 -Wall -Wextra -Werror $(OPT) -o $@ \
	    $(filter %.c,$^) $$($(PKG_CONFIG) --cflags --libs $(GST)) -lm

$T/flood: $(wildcard tests/camera/flood/*.[ch])
	@mkdir -p $(@D)
	$(CC) -std=gnu17 -D_GNU_SOURCE -Wall -Wextra -Werror -Wshadow $(OPT) \
	    -o $@ $(filter %.c,$^) $$($(PKG_CONFIG) --cflags --libs \
	    libavformat libavcodec libavutil) -lm

$T/unit/%: tests/unit/%.c $(LIB)
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -MMD -MP -o $@ $< $(LIB) $(ALL_LDFLAGS) \
	    $(ALL_LIBS) -lcmocka

# The clock is the test's.
$T/unit/test_video_file: ALL_LDFLAGS += -Wl,--wrap=nvr_video_utc
$(addprefix $T/unit/test_,signin signin_time reset link_time session factor): \
    ALL_LDFLAGS += -Wl,--wrap=nvr_time_now -Wl,--wrap=nvr_password_check
$T/unit/test_retain_model $T/unit/test_retain_crash: \
    ALL_LDFLAGS += -Wl,--wrap=nvr_time_now
$T/unit/test_deliver $(addprefix $T/unit/test_deliver_,mail http many): \
    ALL_LDFLAGS += -Wl,--wrap=nvr_time_now
$T/unit/test_agent: ALL_LDFLAGS += -Wl,--wrap=nvr_time_monotonic
$(addprefix $T/unit/test_,streams retain_footage retain_cost retain_brake retain_runs \
    forecast_load): \
    ALL_LDFLAGS += -Wl,--wrap=nvr_time_now -Wl,--wrap=nvr_room_free
# The archive is the test's.
$(addprefix $T/unit/test_export_,account rows): ALL_LDFLAGS += \
    $(addprefix -Wl$(,)--wrap=nvr_archive_,add gap gaps file file_write \
    file_put file_free)
# The test kills at each write.
$T/unit/test_ledger $T/unit/test_restore: \
    ALL_LDFLAGS += -Wl,--wrap=fsync -Wl,--wrap=rename
$T/unit/test_discard: ALL_LDFLAGS += -Wl,--wrap=fsync \
    -Wl,--wrap=nvr_dir_make -Wl,--wrap=nvr_room_free
$T/unit/test_room: ALL_LDFLAGS += -Wl,--wrap=nvr_room_free -Wl,--wrap=flock \
    -Wl,--wrap=nvr_time_monotonic
$T/unit/test_discard_kill: ALL_LDFLAGS += -Wl,--wrap=fsync -Wl,--wrap=rename \
    -Wl,--wrap=unlinkat
$T/unit/test_offer: ALL_LDFLAGS += -Wl,--wrap=fsync -Wl,--wrap=rename \
    -Wl,--wrap=nvr_own -Wl,--wrap=fstatvfs -Wl,--wrap=nanosleep
$T/unit/test_rotate_fault: ALL_LDFLAGS += -Wl,--wrap=rename

# The time between them is that of the write lock.
$T/bench/bench_discard: ALL_LDFLAGS += -Wl,--wrap=nvr_store_begin \
    -Wl,--wrap=nvr_store_end

$T/bench/%: tests/bench/%.c $(LIB)
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -MMD -MP -o $@ $< $(LIB) $(ALL_LDFLAGS) $(ALL_LIBS)

$T/lib/%.so: tests/lib/%.c
	@mkdir -p $(@D)
	$(CC) -std=gnu17 -D_GNU_SOURCE -Wall -Wextra -Werror -O2 -shared -fPIC \
	    -o $@ $< -ldl

$T/lib/fault_power.so: $(wildcard tests/lib/fault_power_*.h)

$T/bench/accuracy: $(wildcard tests/bench/accuracy/*.[ch]) $(LIB)
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -Itests/bench/accuracy -o $@ $(filter %.c,$^) \
	    $(LIB) $(ALL_LDFLAGS) $(ALL_LIBS)

$T/bench/bench_health: tests/bench/bench_health.c \
    tests/bench/accuracy/image.c $(LIB)
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -Itests/bench -o $@ $(filter %.c,$^) \
	    $(LIB) $(ALL_LDFLAGS) $(ALL_LIBS)

$T/bench/bench_intake: tests/bench/bench_intake.c tests/unit/stream_help.h \
    $(LIB)
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -Itests/unit -o $@ $(filter %.c,$^) \
	    $(LIB) $(ALL_LDFLAGS) $(ALL_LIBS) -lcmocka

# Everything that tests/run and tests/tool need, in this build folder.
tests: all $T/camera $T/flood $(UNIT) $(SHIM) $(WEB)
.PHONY: tests tests-run

# Not where pages are left out.
WEB	= $(if $(findstring sanitize,$(CFLAGS)),,$(B)/web/installed)

# The browser's driver and what it holds pages to; without them, as without a
# network, pages.bats is left out.
$(B)/web/installed: tests/web/package.json tests/web/package-lock.json
	@mkdir -p $(@D)
	@cp $^ $(@D)
	@cd $(@D) && npm ci --loglevel=error --ignore-scripts --no-audit \
	    --no-fund >/dev/null && touch installed || \
	    echo 'make: npm failed: no page is looked at' >&2

check:
	@$(MAKE) -s -j2 tests
	@$(MAKE) -s -j2 san-build
	@$(MAKE) -s -j2 B=$(B)/fuzz fuzz-build
	@tests/run $(B)

# The suite under ASan and UBSan alone.
sanitize:
	@$(MAKE) -s -j2 san-build
	@tests/run $(B) sanitize

# By the other compiler, so that both have their say; it has no such macro.
san-build:
	@$(MAKE) -s CC=clang B=$(B)/san LDFLAGS="$(SAN)" OPT="-g" HARDEN= \
	    CFLAGS="$(SAN) -D__SANITIZE_ADDRESS__=1" tests
.PHONY: san-build

fuzz-build:
	@$(MAKE) -s CC=clang OPT="-g -O1" HARDEN= \
	    CFLAGS="-fsanitize=fuzzer-no-link,address,undefined" $(LIB)
	@$(MAKE) -s CC=clang OPT="-g -O1" HARDEN= \
	    CFLAGS="-fsanitize=fuzzer,address,undefined" $(FUZZ)
.PHONY: fuzz-build

$T/fuzz/%: tests/fuzz/%.c $(LIB)
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -MMD -MP -o $@ $< $(LIB) $(ALL_LIBS)

fuzz:
	@$(MAKE) -s -j2 B=$(B)/fuzz fuzz-build
	@tests/fuzz/run $(B)/fuzz $(FUZZ_SECONDS)

bench: all $T/camera $T/flood $(BENCH) $T/bench/accuracy \
    $T/unit/test_alert_model
	@tests/bench/run $(B)

demo: all $T/camera
	@tests/lib/demo $(B)/demo

completions: all
	completions/generate $(B) $(TOOLS)

-include $(UNIT:%=%.d) $(BENCH:%=%.d) $(FUZZ:%=%.d)

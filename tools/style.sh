# What `format` does and `lint` checks: C format, protos, their compatibility and reference, shell scripts, test data.
# shellcheck shell=bash

CLANG_FORMAT=clang-format-19

c_files() { find "$SOURCE"/{lib,services,bridge,tests} -name '*.[ch]' | sort; }

shell_files() {
    printf '%s\n' "$SOURCE/ocrmesh" "$SOURCE/.ci/run"
    find "$SOURCE"/{lib,services,bridge,docs,protos,tests,tools} -name '*.sh' | sort
}

cmd_format() {
    command -v "$CLANG_FORMAT" >/dev/null ||
        fail "$CLANG_FORMAT is not installed" "run ./ocrmesh test once, or install it."
    c_files | xargs -r "$CLANG_FORMAT" -i
    [[ -e $VENV/.requirements ]] ||
        fail "the Python packages of the tests are not there, which make docs/grpc-reference.md" "run ./ocrmesh test once."
    style_reference write
}

# Names the files; ./ocrmesh format mends them.
style_check_format() {
    local files
    files=$(c_files | xargs -r "$CLANG_FORMAT" --dry-run 2>&1 |
        sed -n 's/^\(.*\):[0-9]*:[0-9]*: warning: .*/\1/p' | sort -u)
    [[ -z $files ]] || {
        printf '%s\n' "$files" "run ./ocrmesh format"
        return 1
    }
}

# proto_image PROTOS IMAGE [PROTOC-OPTION...]: what protoc makes of a folder of protos, and of what they import. buf reads
# that, so that it needs none of the imports as modules of its own.
proto_image() {
    local folder=$1 image=$2 protos
    shift 2
    mapfile -t protos < <(cd "$folder" && find . -name '*.proto' -printf '%P\n' | sort)
    protoc -I"$folder" -I"$DEPS/protos" -I/usr/include --include_imports --descriptor_set_out="$image" "$@" \
        "${protos[@]}"
}

# proto_buf COMMAND IMAGE [OPTION...]: by our rules, which do not hold for the imports.
proto_buf() {
    local config
    config=$(sed 's/^  ignore:$/&\n    - google/' "$SOURCE/protos/buf.yaml")
    "$VENV/bin/buf" "$@" --config "$config"
}

style_check_protos() {
    local image=$OCRMESH_HOME/protos-lint.binpb
    proto_image "$SOURCE/protos" "$image" --include_source_info
    proto_buf lint "$image"
    rm -f "$image"
}

# docs/grpc-reference.md: write or check.
style_reference() {
    local image=$OCRMESH_HOME/protos-reference.binpb status=0
    proto_image "$SOURCE/protos" "$image" --include_source_info
    "$VENV/bin/python" "$SOURCE/tools/grpc-reference.py" "$1" "$image" || status=$?
    rm -f "$image"
    return "$status"
}

style_check_reference() { style_reference check; }

PROTOS_RELEASED=$SOURCE/protos/released.binpb
BUF_FOUND=100 # buf's status when it has something to say

# Who built against the newest release can go on with what is here. The check is checked with a field that moves.
style_check_breaking() {
    local image=$OCRMESH_HOME/protos-breaking.binpb moved=$OCRMESH_HOME/protos-moved said status=0
    proto_image "$SOURCE/protos" "$image"
    proto_buf breaking "$image" --against "$PROTOS_RELEASED" || {
        echo "protos/README.md says what may change."
        return 1
    }
    rm -rf "$moved"
    cp -r "$SOURCE/protos" "$moved"
    sed -i 's/ job_id = [0-9]*;/ job_id = 1000;/' "$moved/ocrmesh/ocr/v1/job.proto"
    proto_image "$moved" "$image"
    said=$(proto_buf breaking "$image" --against "$PROTOS_RELEASED") || status=$?
    rm -rf "$image" "$moved"
    if ((status != BUF_FOUND)) || [[ $said != *job_id* ]]; then
        echo "a field that moved to another number was not seen (status $status): $said"
        return 1
    fi
}

# Keeps the protos as released: later ones are held against them.
cmd_release_protos() {
    steps_begin 3
    test_packages_steps
    proto_image "$SOURCE/protos" "$PROTOS_RELEASED"
    say "kept: ${PROTOS_RELEASED#"$SOURCE/"}"
}

style_check_scripts() {
    local files
    mapfile -t files < <(shell_files)
    # SC2034: a variable that one part of ./ocrmesh sets is read by another.
    shellcheck --severity=warning --exclude=SC2034 "${files[@]}"
}

# tests/data/MANIFEST.tsv lists each file there, with its checksum; accuracy/ has tables of its own.
style_check_data() {
    cd "$SOURCE/tests/data" || return
    grep -v '^#' MANIFEST.tsv | awk -F '\t' '{print $2 "  " $1}' | sha256sum --check --quiet
    diff <(grep -v '^#' MANIFEST.tsv | cut -f 1 | sort) \
        <(find . -type f ! -name MANIFEST.tsv ! -name '*.py' ! -path './accuracy/*' -printf '%P\n' | sort)
}

# style_checks: runs each, prints its name and outcome, and counts.
style_checks() {
    local name
    for name in format protos breaking reference scripts data; do
        test_one "style: $name" "style_check_$name"
    done
}

cmd_lint() {
    steps_begin 3
    test_packages_steps
    style_checks
    test_summary
}

#!/bin/sh
# The published curl sample. Prints the text, then saves the download under the given name.
set -eu
base=$1 token=$2 file=$3 format=$4 target=$5

job=$(curl -sS --fail-with-body -X POST "$base/api/v1/ocr/" \
    -H "Authorization: Bearer $token" \
    -F "file=@$file" \
    -F "tier=cpu")
uuid=$(printf '%s' "$job" | jq -r .uuid)

while [ "$(printf '%s' "$job" | jq -r .status)" = pending ] ||
    [ "$(printf '%s' "$job" | jq -r .status)" = processing ]; do
    sleep 2
    job=$(curl -sS --fail-with-body "$base/api/v1/ocr/$uuid/" -H "Authorization: Bearer $token")
done

printf '%s' "$job" | jq -r .text

curl -sS --fail-with-body -L "$base/api/v1/ocr/$uuid/download/?format=$format" \
    -H "Authorization: Bearer $token" -o "$target"

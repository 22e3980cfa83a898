# Sends one file through the public REST API, the way any client would, and shows what it says.
# shellcheck shell=bash

sample_step() {
    SAMPLE_ANSWER=$RUN/sample.json
    step "recognising $(basename "$1") through POST /api/v1/ocr/" sample.log sample_recognise "$1"
    sample_show
}

# Leaves the finished job in $SAMPLE_ANSWER.
sample_recognise() {
    local file=$1 base=http://$BRIDGE_LISTEN/api/v1/ocr code uuid deadline
    code=$(curl --silent --show-error --max-time 300 --output "$SAMPLE_ANSWER" \
        --write-out '%{http_code}' -F "file=@\"$file\"" "$base/") || {
        echo "the bridge at $BRIDGE_LISTEN does not answer"
        return 1
    }
    case $code in
    200 | 202) ;;
    *)
        echo "the answer is HTTP $code:"
        cat "$SAMPLE_ANSWER"
        return 1
        ;;
    esac
    uuid=$(jq --raw-output .uuid "$SAMPLE_ANSWER")
    deadline=$((SECONDS + SAMPLE_WAIT_SECONDS))
    while [[ $(jq --raw-output .status "$SAMPLE_ANSWER") == @(pending|processing) ]]; do
        jq --raw-output '"\(.pages_done // 0) of \(.page_count) pages"' "$SAMPLE_ANSWER"
        if ((SECONDS >= deadline)); then
            echo "not done after $SAMPLE_WAIT_SECONDS s"
            return 1
        fi
        pause 1
        curl --silent --show-error --fail --max-time 60 --output "$SAMPLE_ANSWER" "$base/$uuid/"
    done
    if [[ $(jq --raw-output .status "$SAMPLE_ANSWER") != "done" ]]; then
        echo "the job ended as:"
        cat "$SAMPLE_ANSWER"
        return 1
    fi
}

sample_show() {
    local lines
    lines=$(jq --raw-output .text "$SAMPLE_ANSWER" | wc -l)
    say ""
    jq --raw-output .text "$SAMPLE_ANSWER" | head -n "$SAMPLE_LINES" | sed 's/^/    /'
    ((lines <= SAMPLE_LINES)) || say "    ... and $((lines - SAMPLE_LINES)) lines more"
    say ""
    jq --raw-output '"\(.page_count) page(s), mean confidence \(.mean_confidence * 1000 | round / 1000), tier \(.tier), job \(.uuid)"' \
        "$SAMPLE_ANSWER"
}

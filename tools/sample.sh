# Sends one file through the public REST API, the way any client would, and shows what it says.
#
# It does so with an account of its own, which is made once and has credits for long files; so that
# `up` takes nothing from the free pages of the person who tries it.
# shellcheck shell=bash

SAMPLE_TOKEN=$OCRMESH_HOME/token
SAMPLE_CREDITS=1000000

sample_step() {
    SAMPLE_ANSWER=$RUN/sample.json
    step "recognising $(basename "$1") through POST /api/v1/ocr/" sample.log sample_recognise "$1"
    sample_show
}

# sample_curl ARGUMENT...: with our token, which does not show among the processes.
sample_curl() {
    curl --silent --show-error --max-time 300 \
        --header @<(printf 'Authorization: Bearer %s\n' "$(cat "$SAMPLE_TOKEN")") "$@"
}

# Makes the account unless there is one: a new database knows nothing of an old token.
sample_prepare_account() {
    local api=http://$BRIDGE_LISTEN/api/v1/account/ code email password
    if [[ -e $SAMPLE_TOKEN ]]; then
        code=$(sample_curl --output /dev/null --write-out '%{http_code}' "$api")
        [[ $code != 200 ]] || return 0
    fi
    email=up-$(od -An -N 8 -t x1 /dev/urandom | tr -d ' \n')@ocrmesh.example
    password=$(od -An -N 24 -t x1 /dev/urandom | tr -d ' \n')
    (umask 077 && : >"$SAMPLE_TOKEN.part")
    jq --null-input --arg email "$email" --arg password "$password" '{$email, $password}' |
        curl --silent --show-error --fail-with-body --max-time 60 --json @- "$api" |
        jq --exit-status --raw-output .token >"$SAMPLE_TOKEN.part"
    operator_program grant "$email" "$SAMPLE_CREDITS"
    mv "$SAMPLE_TOKEN.part" "$SAMPLE_TOKEN"
}

# Leaves the finished job in $SAMPLE_ANSWER.
sample_recognise() {
    local file=$1 base=http://$BRIDGE_LISTEN/api/v1/ocr code uuid deadline
    file=${file//\\/\\\\} file=${file//\"/\\\"} # as curl reads a name in quotes
    sample_prepare_account
    code=$(sample_curl --output "$SAMPLE_ANSWER" \
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
        sample_curl --fail --output "$SAMPLE_ANSWER" "$base/$uuid/"
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

#!/bin/sh
# A conversation by curl: a question, one whose answer is streamed, the history, and its end.
set -eu
base=$1 token=$2 uuid=$3 question=$4 next_question=$5
chat=$base/api/v1/chat/$uuid/

ask() {
    jq -nc --arg message "$1" '{$message}' |
        curl -sS -N --fail-with-body "$chat" -H "Authorization: Bearer $token" -H "Accept: $2" \
            -H "Content-Type: application/json" --data-binary @-
}

answer=$(ask "$question" application/json)
events=$(ask "$next_question" text/event-stream |
    jq -nRc '[inputs] | map(select(startswith("event: ") or startswith("data: ")) | sub("^[a-z]+: "; ""))
        | [range(0; length; 2) as $i | [.[$i], (.[$i + 1] | fromjson)]]')
history=$(curl -sS --fail-with-body "${chat}history/" -H "Authorization: Bearer $token")
deleted=$(curl -sS -X DELETE "${chat}history/" -H "Authorization: Bearer $token" -w '%{http_code}')
left=$(curl -sS --fail-with-body "${chat}history/" -H "Authorization: Bearer $token")

jq -nc --argjson answer "$answer" --argjson events "$events" --argjson history "$history" \
    --argjson deleted "$deleted" --argjson left "$left" '{$answer, $events, $history, $deleted, $left}'

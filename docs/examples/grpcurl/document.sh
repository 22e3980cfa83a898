#!/bin/bash
# A file becomes a document: submitted, watched, read, exported and asked, with grpcurl and jq.
#
#     document.sh OCR EXPORT CHAT TOKEN FILE QUESTION     OCR and so on: host:port
set -euo pipefail
ocr=$1 export=$2 chat=$3 token=$4 file=$5 question=$6

call() { grpcurl -plaintext -max-time 120 -H "authorization: Bearer $token" "$@"; }

# Bytes are base64 in JSON. Each chunk is a message of its own, of 512 KiB at most.
submission() {
    jq --null-input --arg name "$(basename "$file")" '{options: {language: "en", file_name: $name}}'
    base64 --wrap=$((512 * 1024)) "$file" | jq --raw-input '{chunk: .}'
}
job_id=$(submission | call -d @ "$ocr" ocrmesh.ocr.v1.OcrService/SubmitJob | jq --raw-output .job.jobId)
job=$(jq --null-input --arg id "$job_id" '{job_id: $id}')

call -d "$job" "$ocr" ocrmesh.ocr.v1.OcrService/WatchJob | jq --raw-output '"job: \(.job.state)"'

call -d "$job" "$ocr" ocrmesh.ocr.v1.OcrService/GetDocument | jq --raw-output 'select(.page) | .page.text'

request=$(jq '. + {format: "docx"}' <<<"$job")
call -d "$request" "$export" ocrmesh.export.v1.ExportService/ExportDocument |
    jq --raw-output '.chunk // empty' | while read -r chunk; do base64 --decode <<<"$chunk"; done >"$file.docx"

request=$(jq --arg question "$question" '. + {message: $question}' <<<"$job")
call -d "$request" "$chat" ocrmesh.chat.v1.ChatService/AskQuestion |
    jq --raw-output '.answer.message | "answer: \(.content) (page \(.citations[0].page))"'

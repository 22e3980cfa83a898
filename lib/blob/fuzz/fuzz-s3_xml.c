/*
 * Answers of S3: whatever comes, it is read within bounds, and each reader agrees with the others
 * on what the answer is.
 */

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/blob/s3_xml.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_entry(void *arg, const struct s3_entry *entry)
{
    int *count = arg;

    if (entry->key[0] == '\0' || strlen(entry->key) >= S3_KEY_SIZE ||
        strlen(entry->upload_id) >= S3_UPLOAD_ID_SIZE || entry->time < 0)
        abort();
    (*count)++;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct str xml = {(const char *)data, size};
    char error[S3_CODE_SIZE], deleted[S3_CODE_SIZE], id[S3_UPLOAD_ID_SIZE];
    struct status st = {0};
    int count = 0;
    bool is_cut;

    s3_xml_error(xml, error);
    bool is_error = error[0] != '\0';
    bool is_id = s3_xml_upload_id(xml, id, &st) == STATUS_OK;
    bool is_list = s3_xml_list(xml, check_entry, &count, &is_cut, &st) == STATUS_OK;
    if (strlen(error) >= S3_CODE_SIZE || (is_id && (id[0] == '\0' || is_list)))
        abort();
    if (s3_xml_deleted(xml, deleted, &st) == STATUS_OK && deleted[0] != '\0' &&
        (is_error || is_id || is_list))
        abort();
    if (s3_xml_is_completed(xml) && (is_error || is_id || is_list))
        abort();
    return 0;
}

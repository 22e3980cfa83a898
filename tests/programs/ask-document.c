/*
 * Asks a recognised document questions without a mesh: for those who work on passages, retrieval
 * and answers.
 *
 *     ask-document DOCUMENT.pb [--hits] [--embed FOLDER] < questions.jsonl > answers.jsonl
 *
 * DOCUMENT.pb holds ocrmesh.document.v1.Page messages, each after its length as a varint. Each line
 * of the input is {"question": "...", "turns": ["...", ...]}; the questions of earlier turns are
 * answered first. Each line of the output has the question, the answer, its citations, what the
 * question was read as, and with --hits the passages that retrieval found. With --embed, FOLDER
 * holds the embedding model (services/chat/embed), and passages are found by meaning, too.
 */

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "services/chat/answer/answer.h"
#include "services/chat/embed/passage_embed.h"

enum {
    DOCUMENT_MAX_BYTES = 512 << 20,
    PASSAGES_ARENA_MAX_BYTES = 256 << 20,
    QUESTION_ARENA_MAX_BYTES = 64 << 20,
    LINE_MAX_BYTES = 1 << 20,
    HITS_MAX = 10,
    EXIT_BAD_USE = 2,
};

static const char *const kind_names[] = {
    [ANSWER_ANY] = "any",       [ANSWER_DATE] = "date",     [ANSWER_AMOUNT] = "amount",
    [ANSWER_NUMBER] = "number", [ANSWER_PERSON] = "person", [ANSWER_PLACE] = "place",
    [ANSWER_REASON] = "reason", [ANSWER_LIST] = "list",     [ANSWER_SUMMARY] = "summary",
};

/* --- the document --- */

static bool read_varint(struct str *rest, size_t *ret_value)
{
    size_t value = 0;

    for (unsigned shift = 0; rest->n > 0 && shift < 35; shift += 7) {
        unsigned char byte = (unsigned char)*rest->p;
        rest->p++, rest->n--;
        value |= (size_t)(byte & 0x7F) << shift;
        if ((byte & 0x80) == 0) {
            *ret_value = value;
            return true;
        }
    }
    return false;
}

static status_code add_pages(struct str rest, struct passage_maker *maker, struct status *st)
{
    while (rest.n > 0) {
        size_t length;
        Ocrmesh__Document__V1__Page *page;
        status_code code;
        if (!read_varint(&rest, &length) || length > rest.n)
            return FAIL(st, STATUS_DATA_LOSS, NULL, "the document ends inside of a page");
        page = ocrmesh__document__v1__page__unpack(NULL, length, (const uint8_t *)rest.p);
        if (page == NULL)
            return FAIL(st, STATUS_DATA_LOSS, NULL, "a page is no message");
        code = passage_maker_add(maker, page, st);
        ocrmesh__document__v1__page__free_unpacked(page, NULL);
        if (code != STATUS_OK)
            return code;
        rest.p += length;
        rest.n -= length;
    }
    return STATUS_OK;
}

static status_code build_index(struct str document, struct buf *out, struct status *st)
{
    _cleanup_(arena_freep) struct arena *arena = arena_new(PASSAGES_ARENA_MAX_BYTES);
    _cleanup_(passage_maker_freep) struct passage_maker *maker = NULL;
    struct passages passages;

    if (arena == NULL || (maker = passage_maker_new(arena)) == NULL)
        return FAIL_MEMORY(st);
    TRY(add_pages(document, maker, st));
    TRY(passage_maker_end(maker, &passages, st));
    return document_index_build(&passages, out, st);
}

/* A document and what it is asked with. */
struct asked {
    struct document_index *index;
    struct embedder *embedder; /* NULL: by words alone */
    struct passage_vectors *vectors;
    bool with_hits;
};

static status_code embed_passages(struct asked *asked, const char *folder, struct status *st)
{
    const struct passages *passages = document_index_passages(asked->index);

    TRY(embedder_open(folder, &asked->embedder, st));
    asked->vectors = passage_vectors_new(passages->count);
    if (asked->vectors == NULL)
        return FAIL_MEMORY(st);
    for (size_t i = 0; i < passages->count; i++)
        TRY(passage_embed(asked->embedder, passages, i, asked->vectors, st));
    return STATUS_OK;
}

/* --- questions --- */

struct conversation {
    struct turn turns[QUESTION_TURNS_MAX];
    size_t count;
};

static status_code set_affinity(const struct asked *asked, const struct conversation *conversation,
                                struct arena *arena, struct question *question, struct status *st)
{
    float *affinity =
        ARENA_NEW_ARRAY(arena, float, document_index_passages(asked->index)->count + 1);
    float vector[EMBEDDING_WIDTH];

    if (asked->embedder == NULL)
        return STATUS_OK;
    if (affinity == NULL)
        return FAIL_MEMORY(st);
    TRY(embedder_embed(asked->embedder, EMBED_QUESTION,
                       question_whole(question, conversation->turns, conversation->count, arena),
                       vector, st));
    passage_vectors_affinity(asked->vectors, vector, affinity);
    question->affinity = affinity;
    return STATUS_OK;
}

static json_t *string_of(struct str text)
{
    json_t *string = json_stringn(text.p, text.n);

    return string != NULL ? string : json_string("(not UTF-8)");
}

static json_t *citations_of(const struct passages *passages, const struct answer *answer)
{
    json_t *list = json_array();

    for (size_t i = 0; i < answer->citation_count; i++) {
        const struct answer_citation *citation = &answer->citations[i];
        const struct passage *passage = &passages->items[citation->passage];
        struct str snippet = {passage->text.p + citation->offset, citation->length};
        json_array_append_new(list, json_pack("{s:i, s:o}", "page", (int)passage->page_index + 1,
                                              "snippet", string_of(snippet)));
    }
    return list;
}

static json_t *parts_of(const struct question *question)
{
    json_t *list = json_array();

    for (size_t i = 0; i < question->part_count; i++) {
        const struct question_part *part = &question->parts[i];
        json_t *terms = json_array();
        for (size_t k = 0; k < part->term_count; k++)
            json_array_append_new(terms, json_pack("[o, f]", string_of(part->terms[k].term),
                                                   (double)part->terms[k].weight));
        json_array_append_new(list, json_pack("{s:o, s:s, s:i, s:o}", "text", string_of(part->text),
                                              "kind", kind_names[part->kind], "asked",
                                              (int)part->asked_count, "terms", terms));
    }
    return list;
}

static status_code add_hits(const struct document_index *index, const struct question *question,
                            struct arena *arena, json_t *answer, struct status *st)
{
    const struct passages *passages = document_index_passages(index);
    struct term_match matches[QUERY_TERMS_MAX];
    struct index_hit hits[HITS_MAX];
    const struct query_term *terms;
    size_t term_count;
    size_t hit_count;
    json_t *list = json_array();

    TRY(question_terms(question, arena, &terms, &term_count, st));
    TRY(document_index_search(index, terms, term_count, question->affinity, arena, hits, HITS_MAX,
                              &hit_count, matches, st));
    for (size_t i = 0; i < hit_count; i++) {
        const struct passage *passage = &passages->items[hits[i].passage];
        json_array_append_new(
            list, json_pack("{s:i, s:f, s:o, s:o}", "page", (int)passage->page_index + 1, "score",
                            (double)hits[i].score, "context", string_of(passage->context), "text",
                            string_of(passage->text)));
    }
    json_object_set_new(answer, "hits", list);
    return STATUS_OK;
}

static status_code ask(const struct asked *asked, struct conversation *conversation,
                       struct str text, struct arena *arena, struct question *ret_question,
                       struct answer *ret_answer, struct status *st)
{
    TRY(question_read(text, conversation->turns, conversation->count, asked->index, arena,
                      ret_question, st));
    TRY(set_affinity(asked, conversation, arena, ret_question, st));
    TRY(answer_extract(asked->index, ret_question, NULL, arena, ret_answer, st));
    if (conversation->count < QUESTION_TURNS_MAX)
        conversation->turns[conversation->count++] = (struct turn){text, ret_answer->content};
    return STATUS_OK;
}

static status_code answer_line(const struct asked *asked, json_t *line, struct status *st)
{
    _cleanup_(arena_freep) struct arena *arena = arena_new(QUESTION_ARENA_MAX_BYTES);
    struct conversation conversation = {.count = 0};
    const char *text = json_string_value(json_object_get(line, "question"));
    struct question question;
    struct answer answer;
    json_t *turn;
    json_t *reply;
    size_t i;

    if (arena == NULL)
        return FAIL_MEMORY(st);
    if (text == NULL)
        return FAIL(st, STATUS_INVALID_ARGUMENT, NULL, "a line has no question");
    json_array_foreach(json_object_get(line, "turns"), i, turn) TRY(
        ask(asked, &conversation, str_of(json_string_value(turn)), arena, &question, &answer, st));
    TRY(ask(asked, &conversation, str_of(text), arena, &question, &answer, st));
    reply = json_pack(
        "{s:s, s:s, s:o, s:b, s:o, s:o}", "question", text, "language", question.language,
        "content", string_of(answer.content), "grounded", answer.is_grounded, "citations",
        citations_of(document_index_passages(asked->index), &answer), "parts", parts_of(&question));
    if (asked->with_hits)
        TRY(add_hits(asked->index, &question, arena, reply, st));
    if (json_dumpf(reply, stdout, JSON_COMPACT) != 0 || putchar('\n') == EOF)
        return FAIL(st, STATUS_INTERNAL, NULL, "the answer could not be written");
    json_decref(reply);
    return STATUS_OK;
}

static status_code answer_lines(const struct asked *asked, struct status *st)
{
    _cleanup_(freep) char *line = NULL;
    size_t size = 0;
    ssize_t length;

    while ((length = getline(&line, &size, stdin)) > 0 && length < LINE_MAX_BYTES) {
        json_t *parsed = json_loadb(line, (size_t)length, 0, NULL);
        status_code code;
        if (parsed == NULL)
            return FAIL(st, STATUS_INVALID_ARGUMENT, NULL, "a line is no JSON");
        code = answer_line(asked, parsed, st);
        json_decref(parsed);
        if (code != STATUS_OK)
            return code;
    }
    return STATUS_OK;
}

static status_code read_file(const char *path, struct buf *out, struct status *st)
{
    FILE *file = fopen(path, "rb");
    char chunk[1 << 16];
    size_t length;
    bool is_whole = file != NULL;

    while (is_whole && (length = fread(chunk, 1, sizeof(chunk), file)) > 0)
        is_whole = buf_append(out, chunk, length);
    is_whole = is_whole && ferror(file) == 0;
    if (file != NULL)
        fclose(file);
    return is_whole ? STATUS_OK : FAIL(st, STATUS_NOT_FOUND, NULL, "%s cannot be read", path);
}

static status_code run(const char *path, const char *folder, bool with_hits, struct status *st)
{
    struct buf document;
    struct buf bytes;
    struct asked asked = {.with_hits = with_hits};
    status_code code;

    buf_init(&document, DOCUMENT_MAX_BYTES);
    buf_init(&bytes, DOCUMENT_INDEX_MAX_BYTES);
    code = read_file(path, &document, st);
    if (code == STATUS_OK)
        code = build_index(buf_str(&document), &bytes, st);
    buf_deinit(&document);
    if (code == STATUS_OK)
        code = document_index_open(buf_str(&bytes), &asked.index, st);
    if (code == STATUS_OK && folder != NULL)
        code = embed_passages(&asked, folder, st);
    if (code == STATUS_OK)
        code = answer_lines(&asked, st);
    passage_vectors_free(asked.vectors);
    embedder_close(asked.embedder);
    document_index_free(asked.index);
    buf_deinit(&bytes);
    return code;
}

int main(int argc, char **argv)
{
    struct status st = {0};

    const char *folder = NULL;
    bool with_hits = false;
    bool is_right = argc >= 2;

    for (int i = 2; i < argc && is_right; i++) {
        if (strcmp(argv[i], "--hits") == 0)
            with_hits = true;
        else if (strcmp(argv[i], "--embed") == 0 && i + 1 < argc)
            folder = argv[++i];
        else
            is_right = false;
    }
    if (!is_right) {
        fprintf(stderr,
                "usage: ask-document DOCUMENT.pb [--hits] [--embed FOLDER] < questions.jsonl\n");
        return EXIT_BAD_USE;
    }
    if (run(argv[1], folder, with_hits, &st) != STATUS_OK) {
        fprintf(stderr, "ask-document: %s\n", st.message);
        return EXIT_FAILURE;
    }
    return EXIT_SUCCESS;
}

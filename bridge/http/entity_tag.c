#include "bridge/http/entity_tag.h"

#include <string.h>

/* "tag-gzip" is "tag", compressed for a client that takes that (exchange_coding.c). */
static bool is_tag_or_its_coded(struct str member, struct str tag)
{
    static const struct str endings[] = {{"\"", 1}, {"-gzip\"", 6}, {"-br\"", 4}};
    const size_t common = tag.n - 1; /* without the last quote */

    for (size_t i = 0; i < ARRAY_LENGTH(endings); i++)
        if (member.n == common + endings[i].n && memcmp(member.p, tag.p, common) == 0 &&
            memcmp(member.p + common, endings[i].p, endings[i].n) == 0)
            return true;
    return false;
}

static bool is_in_list(struct str list, struct str tag, entity_tag_comparison comparison)
{
    struct str member;

    /* A comma may stand inside a tag; none of ours has one, so what a cut leaves never matches. */
    while (str_next_token(&list, ',', &member)) {
        member = str_trim(member);
        if (comparison == ENTITY_TAG_WEAK && str_starts_with(member, STR("W/")))
            member = (struct str){member.p + 2, member.n - 2};
        if (is_tag_or_its_coded(member, tag) || str_equal(member, STR("*")))
            return true;
    }
    return false;
}

bool entity_tag_is_listed(const struct exchange *exchange, const char *name, struct str tag,
                          entity_tag_comparison comparison)
{
    struct str list;

    for (size_t i = 0; exchange_header_at(exchange, name, i, &list); i++)
        if (is_in_list(list, tag, comparison))
            return true;
    return false;
}

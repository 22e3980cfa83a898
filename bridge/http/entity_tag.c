#include "bridge/http/entity_tag.h"

static bool is_in_list(struct str list, struct str tag, entity_tag_comparison comparison)
{
    struct str member;

    /* A comma may stand inside a tag; none of ours has one, so what a cut leaves never matches. */
    while (str_next_token(&list, ',', &member)) {
        member = str_trim(member);
        if (comparison == ENTITY_TAG_WEAK && str_starts_with(member, STR("W/")))
            member = (struct str){member.p + 2, member.n - 2};
        if (str_equal(member, tag) || str_equal(member, STR("*")))
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

#include "services/billing/accounts/email.h"

#include <stddef.h>
#include <string.h>

#include "lib/base/ascii.h"
#include "lib/base/str.h"
#include "lib/base/utf8.h"

enum {
    LOCAL_PART_MAX = 64, /* RFC 5321 §4.5.3.1.1 */
    LABEL_MAX = 63,      /* RFC 1035 §2.3.4 */
    LABELS_MIN = 2,
};

static bool is_beyond_ascii(char c)
{
    return (unsigned char)c >= 0x80;
}

static bool is_letter_or_digit(char c)
{
    return ascii_is_letter_or_digit(c) || is_beyond_ascii(c);
}

/* RFC 5322 §3.2.3 */
static bool is_atom_character(char c)
{
    return is_letter_or_digit(c) || (c != '\0' && strchr("!#$%&'*+-/=?^_`{|}~", c) != NULL);
}

static bool is_local_part(struct str text)
{
    struct str rest = text, atom;

    if (text.n == 0 || text.n > LOCAL_PART_MAX || text.p[text.n - 1] == '.')
        return false;
    while (str_next_token(&rest, '.', &atom)) {
        if (atom.n == 0)
            return false;
        for (size_t i = 0; i < atom.n; i++)
            if (!is_atom_character(atom.p[i]))
                return false;
    }
    return true;
}

static bool is_label(struct str label)
{
    if (label.n == 0 || label.n > LABEL_MAX || label.p[0] == '-' || label.p[label.n - 1] == '-')
        return false;
    for (size_t i = 0; i < label.n; i++)
        if (!is_letter_or_digit(label.p[i]) && label.p[i] != '-')
            return false;
    return true;
}

static bool is_domain(struct str text)
{
    struct str rest = text, label = {0};
    size_t labels = 0;

    if (text.n == 0 || text.p[text.n - 1] == '.')
        return false;
    while (str_next_token(&rest, '.', &label)) {
        if (!is_label(label))
            return false;
        labels++;
    }
    /* The last label is a name: "1.2.3.4" is a host's address, not a mail domain. */
    return labels >= LABELS_MIN && !ascii_is_digit(label.p[0]);
}

static bool is_utf8(struct str text)
{
    for (size_t i = 0, length; i < text.n; i += length) {
        length = utf8_sequence(text.p + i, text.n - i);
        if (length == 0)
            return false;
    }
    return true;
}

bool email_is_valid(const char *email)
{
    const char *at = strrchr(email, '@');

    return at != NULL && strlen(email) < EMAIL_SIZE && is_utf8(str_of(email)) &&
           is_local_part((struct str){email, (size_t)(at - email)}) && is_domain(str_of(at + 1));
}

void email_key(const char *email, char ret_key[static EMAIL_SIZE])
{
    size_t length = strlen(email);

    for (size_t i = 0; i <= length; i++)
        ret_key[i] = email[i] >= 'A' && email[i] <= 'Z' ? (char)(email[i] - 'A' + 'a') : email[i];
}

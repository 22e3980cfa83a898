#include "services/billing/sign_in/mail.h"

#include <string.h>
#include <time.h>

#include <curl/curl.h>

#include "lib/base/clock.h"
#include "lib/base/random.h"
#include "lib/log/log.h"
#include "services/billing/accounts/email.h"

enum { REPLY_PERMANENT = 500 }; /* RFC 5321 §4.2.1 */

DEFINE_CLEANUP_NAMED(CURL *, curl_easyp, curl_easy_cleanup)
DEFINE_CLEANUP_NAMED(struct curl_slist *, curl_slistp, curl_slist_free_all)

status_code mail_check(const struct mail_settings *settings, struct status *st)
{
    if (settings->smtp_url[0] == '\0')
        return STATUS_OK;
    if (strncmp(settings->smtp_url, "smtp://", 7) != 0 &&
        strncmp(settings->smtp_url, "smtps://", 8) != 0)
        return FAIL(st, STATUS_INVALID_ARGUMENT, "CONFIG",
                    "BILLING_SMTP_URL must be smtp://HOST:PORT or smtps://HOST:PORT");
    if (!email_is_valid(settings->from))
        return FAIL(st, STATUS_INVALID_ARGUMENT, "CONFIG",
                    "BILLING_MAIL_FROM must be an e-mail address when BILLING_SMTP_URL is set");
    return STATUS_OK;
}

/* --- the message --- */

/* "Fri, 20 Nov 2026 09:08:07 +0000" (RFC 5322 §3.3), whatever the locale. */
static bool append_date(struct buf *out, int64_t wall_ns)
{
    static const char days[][4] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static const char months[][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    const time_t seconds = (time_t)(wall_ns / NANOSECONDS_PER_SECOND);
    struct tm tm;

    if (gmtime_r(&seconds, &tm) == NULL)
        return false;
    return buf_printf(out, "Date: %s, %d %s %d %02d:%02d:%02d +0000\r\n", days[tm.tm_wday],
                      tm.tm_mday, months[tm.tm_mon], 1900 + tm.tm_year, tm.tm_hour, tm.tm_min,
                      tm.tm_sec);
}

static bool append_lines(struct buf *out, const char *text)
{
    struct str rest = str_of(text), line;

    while (rest.n > 0 && str_next_token(&rest, '\n', &line))
        if (!buf_append(out, line.p, line.n) || !buf_append_str(out, "\r\n"))
            return false;
    return true;
}

bool mail_compose(const struct mail *mail, const char *from, int64_t wall_ns, const char *id,
                  struct buf *out)
{
    /* RFC 3834 §5 keeps answering machines quiet. */
    return append_date(out, wall_ns) && buf_printf(out, "From: ocrmesh <%s>\r\n", from) &&
           buf_printf(out, "To: <%s>\r\n", mail->to) &&
           buf_printf(out, "Subject: %s\r\n", mail->subject) &&
           buf_printf(out, "Message-ID: <%s%s>\r\n", id, strchr(from, '@')) &&
           buf_append_str(out, "Auto-Submitted: auto-generated\r\n"
                               "MIME-Version: 1.0\r\n"
                               "Content-Type: text/plain; charset=us-ascii\r\n\r\n") &&
           append_lines(out, mail->text);
}

/* --- sending --- */

static size_t read_message(char *bytes, size_t size, size_t count, void *arg)
{
    struct str *rest = arg;
    size_t length = size * count < rest->n ? size * count : rest->n;

    memcpy(bytes, rest->p, length);
    *rest = (struct str){rest->p + length, rest->n - length};
    return length;
}

static bool set_up(CURL *easy, const struct mail_settings *settings, struct curl_slist *to,
                   struct str *message)
{
    if (settings->smtp_user[0] != '\0' &&
        (curl_easy_setopt(easy, CURLOPT_USERNAME, settings->smtp_user) != CURLE_OK ||
         curl_easy_setopt(easy, CURLOPT_PASSWORD, settings->smtp_password) != CURLE_OK))
        return false;
    if (settings->smtp_ca_file[0] != '\0' &&
        curl_easy_setopt(easy, CURLOPT_CAINFO, settings->smtp_ca_file) != CURLE_OK)
        return false;
    return curl_easy_setopt(easy, CURLOPT_URL, settings->smtp_url) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "smtp,smtps") == CURLE_OK &&
           curl_easy_setopt(
               easy, CURLOPT_USE_SSL,
               (long)(settings->smtp_requires_tls ? CURLUSESSL_ALL : CURLUSESSL_TRY)) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_PROXY, "") == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)MAIL_TIMEOUT_MS) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_MAIL_FROM, settings->from) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_MAIL_RCPT, to) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_UPLOAD, 1L) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_READFUNCTION, read_message) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_READDATA, message) == CURLE_OK;
}

static status_code send_message(const struct mail_settings *settings, const char *to,
                                struct str message, struct status *st)
{
    _cleanup_(curl_easyp) CURL *easy = curl_easy_init();
    _cleanup_(curl_slistp) struct curl_slist *recipients = curl_slist_append(NULL, to);
    CURLcode code;
    long reply = 0;

    if (easy == NULL || recipients == NULL || !set_up(easy, settings, recipients, &message))
        return FAIL_MEMORY(st);
    code = curl_easy_perform(easy);
    if (code == CURLE_OK)
        return STATUS_OK;
    (void)curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &reply);
    /* A password that the server does not take is the operator's to mend, and the mail then goes.
     */
    if (reply >= REPLY_PERMANENT && code != CURLE_LOGIN_DENIED)
        return FAIL(st, STATUS_FAILED_PRECONDITION, "MAIL_REFUSED",
                    "the mail server refuses the mail with %ld", reply);
    return FAIL(st, STATUS_UNAVAILABLE, "MAIL_UNAVAILABLE",
                "the mail server did not take the mail (%s, reply %ld)", curl_easy_strerror(code),
                reply);
}

status_code mail_send(const struct mail_settings *settings, const struct mail *mail,
                      struct status *st)
{
    char id[RANDOM_ID_SIZE];
    struct buf message;
    status_code code;

    if (settings->smtp_url[0] == '\0') {
        log_write(LOG_INFO, "mail, for want of BILLING_SMTP_URL", LOG_STRING("to", mail->to),
                  LOG_STRING("subject", mail->subject), LOG_STRING("text", mail->text));
        return STATUS_OK;
    }
    random_id(id);
    buf_init(&message, MAIL_MAX_BYTES);
    if (mail_compose(mail, settings->from, time_wall(), id, &message))
        code = send_message(settings, mail->to, buf_str(&message), st);
    else
        code = FAIL_MEMORY(st);
    buf_deinit(&message);
    return code;
}

/*
 * What the files of functions share; and the functions themselves, which functions.c has in one
 * table. For this folder only.
 */
#ifndef LIB_SPAM_FUNCTION_H
#define LIB_SPAM_FUNCTION_H

#include "lib/spam/functions.h"
#include "lib/spam/pattern.h"

/* What stands in the table. */
functions_run function_check_abundant_unicode_ratio;
functions_run function_check_all_trusted;
functions_run function_check_any_text;
functions_run function_check_base64_length;
functions_run function_check_bayes;
functions_run function_check_blank_line_ratio;
functions_run function_check_body_length;
functions_run function_check_equal_from_domains;
functions_run function_check_for_ascii_text_illegal;
functions_run function_check_for_fake_aol_relay_in_rcvd;
functions_run function_check_for_faraway_charset;
functions_run function_check_for_faraway_charset_in_headers;
functions_run function_check_for_forged_eudoramail_received_headers;
functions_run function_check_for_forged_gmail_received_headers;
functions_run function_check_for_forged_gw05_received_headers;
functions_run function_check_for_forged_hotmail_received_headers;
functions_run function_check_for_forged_juno_received_headers;
functions_run function_check_for_forged_received_ip_helo;
functions_run function_check_for_forged_received_trail;
functions_run function_check_for_forged_yahoo_received_headers;
functions_run function_check_for_from_domain_in_received_headers;
functions_run function_check_for_http_redirector;
functions_run function_check_for_illegal_ip;
functions_run function_check_for_matching_env_and_hdr_from;
functions_run function_check_for_mime;
functions_run function_check_for_mime_html;
functions_run function_check_for_mime_html_only;
functions_run function_check_for_missing_to_header;
functions_run function_check_for_msn_groups_headers;
functions_run function_check_for_no_hotmail_received_headers;
functions_run function_check_for_no_rdns_dotcom_helo;
functions_run function_check_for_numeric_helo;
functions_run function_check_for_sender_no_reverse;
functions_run function_check_for_shifted_date;
functions_run function_check_for_to_in_subject;
functions_run function_check_for_unique_subject_id;
functions_run function_check_for_uppercase;
functions_run function_check_forged_in_default_welcomelist;
functions_run function_check_forged_in_default_whitelist;
functions_run function_check_forged_in_welcomelist;
functions_run function_check_forged_in_whitelist;
functions_run function_check_freemail_body;
functions_run function_check_freemail_from;
functions_run function_check_freemail_header;
functions_run function_check_freemail_replyto;
functions_run function_check_from_in_blacklist;
functions_run function_check_from_in_blocklist;
functions_run function_check_from_in_default_welcomelist;
functions_run function_check_from_in_default_whitelist;
functions_run function_check_from_in_list;
functions_run function_check_from_in_welcomelist;
functions_run function_check_from_in_whitelist;
functions_run function_check_header_count_range;
functions_run function_check_https_http_mismatch;
functions_run function_check_https_ip_mismatch;
functions_run function_check_iframe_src;
functions_run function_check_illegal_chars;
functions_run function_check_ma_non_text;
functions_run function_check_mailfrom_matches_rcvd;
functions_run function_check_messageid_not_usable;
functions_run function_check_mime_multipart_ratio;
functions_run function_check_msg_parse_flags;
functions_run function_check_no_relays;
functions_run function_check_outlook_message_id;
functions_run function_check_qp_ratio;
functions_run function_check_ratware_envelope_from;
functions_run function_check_ratware_name_id;
functions_run function_check_relays_unparseable;
functions_run function_check_replyto_in_list;
functions_run function_check_stock_info;
functions_run function_check_subject_in_blacklist;
functions_run function_check_subject_in_blocklist;
functions_run function_check_subject_in_welcomelist;
functions_run function_check_subject_in_whitelist;
functions_run function_check_to_in_all_spam;
functions_run function_check_to_in_blacklist;
functions_run function_check_to_in_blocklist;
functions_run function_check_to_in_list;
functions_run function_check_to_in_more_spam;
functions_run function_check_to_in_welcomelist;
functions_run function_check_to_in_whitelist;
functions_run function_check_unresolved_template;
functions_run function_check_uri_host_in_blacklist;
functions_run function_check_uri_host_in_blocklist;
functions_run function_check_uri_host_in_welcomelist;
functions_run function_check_uri_host_in_whitelist;
functions_run function_check_uri_host_listed;
functions_run function_check_uri_truncated;
functions_run function_check_welcomelist_bounce_relays;
functions_run function_check_whitelist_bounce_relays;
functions_run function_gated_through_received_hdr_remover;
functions_run function_have_any_bounce_relays;
functions_run function_helo_ip_mismatch;
functions_run function_html_charset_faraway;
functions_run function_html_eval;
functions_run function_html_image_only;
functions_run function_html_image_ratio;
functions_run function_html_range;
functions_run function_html_tag_balance;
functions_run function_html_tag_exists;
functions_run function_html_test;
functions_run function_html_text_match;
functions_run function_html_text_not_match;
functions_run function_html_title_subject_ratio;
functions_run function_image_count;
functions_run function_image_name_regex;
functions_run function_image_named;
functions_run function_image_size_exact;
functions_run function_image_size_range;
functions_run function_image_to_text_ratio;
functions_run function_multipart_alternative_difference;
functions_run function_multipart_alternative_difference_count;
functions_run function_pixel_coverage;
functions_run function_plaintext_body_length;
functions_run function_plaintext_body_sig_ratio;
functions_run function_plaintext_sig_length;
functions_run function_received_within_months;
functions_run function_similar_recipients;
functions_run function_sorted_recipients;
functions_run function_subject_is_all_caps;
functions_run function_tvd_vertical_words;

/* The n-th argument; NULL: it isn't there. */
const char *function_argument(const struct functions_call *call, size_t nth);

/* The n-th argument as a number; `otherwise` where it isn't there, or is "undef". */
double function_number(const struct functions_call *call, size_t nth, double otherwise);

/* "!= 0", "< 512": a comparison that begins with its operator. */
int function_compare(double value, const char *comparison);

/* Does the pattern match? NULL: no. */
int function_matches(const struct match *match, const char *bytes, size_t size);

/* Are all of a message's charsets those of the languages that `ok_locales` names? */
int function_is_far_away(const struct lists *lists, const char *charset);
int function_knows_all(const struct lists *lists); /* no language is far away */

/* Header texts, without regard to whether the field is there: lent, until the message's texts are
 * gone. */
const struct buf *function_text(const struct functions_view *view, const char *key);

/* The same as a copy. `out` is cleared first, and is a string then. */
void function_ask(const struct functions_view *view, const char *key, struct buf *out);

/* The first line of what is asked for. */
void function_ask_first(const struct functions_view *view, const char *key, struct buf *out);

/* The same with each run of white space as one blank. */
void function_ask_squeezed(const struct functions_view *view, const char *key, struct buf *out);

/* All addresses that a message says it is from, or to, each once, one a line. `out` is cleared
 * first, and is a string then. */
void function_senders(const struct functions_view *view, struct buf *out);
void function_recipients(const struct functions_view *view, struct buf *out);

/* Makes what is kept under a name that no header field can have; `fill` writes it at first. */
typedef void function_fill(const struct functions_view *view, struct buf *out);
const struct buf *function_once(
        const struct functions_view *view, const char *name, function_fill *fill);

/* Takes the next line of *rest; NULL behind the last. */
char *function_line(char **rest);

/* Received fields that a list server took away: what they would tell can't be asked. */
int function_is_gated(const struct functions_view *view);

#endif

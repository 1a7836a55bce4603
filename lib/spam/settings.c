/*
 * Lines that are no rule: they fill lists, or steer what Lazaret does its own way or not at all
 * (reports, learning, the DNS). The second kind is known and counted by key, so that nobody who
 * wrote one has to guess.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/base/text.h"
#include "lib/spam/condition.h"
#include "lib/spam/parser.h"

enum how {
	HOW_WORDS,  /* each word is a value */
	HOW_ANEW,   /* likewise, and what was there goes */
	HOW_LINE,   /* the whole rest is one */
	HOW_ONE,    /* likewise, and what was there goes, too */
	HOW_NAMED,  /* "(NAME) words", into the list "<list> NAME" */
	HOW_REMOVE, /* each word is a value to take away */
	HOW_REMOVE_NAMED,
	HOW_REMOVE_PAIRS, /* likewise each value that begins with this word and a blank */
	HOW_CLEAR,        /* the list is emptied */
};

struct setting {
	const char *key;
	enum how how;
	const char *list; /* NULL: the key's own name */
};

/* Of each address list there is the default one that comes with the rules (def_…), and a line that
 * takes away again (un…). */
static const struct setting settings[] = {
        {"welcomelist_from", HOW_WORDS, NULL},
        {"unwelcomelist_from", HOW_REMOVE, "welcomelist_from"},
        {"welcomelist_from_rcvd", HOW_LINE, NULL},
        {"def_welcomelist_from_rcvd", HOW_LINE, NULL},
        {"unwelcomelist_from_rcvd", HOW_REMOVE_PAIRS, "welcomelist_from_rcvd"},
        {"welcomelist_allows_relays", HOW_WORDS, NULL},
        {"welcomelist_to", HOW_WORDS, NULL},
        {"more_spam_to", HOW_WORDS, NULL},
        {"all_spam_to", HOW_WORDS, NULL},
        {"blocklist_from", HOW_WORDS, NULL},
        {"unblocklist_from", HOW_REMOVE, "blocklist_from"},
        {"blocklist_to", HOW_WORDS, NULL},
        {"welcomelist_auth", HOW_WORDS, NULL},
        {"def_welcomelist_auth", HOW_WORDS, NULL},
        {"unwelcomelist_auth", HOW_REMOVE, "welcomelist_auth"},
        {"welcomelist_from_dkim", HOW_LINE, NULL},
        {"def_welcomelist_from_dkim", HOW_LINE, NULL},
        {"unwelcomelist_from_dkim", HOW_REMOVE_PAIRS, "welcomelist_from_dkim"},
        {"welcomelist_from_spf", HOW_WORDS, NULL},
        {"def_welcomelist_from_spf", HOW_WORDS, NULL},
        {"unwelcomelist_from_spf", HOW_REMOVE, "welcomelist_from_spf"},
        {"welcomelist_bounce_relays", HOW_WORDS, NULL},
        {"welcomelist_subject", HOW_LINE, NULL},
        {"blocklist_subject", HOW_LINE, NULL},
        {"enlist_addrlist", HOW_NAMED, "addrlist"},
        {"delist_addrlist", HOW_REMOVE_NAMED, "addrlist"},
        {"enlist_uri_host", HOW_NAMED, "uri_host"},
        {"delist_uri_host", HOW_REMOVE_NAMED, "uri_host"},
        {"blocklist_uri_host", HOW_WORDS, "uri_host BLOCK"},
        {"unblocklist_uri_host", HOW_REMOVE, "uri_host BLOCK"},
        {"welcomelist_uri_host", HOW_WORDS, "uri_host WELCOME"},
        {"unwelcomelist_uri_host", HOW_REMOVE, "uri_host WELCOME"},
        {"adsp_override", HOW_LINE, NULL},
        {"freemail_domains", HOW_WORDS, NULL},
        {"freemail_welcomelist", HOW_WORDS, NULL},
        {"freemail_import_welcomelist_auth", HOW_ONE, NULL},
        {"freemail_import_def_welcomelist_auth", HOW_ONE, NULL},
        {"freemail_max_body_emails", HOW_ONE, NULL},
        {"freemail_max_body_freemails", HOW_ONE, NULL},
        {"freemail_skip_when_over_max", HOW_ONE, NULL},
        {"freemail_skip_bulk_envfrom", HOW_ONE, NULL},
        {"util_rb_tld", HOW_WORDS, NULL},
        {"util_rb_2tld", HOW_WORDS, NULL},
        {"util_rb_3tld", HOW_WORDS, NULL},
        {"clear_util_rb", HOW_CLEAR, "util_rb_tld util_rb_2tld util_rb_3tld"},
        {"redirector_pattern", HOW_LINE, NULL},
        {"parse_dkim_uris", HOW_ONE, NULL},
        {"url_shortener", HOW_WORDS, NULL},
        {"url_shortener_get", HOW_WORDS, NULL},
        {"clear_url_shortener", HOW_CLEAR, "url_shortener url_shortener_get"},
        {"originating_ip_headers", HOW_WORDS, NULL},
        {"clear_originating_ip_headers", HOW_CLEAR, "originating_ip_headers"},
        {"trusted_networks", HOW_WORDS, NULL},
        {"clear_trusted_networks", HOW_CLEAR, "trusted_networks"},
        {"internal_networks", HOW_WORDS, NULL},
        {"clear_internal_networks", HOW_CLEAR, "internal_networks"},
        {"msa_networks", HOW_WORDS, NULL},
        {"clear_msa_networks", HOW_CLEAR, "msa_networks"},
        {"envelope_sender_header", HOW_ONE, NULL},
        {"always_trust_envelope_sender", HOW_ONE, NULL},
        {"ok_locales", HOW_ANEW, NULL},
        {"uridnsbl_skip_domain", HOW_WORDS, NULL},
        {"clear_uridnsbl_skip_domain", HOW_CLEAR, "uridnsbl_skip_domain"},
};

/* Settings whose business is done elsewhere (lazaret.yaml, the policy, the notices), or that belong
 * to what asks the network or learns in SpamAssassin's way. */
static const char *const without_meaning[] = {"add_header", "allow_user_rules", "asn_lookup",
        "asn_lookup_ipv6", "auto_welcomelist_factor", "auto_welcomelist_path", "bayes_auto_expire",
        "bayes_auto_learn", "bayes_auto_learn_on_error", "bayes_auto_learn_threshold_nonspam",
        "bayes_auto_learn_threshold_spam", "bayes_expiry_max_db_size", "bayes_file_mode",
        "bayes_ignore_from", "bayes_ignore_header", "bayes_ignore_to", "bayes_learn_to_journal",
        "bayes_min_ham_num", "bayes_min_spam_num", "bayes_path", "bayes_sql_dsn",
        "bayes_sql_password", "bayes_sql_username", "bayes_store_module", "bayes_token_sources",
        "bayes_use_hapaxes", "body_part_scan_size", "clear_asn_lookups", "clear_dns_servers",
        "clear_headers", "clear_report_template", "clear_unsafe_report_template", "country_db_path",
        "country_db_type", "dkim_minimum_key_bits", "dkim_timeout", "dns_available",
        "dns_block_rule", "dns_block_time", "dns_local_ports_avoid", "dns_local_ports_none",
        "dns_local_ports_permit", "dns_options", "dns_query_restriction", "dns_server",
        "dns_test_interval", "enable_compat", "fold_headers", "geodb_module", "geodb_options",
        "geodb_search_path", "ignore_always_matching_regexps", "lock_method",
        "mbox_format_from_regex", "normalize_charset", "pyzor_max", "pyzor_options", "pyzor_path",
        "pyzor_timeout", "rawbody_part_scan_size", "razor_config", "razor_timeout", "rbl_timeout",
        "remove_header", "report", "report_charset", "report_contact", "report_hostname",
        "report_safe", "report_safe_copy_headers", "report_wrap_width", "required_score",
        "required_hits", "reuse", "rewrite_header", "rule_version", "run_reuse_tests_only",
        "skip_rbl_checks", "skip_uribl_checks", "spf_timeout", "subjprefix", "test", "time_limit",
        "unsafe_report", "uridnsbl_max_domains", "uridnsbl_timeout", "url", "use_auto_welcomelist",
        "use_bayes", "use_bayes_rules", "use_dcc", "use_learner", "use_pyzor", "use_razor2",
        "user_scores_dsn", "user_scores_sql_password", "user_scores_sql_username", "version_tag"};

/* SpamAssassin 4 has new words for some and still knows the old ones. */
static void put_word(char **key, const char *old, const char *new)
{
	char *found = strstr(*key, old), *renamed;

	if (!found)
		return;
	renamed = alloc_format("%.*s%s%s", (int)(found - *key), *key, new, found + strlen(old));
	free(*key);
	*key = renamed;
}

/* The key as of today, to be freed. */
static char *todays_key(const char *key)
{
	char *name = alloc_string(key);

	put_word(&name, "whitelist", "welcomelist");
	put_word(&name, "blacklist", "blocklist");
	return name;
}

static const struct setting *find_setting(const char *key)
{
	for (size_t i = 0; i < sizeof(settings) / sizeof(*settings); i++) {
		if (strcmp(settings[i].key, key) == 0)
			return &settings[i];
	}
	return NULL;
}

static int has_no_meaning(const char *key)
{
	/* One for each language. */
	if (text_starts(key, "bayes_stopword_"))
		return 1;
	for (size_t i = 0; i < sizeof(without_meaning) / sizeof(*without_meaning); i++) {
		if (strcmp(without_meaning[i], key) == 0)
			return 1;
	}
	return 0;
}

static void remove_pairs(struct lists *lists, const char *list, const char *first)
{
	size_t size = strlen(first), at = 0;
	const char *value;
	char *copy;

	while ((value = lists_at(lists, list, at)) != NULL) {
		if (!text_starts(value, first) || (value[size] && value[size] != ' ')) {
			at++;
			continue;
		}
		copy = alloc_string(value);
		lists_remove(lists, list, copy);
		free(copy);
	}
}

static void take_words(struct lists *lists, const char *list, enum how how, char *rest)
{
	const char *word;

	while (*rest) {
		word = parser_word(&rest);
		if (how == HOW_REMOVE)
			lists_remove(lists, list, word);
		else if (how == HOW_REMOVE_PAIRS)
			remove_pairs(lists, list, word);
		else
			lists_add(lists, list, word);
	}
}

/* Adds the words with one blank between each two. */
static void take_line(struct lists *lists, const char *list, char *rest)
{
	char *value = alloc_string(rest), *out = value;

	for (const char *word = parser_word(&rest); *word; word = parser_word(&rest)) {
		if (out != value)
			*out++ = ' ';
		memcpy(out, word, strlen(word));
		out += strlen(word);
	}
	*out = '\0';
	lists_add(lists, list, value);
	free(value);
}

/* "(NAME) words": gives the list's name, to be freed, and puts *rest behind it. NULL: no name. */
static char *named_list(const char *list, char **rest)
{
	char *name = parser_word(rest);
	size_t size = strlen(name);

	if (size < 3 || name[0] != '(' || name[size - 1] != ')')
		return NULL;
	name[size - 1] = '\0';
	return alloc_format("%s %s", list, name + 1);
}

static void take_named(struct parser *parser, const struct setting *setting, char *rest)
{
	char *list = named_list(setting->list, &rest);

	if (list && *rest)
		take_words(parser->rules->lists, list,
		        setting->how == HOW_NAMED ? HOW_WORDS : HOW_REMOVE, rest);
	else if (list && setting->how == HOW_REMOVE_NAMED)
		lists_clear(parser->rules->lists, list);
	else
		parser_skip(parser, "%s: (NAME) and values were expected", setting->key);
	free(list);
}

static void clear_lists(struct lists *lists, const char *names)
{
	char *copy = alloc_string(names), *rest = copy;

	while (*rest)
		lists_clear(lists, parser_word(&rest));
	free(copy);
}

static void take_setting(
        struct parser *parser, const struct setting *setting, const char *key, char *rest)
{
	const char *list = setting->list ? setting->list : key;
	struct lists *lists = parser->rules->lists;

	if (setting->how == HOW_CLEAR) {
		clear_lists(lists, list);
	} else if (setting->how == HOW_NAMED || setting->how == HOW_REMOVE_NAMED) {
		take_named(parser, setting, rest);
	} else if (!*rest) {
		parser_skip(parser, "%s: a value is missing", key);
	} else if (setting->how == HOW_LINE || setting->how == HOW_ONE) {
		if (setting->how == HOW_ONE)
			lists_clear(lists, list);
		take_line(lists, list, rest);
	} else {
		if (setting->how == HOW_ANEW)
			lists_clear(lists, list);
		take_words(lists, list, setting->how, rest);
	}
}

static void load_plugin(struct parser *parser, char *rest)
{
	const char *name = parser_word(&rest);

	if (!condition_has_plugin(name))
		parser_skip(parser, "plugin %.60s is not here", name);
}

int parser_setting(struct parser *parser, const char *key, char *rest)
{
	char *today = todays_key(key);
	const struct setting *setting = find_setting(today);
	int is_known = 1;

	if (setting) {
		take_setting(parser, setting, setting->key, rest);
	} else if (strcmp(today, "loadplugin") == 0 || strcmp(today, "tryplugin") == 0) {
		load_plugin(parser, rest);
	} else if (has_no_meaning(today)) {
		lists_add(parser->rules->without_meaning, "key", today);
		parser->rules->meaningless++;
	} else {
		is_known = 0;
	}
	free(today);
	return is_known;
}

#include "lib/spam/condition.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/base/buf.h"
#include "lib/spam/meta.h"

#define PLUGIN "Mail::SpamAssassin::Plugin::"
#define CONF "Mail::SpamAssassin::Conf::"

/*
 * Those that SpamAssassin loads by itself, as far as their lines are understood here. Some ask the
 * network: their rules are known, and not run, as in a SpamAssassin that is told to stay local.
 */
static const char *const plugins[] = {
        PLUGIN "AskDNS",
        PLUGIN "AutoLearnThreshold",
        PLUGIN "Bayes",
        PLUGIN "BodyEval",
        PLUGIN "Check",
        PLUGIN "DKIM",
        PLUGIN "DMARC",
        PLUGIN "DNSEval",
        PLUGIN "Dmarc",
        PLUGIN "FreeMail",
        PLUGIN "HTMLEval",
        PLUGIN "HTTPSMismatch",
        PLUGIN "HashBL",
        PLUGIN "HeaderEval",
        PLUGIN "ImageInfo",
        PLUGIN "MIMEEval",
        PLUGIN "MIMEHeader",
        PLUGIN "Pyzor",
        PLUGIN "RaciallyCharged",
        PLUGIN "Razor2",
        PLUGIN "RelayEval",
        PLUGIN "ReplaceTags",
        PLUGIN "SPF",
        PLUGIN "SpamCop",
        PLUGIN "URIDNSBL",
        PLUGIN "URIDetail",
        PLUGIN "URIEval",
        PLUGIN "VBounce",
        PLUGIN "WLBLEval",
        PLUGIN "WelcomeListSubject",
        PLUGIN "WhiteListSubject",
};

/* What can() and has() are asked for. The first is switched on where SpamAssassin is installed
 * anew: rules have their names of today, and not those of before beside them. */
static const char *const features[] = {
        CONF "compat_welcomelist_blocklist",
        CONF "feature_bayes_auto_learn_on_error",
        CONF "feature_bayes_stopwords",
        CONF "feature_blocklist_welcomelist",
        CONF "feature_bug6558_free",
        CONF "feature_capture_rules",
        CONF "feature_compile_regexp",
        CONF "feature_dns_block_rule",
        CONF "feature_dns_local_ports_permit_avoid",
        CONF "feature_dns_query_restriction",
        CONF "feature_edns",
        CONF "feature_geodb",
        CONF "feature_get_host",
        CONF "feature_header_address_parser",
        CONF "feature_header_first_last",
        CONF "feature_header_match_many",
        CONF "feature_local_tests_only",
        CONF "feature_meta_rules_matching",
        CONF "feature_originating_ip_headers",
        CONF "feature_registryboundaries",
        CONF "feature_subjprefix",
        CONF "feature_uri_host_listed",
        CONF "feature_welcomelist_blocklist",
        CONF "feature_yesno_takes_args",
        CONF "has_tflags_nolog",
        CONF "has_tflags_nosubject",
        CONF "perl_min_version_5010000",
        PLUGIN "AskDNS::has_tag_header",
        PLUGIN "BodyEval::has_check_body_length",
        PLUGIN "BodyEval::has_plaintext_body_sig_ratio",
        PLUGIN "DKIM::has_arc",
        PLUGIN "DNSEval::has_tflags_domains_only",
        PLUGIN "DNSEval::has_tflags_ips_only",
        PLUGIN "HashBL::has_hashbl_attachments",
        PLUGIN "HashBL::has_hashbl_bodyre",
        PLUGIN "HashBL::has_hashbl_bodyre_num",
        PLUGIN "HashBL::has_hashbl_email_domain",
        PLUGIN "HashBL::has_hashbl_email_domain_alias",
        PLUGIN "HashBL::has_hashbl_email_regex",
        PLUGIN "HashBL::has_hashbl_email_welcomelist",
        PLUGIN "HashBL::has_hashbl_email_whitelist",
        PLUGIN "HashBL::has_hashbl_emails",
        PLUGIN "HashBL::has_hashbl_ignore",
        PLUGIN "HashBL::has_hashbl_sha256",
        PLUGIN "HashBL::has_hashbl_tag",
        PLUGIN "HashBL::has_hashbl_uris",
        PLUGIN "MIMEEval::has_check_abundant_unicode_ratio",
        PLUGIN "MIMEEval::has_check_for_ascii_text_illegal",
        PLUGIN "MIMEEval::has_check_qp_ratio",
        PLUGIN "MIMEHeader::has_all_header",
        PLUGIN "MIMEHeader::has_capture_rules",
        PLUGIN "MIMEHeader::has_tflags_concat",
        PLUGIN "MIMEHeader::has_tflags_multiple",
        PLUGIN "MIMEHeader::has_tflags_range",
        PLUGIN "SPF::has_check_for_spf_errors",
        PLUGIN "SPF::has_check_spf_skipped_noenvfrom",
        PLUGIN "URIDNSBL::has_subtest_for_ranges",
        PLUGIN "URIDNSBL::has_tflags_domains_only",
        PLUGIN "URIDNSBL::has_tflags_notrim",
        PLUGIN "URIDNSBL::has_uridnsbl_a_ns",
        PLUGIN "URIDNSBL::has_uridnsbl_for_a",
        PLUGIN "URIDNSBL::has_uridnsbl_skip_mailto",
        PLUGIN "URIDetail::has_host_key",
};

static int is_listed(const char *const *list, size_t count, const char *name, size_t size)
{
	for (size_t i = 0; i < count; i++) {
		if (strlen(list[i]) == size && memcmp(list[i], name, size) == 0)
			return 1;
	}
	return 0;
}

int condition_has_plugin(const char *name)
{
	return is_listed(plugins, sizeof(plugins) / sizeof(*plugins), name, strlen(name));
}

int condition_is_our_version(const char *text)
{
	/* Rule files that were never installed still have the placeholder. */
	return strcmp(text, "@@VERSION@@") == 0 || strtod(text, NULL) == CONDITION_VERSION;
}

/* Answers "word(argument)" at *at and steps over it; -1 where it isn't one of ours. */
static int answer(const char **at, const char *word, const char *const *list, size_t count)
{
	size_t word_size = strlen(word), size;
	const char *name, *end;

	if (strncmp(*at, word, word_size) != 0)
		return -1;
	name = *at + word_size;
	name += strspn(name, " \t");
	size = strcspn(name, " \t)");
	end = name + size + strspn(name + size, " \t");
	if (*end != ')')
		return -1;
	*at = end + 1;
	return is_listed(list, count, name, size);
}

/* Puts 0 or 1 in the place of questions, so that what is left is arithmetic as in a meta. */
static void answer_questions(const char *text, struct buf *out)
{
	int yes;

	while (*text) {
		yes = answer(&text, "plugin(", plugins, sizeof(plugins) / sizeof(*plugins));
		if (yes < 0)
			yes = answer(&text, "can(", features, sizeof(features) / sizeof(*features));
		if (yes < 0)
			yes = answer(&text, "has(", features, sizeof(features) / sizeof(*features));
		if (yes < 0)
			buf_add_char(out, *text++);
		else
			buf_add_char(out, yes ? '1' : '0');
	}
}

enum { NAME_VERSION, NAME_PERL_VERSION, NAME_OTHER };

static size_t number_of(void *context, const char *name)
{
	if (strcmp(name, "version") == 0)
		return NAME_VERSION;
	if (strcmp(name, "perl_version") == 0)
		return NAME_PERL_VERSION;
	*(int *)context = 1;
	return NAME_OTHER;
}

static struct meta_value value_of(void *context, size_t number)
{
	/* We have no Perl, but patterns as rich as a recent one's. */
	double value = number == NAME_VERSION        ? CONDITION_VERSION
	               : number == NAME_PERL_VERSION ? 5.036
	                                             : 0;

	return (struct meta_value){value, value};
}

enum result condition_holds(const char *text, struct err *err)
{
	struct meta *meta = NULL;
	struct buf plain = {0};
	enum result result;
	int strange = 0;

	answer_questions(text, &plain);
	result = meta_parse(plain.data ? plain.data : "", number_of, &strange, &meta, err);
	buf_fini(&plain);
	if (result)
		return result;
	result = meta_is_true(meta_run(meta, value_of, NULL)) ? RESULT_OK : RESULT_NONE;
	meta_free(&meta);
	return strange ? err_set(err, RESULT_PERMANENT, "unknown condition: %.100s", text) : result;
}

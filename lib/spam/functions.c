#include "lib/spam/functions.h"

#include <stdlib.h>
#include <string.h>

/* In the order of names. Those that ask the network are known, so that a rule that names one is
 * told as not run instead of not understood. */
static const struct functions_entry entries[] = {
        {"check_arc_signed", NULL, 1},
        {"check_arc_valid", NULL, 1},
        {"check_asn", NULL, 1},
        {"check_dcc", NULL, 1},
        {"check_dcc_reputation_range", NULL, 1},
        {"check_dkim_adsp", NULL, 1},
        {"check_dkim_dependable", NULL, 1},
        {"check_dkim_signall", NULL, 1},
        {"check_dkim_signed", NULL, 1},
        {"check_dkim_signsome", NULL, 1},
        {"check_dkim_testing", NULL, 1},
        {"check_dkim_valid", NULL, 1},
        {"check_dkim_valid_author_sig", NULL, 1},
        {"check_dkim_valid_envelopefrom", NULL, 1},
        {"check_dkim_verified", NULL, 1},
        {"check_dmarc_missing", NULL, 1},
        {"check_dmarc_none", NULL, 1},
        {"check_dmarc_pass", NULL, 1},
        {"check_dmarc_quarantine", NULL, 1},
        {"check_dmarc_reject", NULL, 1},
        {"check_dns_sender", NULL, 1},
        {"check_for_def_dkim_welcomelist_from", NULL, 1},
        {"check_for_def_dkim_whitelist_from", NULL, 1},
        {"check_for_def_spf_welcomelist_from", NULL, 1},
        {"check_for_def_spf_whitelist_from", NULL, 1},
        {"check_for_dkim_welcomelist_from", NULL, 1},
        {"check_for_dkim_whitelist_from", NULL, 1},
        {"check_for_spf_fail", NULL, 1},
        {"check_for_spf_helo_fail", NULL, 1},
        {"check_for_spf_helo_neutral", NULL, 1},
        {"check_for_spf_helo_none", NULL, 1},
        {"check_for_spf_helo_pass", NULL, 1},
        {"check_for_spf_helo_permerror", NULL, 1},
        {"check_for_spf_helo_softfail", NULL, 1},
        {"check_for_spf_helo_temperror", NULL, 1},
        {"check_for_spf_neutral", NULL, 1},
        {"check_for_spf_none", NULL, 1},
        {"check_for_spf_pass", NULL, 1},
        {"check_for_spf_permerror", NULL, 1},
        {"check_for_spf_softfail", NULL, 1},
        {"check_for_spf_temperror", NULL, 1},
        {"check_for_spf_welcomelist_from", NULL, 1},
        {"check_for_spf_whitelist_from", NULL, 1},
        {"check_hashbl_attachments", NULL, 1},
        {"check_hashbl_bodyre", NULL, 1},
        {"check_hashbl_emails", NULL, 1},
        {"check_hashbl_tag", NULL, 1},
        {"check_hashbl_uris", NULL, 1},
        {"check_pyzor", NULL, 1},
        {"check_razor2", NULL, 1},
        {"check_razor2_range", NULL, 1},
        {"check_rbl", NULL, 1},
        {"check_rbl_accreditor", NULL, 1},
        {"check_rbl_envfrom", NULL, 1},
        {"check_rbl_from_domain", NULL, 1},
        {"check_rbl_from_host", NULL, 1},
        {"check_rbl_headers", NULL, 1},
        {"check_rbl_ns_from", NULL, 1},
        {"check_rbl_rcvd", NULL, 1},
        {"check_rbl_sub", NULL, 1},
        {"check_rbl_txt", NULL, 1},
        {"check_spf_skipped_noenvfrom", NULL, 1},
        {"check_uridnsbl", NULL, 1},
};

static int by_name(const void *name, const void *entry)
{
	return strcmp(name, ((const struct functions_entry *)entry)->name);
}

const struct functions_entry *functions_find(const char *name)
{
	return bsearch(
	        name, entries, sizeof(entries) / sizeof(*entries), sizeof(*entries), by_name);
}

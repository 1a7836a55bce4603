/*
 * Rows of the table: what is kept, and who is told of it.
 */
#include "lib/config/rows.h"

static const struct field operator_fields[] = {
        {"name", FIELD_TEXT, AT(operator, name), "operator<number>", NULL, FORM_NAME,
                .prose = "Shown in the audit."},
        {"user", FIELD_TEXT, AT(operator, user), "", "anna", FORM_USER,
                .prose = "A local account, as the kernel tells it. Not root or site.user, which "
                         "are administrators."},
        {"key", FIELD_TEXT, AT(operator, key), "", "desk", FORM_ANY,
                .prose = "In its place a CURVE key, as it stands in curve.allowed_keys, or its "
                         "name there."},
        {"domains", FIELD_LIST, AT(operator, domains), "[]", "[example.org, .example.com]",
                FORM_DOMAIN_BELOW,
                .prose = "Items of these domains only: of a recipient, or of a sender who was "
                         "authenticated. example.org is that one alone, .example.org it and all "
                         "below it. Empty: all items."},
        {"actions", FIELD_LIST, AT(operator, actions), "[list, show, release]", NULL, FORM_ANY,
                .choices = choice_operator_actions,
                .prose = "What is allowed. release includes show and export, as what is released "
                         "is scanned anew by who does it."},
};
static const struct section operator_section = SECTION(operator, operator_fields);
static const struct field retention_fields[] = {
        {"reasons", FIELD_LIST, AT(retention, reasons), "[]", "[spam, subject]", FORM_ANY,
                .choices = choice_item_reasons,
                .prose = "Why it was kept; empty: whatever it was."},
        {"domains", FIELD_LIST, AT(retention, domains), "[]", "[.example.org]", FORM_DOMAIN_BELOW,
                .prose = "Domains of which one recipient at least must be: example.org is that one "
                         "alone, .example.org it and all below it; empty: any."},
        {"keep", FIELD_TIME, AT(retention, keep_ms), NULL, "7d", .most = 36500 * DAY,
                .prose = "Age at which such items are deleted; 0 is never."},
};
static const struct section retention_section = SECTION(retention, retention_fields);

static const struct field quota_fields[] = {
        {"domains", FIELD_LIST, AT(quota, domains), "[]", "[example.org]", FORM_DOMAIN_BELOW,
                .prose = "Domains of recipients that it is for, as in retention; empty: all."},
        {"size", FIELD_SIZE, AT(quota, size), "0", "2G", .most = 16 * TIB,
                .prose = "Bytes that each of these domains may have; 0: no limit."},
        {"each_recipient", FIELD_SIZE, AT(quota, each_recipient), "0", "100M", .most = 16 * TIB,
                .prose = "Bytes that each recipient in them may have; 0: no limit."},
};
static const struct section quota_section = SECTION(quota, quota_fields);

static const struct field quarantine_fields[] = {
        {"listen", FIELD_LIST, AT(quarantine, listen),
                "[ipc://<site.run_dir>/quarantine/store.ipc]", NULL, FORM_ENDPOINT,
                .prose = "Endpoints on which the quarantine listens."},
        {"group", FIELD_TEXT, AT(quarantine, group), "", "lazaret-operators", FORM_USER,
                .prose = "Group that may open the ipc:// endpoints beside site.user, and "
                         "broker.fronts, "
                         "where what is to be released is scanned: that of the local accounts "
                         "among the operators. Empty: nobody else."},
        {"operators", FIELD_RULES, AT(quarantine, operators), "[]",
                "- name: anna\n  user: anna\n  domains: [example.org]\n  actions: [list, show, "
                "release]\n",
                .section = &operator_section,
                .prose = "Who may do some things only. Without a rule root, site.user and keys of "
                         "tools may do everything, other keys what their programs need, and other "
                         "accounts nothing. What is refused is in the audit."},
        {"keep_audit", FIELD_TIME, AT(quarantine, keep_audit_ms), "0", .most = 36500 * DAY,
                .prose = "Age at which entries of the audit are trimmed, or up to a day later; 0 "
                         "is never. What remains can still be verified."},
        {"path", FIELD_TEXT, AT(quarantine, path), "<site.state_dir>/quarantine", NULL, FORM_PATH,
                .prose = "Folder of the database, on a local disk."},
        {"map_size", FIELD_SIZE, AT(quarantine, map_size), "4G", .least = 16 * MIB,
                .most = 16 * TIB,
                .prose = "The most that the database may grow to. It takes no space before it is "
                         "needed."},
        {"reserve", FIELD_SIZE, AT(quarantine, reserve), "0", .most = TIB,
                .prose = "Of it, and of its disk, kept free so that deletes always work: what "
                         "would go beyond is "
                         "deferred, and loudly. 0: a sixteenth of map_size."},
        {"max_item_size", FIELD_SIZE, AT(quarantine, max_item_size), "64M", .least = 64 * KIB,
                .most = 2 * GIB,
                .prose = "The largest message that is stored. At least size.max_size."},
        {"commit_delay", FIELD_TIME, AT(quarantine, commit_delay_ms), "2ms", .most = SECOND,
                .prose = "How long a commit may wait for others to share its write to disk. It "
                         "waits only while fewer are there than shared the last one, so a single "
                         "writer never does."},
        {"confirm_timeout", FIELD_TIME, AT(quarantine, confirm_timeout_ms), "6h", .least = MINUTE,
                .most = 30 * DAY,
                .prose = "After so long an item whose delivery nobody confirmed is marked so, and "
                         "its notices go out and say it. Longer than the MTA's pauses between "
                         "tries."},
        {"keep", FIELD_TIME, AT(quarantine, keep_ms), "30d", .most = 36500 * DAY,
                .prose = "Age at which items are deleted; 0 is never."},
        {"retention", FIELD_RULES, AT(quarantine, retention), "[]",
                "- reasons: [spam]\n  keep: 7d\n- domains: [.example.org]\n  keep: 90d\n",
                .section = &retention_section,
                .prose = "Other ages for some items; the first rule that fits counts. A change "
                         "holds for what is there already."},
        {"quotas", FIELD_RULES, AT(quarantine, quotas), "[]",
                "- domains: [example.org]\n  size: 2G\n- each_recipient: 100M\n",
                .section = &quota_section,
                .prose = "How much of what is kept a domain or a recipient may have, in bytes "
                         "before they are compressed. An item counts once for each domain and each "
                         "recipient that it was kept from. Of each limit the first rule that has "
                         "it and fits counts."},
        {"over_quota", FIELD_CHOICE, AT(quarantine, over_quota), "oldest",
                .choices = choice_over_quota,
                .prose = "What happens where a quota is full. What is under legal hold, what is "
                         "being released and what the MTA may still ask about never makes room; "
                         "where nothing else is left, mail is deferred."},
        {"compress", FIELD_BOOL, AT(quarantine, compress), "true",
                .prose = "Compresses what is kept, where its beginning shows that this saves an "
                         "eighth at least. What is there already is read as it is."},
        {"compress_level", FIELD_NUMBER, AT(quarantine, compress_level), "3", .least = 1,
                .most = 19, .prose = "Level of zstd: more saves a little more and costs time."},
        {"lease", FIELD_TIME, AT(quarantine, lease_ms), "5m", .least = 10 * SECOND, .most = DAY,
                .prose = "How long a notifier may hold a record of the outbox before another may "
                         "take it."},
};
const struct section table_quarantine = SECTION(quarantine, quarantine_fields);

static const struct field language_fields[] = {
        {"domains", FIELD_LIST, AT(language, domains), NULL, "[.de, example.org]",
                FORM_DOMAIN_BELOW,
                .prose = "Domains of those whom a notice goes to: example.org is that one alone, "
                         ".example.org it and all below it."},
        {"language", FIELD_TEXT, AT(language, language), NULL, "de", FORM_NAME,
                .prose = "Their language: a folder in templates."},
};
static const struct section languages_section = SECTION(language, language_fields);

static const struct field digest_fields[] = {
        {"recipients", FIELD_LIST, AT(digest, recipients), NULL, "[.example.org]", FORM_MAIL_GLOB,
                .prose = "Who gets a digest: user@domain, @domain, .domain or a pattern."},
        {"every", FIELD_CHOICE, AT(digest, every), "daily", .choices = choice_every_words,
                .prose = "How often."},
        {"at", FIELD_TEXT, AT(digest, at), "07:00", NULL, FORM_CLOCK,
                .prose = "When, in the local time of the quarantine's host."},
};
static const struct section digests_section = SECTION(digest, digest_fields);

static const struct field request_fields[] = {
        {"reasons", FIELD_LIST, AT(request, reasons), "[]", "[attachment, spam]", FORM_ANY,
                .choices = choice_item_reasons,
                .prose = "What it was kept for; empty is any reason."},
        {"allow", FIELD_CHOICE, AT(request, allow), NULL, "ask", .choices = choice_allow_words,
                .prose = "What happens. Where a virus was found, nothing is released, whatever "
                         "stands here."},
};
static const struct section requests_section = SECTION(request, request_fields);

static const struct field notifier_fields[] = {
        {"quarantine", FIELD_TEXT, AT(notifier, quarantine),
                "ipc://<site.run_dir>/quarantine/store.ipc", NULL, FORM_ENDPOINT,
                .prose = "The quarantine whose outbox is carried."},
        {"next_hop", FIELD_TEXT, AT(notifier, next_hop), "<front.next_hop>", NULL, FORM_HOST_PORT,
                .prose = "Where notices and released mail go by SMTP."},
        {"release_pass", FIELD_BOOL, AT(notifier, release_pass), "false",
                .prose = "Puts a signed pass on top of released mail, which lets just this mail "
                         "through our filter once: where the next hop leads through it again. See "
                         "docs/RELEASE.md."},
        {"pass_lifetime", FIELD_TIME, AT(notifier, pass_lifetime_ms), "2d", .least = MINUTE,
                .most = 30 * DAY,
                .prose = "How long a pass is good for: longer than a queue holds mail."},
        {"from", FIELD_TEXT, AT(notifier, from), "<site.admin>", NULL, FORM_ADDRESS,
                .prose = "The From of notices. Their reverse-path is null, so that they are never "
                         "bounced."},
        {"to_sender", FIELD_BOOL, AT(notifier, to_sender), "true",
                .prose = "Tells the sender, but only where the address cannot be forged, never for "
                         "viruses, never for automatic mail."},
        {"to_recipient", FIELD_BOOL, AT(notifier, to_recipient), "true",
                .prose = "Tells the recipients what was cut, held or refused."},
        {"to_admin", FIELD_BOOL, AT(notifier, to_admin), "true",
                .prose = "Tells the administrator."},
        {"not_for", FIELD_LIST, AT(notifier, not_for), "[spam, subject, access]", NULL, FORM_ANY,
                .choices = choice_item_reasons,
                .prose = "Reasons that make no notice: what comes in floods. Digests list it all "
                         "the same."},
        {"templates", FIELD_TEXT, AT(notifier, templates), "<datadir>/templates", NULL, FORM_PATH,
                .prose = "Folder of the texts of notices, with a folder for each language; see "
                         "qnotify(8)."},
        {"language", FIELD_TEXT, AT(notifier, language), "en", NULL, FORM_NAME,
                .prose = "The language of notices: a folder in templates. en and de come with "
                         "Lazaret."},
        {"languages", FIELD_RULES, AT(notifier, languages), "[]",
                "- domains: [.de, example.org]\n  language: de\n", .section = &languages_section,
                .prose = "Other languages by the address that a notice goes to; the first rule "
                         "that matches counts."},
        {"trusted_auth_results", FIELD_LIST, AT(notifier, trusted_auth_results), "[]",
                "[mx.example.org]", FORM_HOST,
                .prose = "Names (authserv-id) whose Authentication-Results fields are believed, "
                         "because the MTA in front of us writes them and removes forged ones (RFC "
                         "8601 section 5)."},
        {"poll", FIELD_TIME, AT(notifier, poll_ms), "2s", .least = 100, .most = HOUR,
                .prose = "How often the outbox is looked at."},
        {"retry", FIELD_TIME, AT(notifier, retry_ms), "5m", .least = SECOND, .most = DAY,
                .prose = "Pause after a try that failed. It doubles with each, up to 64 times as "
                         "long."},
        {"attempts", FIELD_NUMBER, AT(notifier, attempts), "20", .least = 1, .most = 1000,
                .prose = "Tries before a notice or a release counts as failed."},
        {"flood_after", FIELD_NUMBER, AT(notifier, flood_after), "3", .most = 1000000,
                .prose = "Notices to the administrator of one cause (a virus, or the rule that "
                         "decided) that go out singly within flood_window. All further ones are "
                         "gathered in one with their number, at the end of each window, until the "
                         "flood is over. 0 sends all of them."},
        {"flood_window", FIELD_TIME, AT(notifier, flood_window_ms), "1h", .least = SECOND,
                .most = 7 * DAY, .prose = "See flood_after."},
        {"rate_per_address", FIELD_NUMBER, AT(notifier, rate_per_address), "20", .most = 1000000,
                .prose = "Single notices of a kind to one address within an hour. What is beyond "
                         "is gathered in one at the end of the hour. 0 sends all of them."},
        {"digest", FIELD_RULES, AT(notifier, digest), "[]",
                "- recipients: [.example.org]\n  every: daily\n  at: \"07:00\"\n",
                .section = &digests_section,
                .prose = "Recipients who get one mail a day or a week that lists what was held "
                         "instead of a notice of each; none where nothing was. The first rule "
                         "that matches counts."},
        {"request_address", FIELD_TEXT, AT(notifier, request_address), "", "release@example.org",
                FORM_ADDRESS,
                .prose = "Where recipients answer to ask for the release of what was kept: notices "
                         "carry it with a token behind a \"+\". The MTA must accept it with and "
                         "without that, and send it through this filter. Empty: nobody can ask."},
        {"request_expires", FIELD_TIME, AT(notifier, request_expires_ms), "14d", .least = SECOND,
                .most = 365 * DAY, .prose = "How long it may be asked for."},
        {"requests", FIELD_RULES, AT(notifier, requests), "[]",
                "- reasons: [spam]\n  allow: release\n- allow: ask\n", .section = &requests_section,
                .prose = "What recipients may ask for, by the reason that it was kept for. The "
                         "first rule that matches counts; without one it is never released."},
};
const struct section table_notifier = SECTION(notifier, notifier_fields);

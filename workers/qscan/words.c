#include "workers/qscan/words.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/buf.h"
#include "lib/base/safe.h"

/* "attachments.executables" is what an administrator greps for; a reader wants "executables". */
static const char *rule_name(const struct finding *finding)
{
	const char *dot = strchr(finding->rule, '.');

	return dot ? dot + 1 : finding->rule;
}

/* "1.2/tools.zip/x.exe" without the part's number. "" for a part that has no name. */
static const char *named(const char *where)
{
	const char *at = where;

	if (strncmp(at, "view.", 5) == 0) /* a part that GMime alone sees */
		at += 5;
	at += strspn(at, "0123456789.");
	if (*at == '/')
		return at + 1;
	return *at ? where : "";
}

static const char *place_of(const struct finding *finding, int beside_name)
{
	const char *place = named(finding->where);

	return beside_name && !strchr(place, '/') ? "" : place;
}

static void add_place(struct buf *out, const char *before, const char *place)
{
	if (*place)
		buf_add_format(out, "%s%s", before, place);
}

/* ---------------------------------------------------------------- each check's own words */

static void tell_unscanned(struct buf *out, const struct finding *finding, const char *place)
{
	int says_itself = finding->unscanned == UNSCANNED_ENCRYPTED || !*finding->detail;

	buf_add_format(out, "could not be scanned (%s%s%s)", unscanned_name(finding->unscanned),
	        says_itself ? "" : ": ", says_itself ? "" : finding->detail);
	add_place(out, ": ", place);
}

static void tell_virus(struct buf *out, const struct finding *finding, const char *place)
{
	buf_add_format(out, "virus %s", finding->detail);
	add_place(out, " in ", place);
}

static void tell_pua(struct buf *out, const struct finding *finding, const char *place)
{
	buf_add_format(out, "possibly unwanted: %s", finding->detail);
	add_place(out, " in ", place);
}

static void tell_heuristic(struct buf *out, const struct finding *finding, const char *place)
{
	buf_add_format(out, "suspicious: %s", finding->detail);
	add_place(out, " in ", place);
}

/* The name alone needs no more words: it stands there. A type does. */
static void tell_attachment(struct buf *out, const struct finding *finding, const char *place)
{
	const char *what = strncmp(finding->detail, "name ", 5) == 0 ? "" : finding->detail;
	int has_rule = *finding->rule != '\0';

	buf_add_string(out, "forbidden attachment");
	add_place(out, " ", place);
	if (has_rule || *what)
		buf_add_format(out, " (%s%s%s%s)", has_rule ? "rule " : "", rule_name(finding),
		        has_rule && *what ? ": " : "", what);
}

static void tell_subject(struct buf *out, const struct finding *finding, const char *place)
{
	if (strcmp(place, "Subject") == 0)
		buf_add_format(out, "subject matches rule %s", rule_name(finding));
	else
		buf_add_format(out, "header field %s matches rule %s", place, rule_name(finding));
}

static void tell_access(struct buf *out, const struct finding *finding, const char *place)
{
	if (*finding->detail)
		buf_add_string(out, finding->detail);
	else
		buf_add_format(out, "%s by access rule %s",
		        finding->action == ACTION_REJECT       ? "refused"
		        : finding->action == ACTION_QUARANTINE ? "held"
		        : finding->action == ACTION_DISCARD    ? "discarded"
		        : finding->action == ACTION_DEFER      ? "put off"
		        : finding->action == ACTION_REDIRECT   ? "redirected"
		                                               : "marked",
		        rule_name(finding));
}

static void tell_size(struct buf *out, const struct finding *finding, const char *place)
{
	buf_add_format(out, "message too large (%s)", finding->detail);
}

static void tell_spam(struct buf *out, const struct finding *finding, const char *place)
{
	buf_add_format(out, "spam rule %s", finding->symbol);
}

static void tell_other(struct buf *out, const struct finding *finding, const char *place)
{
	buf_add_string(out, finding->symbol);
	add_place(out, " in ", place);
	add_place(out, ": ", finding->detail);
}

static char *tell(const struct finding *finding, int beside_name)
{
	static const struct {
		const char *reason;
		void (*tell)(struct buf *out, const struct finding *finding, const char *place);
	} table[] = {{"virus", tell_virus}, {"pua", tell_pua}, {"heuristic", tell_heuristic},
	        {"attachment", tell_attachment}, {"subject", tell_subject}, {"access", tell_access},
	        {"size", tell_size}, {"spam", tell_spam}, {NULL, tell_other}};
	const char *place = place_of(finding, beside_name);
	struct buf out = {0};
	size_t at = 0;
	char *safe;

	while (table[at].reason && strcmp(table[at].reason, finding->reason) != 0)
		at++;
	if (finding->unscanned != UNSCANNED_NOT)
		tell_unscanned(&out, finding, place);
	else
		table[at].tell(&out, finding, place);
	safe = safe_text(out.data, WORDS_ROOM);
	buf_fini(&out);
	return safe;
}

char *words_of(const struct finding *finding)
{
	return tell(finding, 0);
}

char *words_of_part(const struct finding *finding)
{
	return tell(finding, 1);
}

/*
 * From what was found to what happens: each recipient's policy weighs the findings that concern
 * him, the strictest action wins, and recipients with the same outcome form a group. Pure: it knows
 * neither the quarantine nor the form of a verdict (see verdict.h).
 *
 * A rule asks for enum action, in the order of its strictness; TAG and CUT add up below the winner.
 * Where the door has one answer for all recipients (a pipe), a mixture can't be told, so there
 *   - one DEFER defers all: nothing is delivered, so nothing is delivered twice, and
 *   - a REJECT for some only becomes QUARANTINE for these.
 */
#ifndef WORKERS_QSCAN_POLICY_H
#define WORKERS_QSCAN_POLICY_H

#include <stddef.h>
#include <stdint.h>

#include "protos/messages.h"
#include "workers/qscan/scan.h"

/* More different outcomes than this are held: each is a copy of the message. */
enum { POLICY_MAX_GROUPS = 100 };

/* What some recipients share. */
struct outcome {
	enum action action;                 /* the strictest that was asked for */
	const struct config_policy *policy; /* lent by the configuration */
	unsigned code;                      /* of a reject or defer */
	char *text;                         /* its reply; printable ASCII */
	char *rule;                         /* that decided; "" of a clean message */
	const char *reason;                 /* why: "virus", "spam", …; "" */
	char *detail;                       /* one line for people */
	unsigned char *cuts;                /* one byte a part: asked to be cut; NULL: none */
	unsigned unscanned;                 /* bit set (1 << enum unscanned) */
	int tagged;                         /* a rule asked for a tag, or the score did */
	int spam;                           /* the score reaches spam_tag */
	int allowed;                        /* by an access rule: subject and spam don't count */
	int virus;                          /* a virus was found, whatever it asks for */
	int quiet;                          /* all that decided make no notices */
	int request;                        /* it is no mail for them: it asks for a release */
	int report;                         /* enum reports_kind: it reports what is attached */
};

struct group {
	struct outcome outcome;
	Lz__Disposition disposition;
	uint32_t *recipients;
	size_t count;
};

struct decision {
	struct group *groups;
	size_t count;
};

/* Gives the decision; free with policy_free(). It lends from the scan and its configuration. */
struct decision *policy_decide(const struct scan *scan);
void policy_free(struct decision **decision);

/* Whose policy is this recipient's: the first override that names it, or `policy`. */
const struct config_policy *policy_for(const struct config *config, const char *recipient);

/* What a finding that concerns a recipient asks for under his policy: its rule's action, or what
 * policy says of viruses and of what was not scanned. */
enum action policy_asks(const struct config_policy *policy, const struct scan *scan,
        const struct finding *finding, size_t recipient);

/* Is what was found so far, for every recipient, at least what policy asks for a virus, so that
 * none could change what happens to this part, or (SCAN_NO_PART) to the message? Redirected mail is
 * not settled: somebody reads it. */
int policy_is_settled(const struct scan *scan, int part);

/* Holds the whole message instead of what the group was to get, because of `why`. */
void policy_hold(struct group *group, const char *why);

/* RFC 3463 code that goes with a reply code, of the same class. */
const char *policy_enhanced(unsigned code);

#endif

#include "submitter/qfront/plan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"

/* What one run of a message knows about who has it already. */
struct known {
	const Lz__Verdict *verdict;
	const Lz__Submission *submission;
	const unsigned char *served;
};

static int is_served(const struct known *known, uint32_t recipient)
{
	const Lz__Verdict *verdict = known->verdict;
	const char *address = known->submission->recipients[recipient]->address;
	size_t i;

	if (known->served && known->served[recipient])
		return 1;
	for (i = 0; i < verdict->n_delivered; i++)
		if (strcmp(verdict->delivered[i], address) == 0)
			return 1;
	return 0;
}

static void add_leg(struct plan *plan, const struct known *known, const Lz__Group *group)
{
	struct leg *leg = &plan->legs[plan->leg_count];
	size_t i;

	*leg = (struct leg){.group = group};
	leg->recipients = alloc_zero(group->n_recipients, sizeof(*leg->recipients));
	for (i = 0; i < group->n_recipients; i++) {
		if (!is_served(known, group->recipients[i]))
			leg->recipients[leg->count++] = group->recipients[i];
	}
	plan->leg_count++;
}

/* The worse answer wins: later before reject before done, for a message that is tried again is not
 * lost. */
static void worsen(struct plan *plan, int status, const char *enhanced, const char *text)
{
	if (plan->status == ANSWER_LATER)
		return;
	plan->status = status;
	plan_text(status, enhanced, text, plan->text, sizeof(plan->text));
}

/* pipe(8) has no place for an SMTP reply code but the text, which the MTA puts into its bounce. */
static void reject(struct plan *plan, const Lz__Group *group)
{
	char reply[320];

	snprintf(reply, sizeof(reply), "%u %s", group->code, group->text);
	worsen(plan, ANSWER_REJECT, group->enhanced, reply);
}

/* Whoever has the message has it, whatever would be decided today. */
static int is_past(const struct known *known, const Lz__Group *group)
{
	size_t i;

	for (i = 0; i < group->n_recipients; i++)
		if (!is_served(known, group->recipients[i]))
			return 0;
	return 1;
}

static void add_group(struct plan *plan, const struct known *known, const Lz__Group *group)
{
	if (is_past(known, group))
		return;
	switch (group->disposition) {
	case LZ__DISPOSITION__DELIVER:
	case LZ__DISPOSITION__REDIRECT:
		add_leg(plan, known, group);
		return;
	case LZ__DISPOSITION__REJECT:
		/* Policy gives no reject for some of the recipients to a door with one answer. If
		 * it does, a rejection would bounce the others' mail. */
		if (plan->alone)
			reject(plan, group);
		else
			worsen(plan, ANSWER_LATER, "4.3.5", "only some recipients are rejected");
		break;
	case LZ__DISPOSITION__DEFER:
		worsen(plan, ANSWER_LATER, group->enhanced, group->text);
		break;
	case LZ__DISPOSITION__QUARANTINE:
	case LZ__DISPOSITION__DISCARD:
		break;
	default:
		worsen(plan, ANSWER_LATER, "4.3.0", "a disposition that is not known");
		break;
	}
}

void plan_make(const Lz__Verdict *verdict, const Lz__Submission *submission,
        const unsigned char *served, struct plan *out)
{
	const struct known known = {verdict, submission, served};
	size_t i;

	*out = (struct plan){.status = ANSWER_DONE, .alone = verdict->n_groups == 1};
	snprintf(out->text, sizeof(out->text), "2.0.0 done");
	out->legs = alloc_zero(verdict->n_groups, sizeof(*out->legs));
	out->confirm = verdict->n_groups > 1 || verdict->n_delivered > 0;
	for (i = 0; i < verdict->n_groups; i++) {
		out->confirm |= verdict->groups[i]->n_items > 0;
		add_group(out, &known, verdict->groups[i]);
	}
}

void plan_fini(struct plan *plan)
{
	size_t i;

	for (i = 0; i < plan->leg_count; i++)
		free(plan->legs[i].recipients);
	free(plan->legs);
	*plan = (struct plan){0};
}

void plan_text(int status, const char *enhanced, const char *text, char *out, size_t room)
{
	char class = status == ANSWER_REJECT ? '5' : status == ANSWER_LATER ? '4' : '2';
	char fallback[] = "5.7.1";
	char *at;

	if (status != ANSWER_REJECT)
		snprintf(fallback, sizeof(fallback), "%c.3.0", class);
	/* A text may bring a code of its own, such as a next hop's reply. */
	if (text[0] == class && text[1] == '.')
		snprintf(out, room, "%s", text);
	else
		snprintf(out, room, "%s %s", *enhanced == class ? enhanced : fallback,
		        *text ? text : "no reason given");
	for (at = out; *at; at++)
		if (*at < ' ' || *at > '~')
			*at = '?';
}

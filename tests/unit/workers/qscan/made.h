/*
 * A message made by hand, with a configuration of nothing but zeroes and empty texts, for the tests
 * of policy and verdict. Static, as each test is one file.
 */
#ifndef TESTS_UNIT_WORKERS_QSCAN_MADE_H
#define TESTS_UNIT_WORKERS_QSCAN_MADE_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "workers/qscan/policy.h"
#include "workers/qscan/scan.h"

struct made {
	struct config config;
	Lz__Submission *submission;
	struct scan scan;
	struct decision *decision;
	char *mail;
};

static inline void made_add_recipient(struct made *made, const char *address)
{
	Lz__Submission *submission = made->submission;
	Lz__Recipient *recipient = alloc(sizeof(*recipient));

	lz__recipient__init(recipient);
	recipient->address = alloc_string(address);
	submission->recipients = alloc_grow(submission->recipients, submission->n_recipients + 1,
	        sizeof(*submission->recipients));
	submission->recipients[submission->n_recipients++] = recipient;
}

static inline void made_fill_config(struct config *config)
{
	static char nothing[1];

	config->site.name = (char *)"mx.example.org";
	config->site.admin = (char *)"postmaster@example.org";
	config->policy.virus_text = config->policy.spam_text = nothing;
	config->policy.subject_prefix = config->policy.redirect_to = nothing;
	config->notifier.request_address = nothing;
	config->workers.timeout_ms = 60000;
}

static inline struct made *made_start(const char *mail)
{
	struct made *made = alloc_zero(1, sizeof(*made));

	made->mail = alloc_string(mail);
	made_fill_config(&made->config);
	made->submission = alloc(sizeof(*made->submission));
	lz__submission__init(made->submission);
	made->submission->message_id = alloc_string("0123456789abcdef0123456789abcdef");
	made->submission->reverse_path = alloc_string("sender@example.com");
	made->submission->size = strlen(mail);
	return made;
}

static inline void made_scan(struct made *made)
{
	scan_init(&made->scan, &made->config, made->submission, made->mail, strlen(made->mail));
	made->scan.map = mime_map_new(made->mail, strlen(made->mail), NULL);
}

static inline struct made *made_new(
        const char *mail, const char *one, const char *two, const char *three)
{
	struct made *made = made_start(mail);

	made_add_recipient(made, one);
	if (two)
		made_add_recipient(made, two);
	if (three)
		made_add_recipient(made, three);
	made_scan(made);
	return made;
}

static inline struct made *made_new_crowd(size_t recipients)
{
	struct made *made = made_start("Subject: x\r\n\r\n");
	char address[64];
	size_t i;

	for (i = 0; i < recipients; i++) {
		snprintf(address, sizeof(address), "r%zu@example.org", i);
		made_add_recipient(made, address);
	}
	made_scan(made);
	return made;
}

static inline void made_decide(struct made *made)
{
	policy_free(&made->decision);
	made->decision = policy_decide(&made->scan);
}

static inline void made_free(struct made **made)
{
	policy_free(&(*made)->decision);
	scan_fini(&(*made)->scan);
	lz__submission__free_unpacked((*made)->submission, NULL);
	free((*made)->mail);
	free(*made);
	*made = NULL;
}

#endif

#include "submitter/qfront/submission.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/base/text.h"
#include "lib/base/utf8.h"
#include "lib/crypto/digest.h"
#include "lib/smtp/xtext.h"

enum { ORCPT_MAX = 480 };

static void name_mail(
        const struct letter *letter, const void *bytes, size_t size, struct digest *mail)
{
	struct digest_state state;

	digest_init(&state);
	digest_add_string(&state, letter->texts[LETTER_QUEUE_ID]);
	digest_add_string(&state, letter->texts[LETTER_CLIENT_ADDRESS]);
	digest_add_string(&state, letter->texts[LETTER_SENDER]);
	digest_add(&state, bytes, size);
	digest_final(&state, mail);
}

/* The message id is made of what the MTA gave us and nothing else, so that a second run of the same
 * message finds what the first has done. */
static char *make_id(const struct letter *letter, const struct digest *mail)
{
	struct digest_state state;
	struct digest digest;
	char id[33];
	size_t i;

	digest_init(&state);
	digest_add(&state, mail->bytes, DIGEST_SIZE);
	for (i = 0; i < letter->recipient_count; i++)
		digest_add_string(&state, letter->recipients[i]);
	digest_final(&state, &digest);
	digest_message_id(&digest, id);
	return alloc_string(id);
}

static char *fit(const char *text, int blanks)
{
	char *copy = alloc_string(text ? text : "");
	size_t size = strlen(copy), at = 0, length;

	while (at < size) {
		length = utf8_printable((unsigned char *)copy + at, size - at);
		if (!length || (copy[at] == ' ' && !blanks)) {
			copy[at] = '?';
			length = 1;
		}
		at += length;
	}
	return copy;
}

static int has_high_bit(const void *bytes, size_t size)
{
	const unsigned char *at = bytes, *end = at + size;

	while (at < end)
		if (*at++ & 0x80)
			return 1;
	return 0;
}

static Lz__Recipient *make_recipient(const struct letter *letter, size_t index)
{
	Lz__Recipient *recipient = alloc(sizeof(*recipient));
	struct buf orcpt = {0};

	lz__recipient__init(recipient);
	recipient->address = alloc_string(letter->recipients[index]);
	if (letter->original_count && *letter->originals[index]) {
		buf_add_string(&orcpt, "rfc822;");
		xtext_add(&orcpt, letter->originals[index], ORCPT_MAX);
		recipient->orcpt = buf_give(&orcpt);
	}
	return recipient;
}

static int needs_smtputf8(const struct letter *letter)
{
	size_t i;

	if (has_high_bit(letter->texts[LETTER_SENDER], strlen(letter->texts[LETTER_SENDER])))
		return 1;
	for (i = 0; i < letter->recipient_count; i++)
		if (has_high_bit(letter->recipients[i], strlen(letter->recipients[i])))
			return 1;
	return 0;
}

static void add_recipients(Lz__Submission *submission, const struct letter *letter)
{
	size_t i;

	submission->recipients = alloc_zero(letter->recipient_count, sizeof(Lz__Recipient *));
	for (i = 0; i < letter->recipient_count; i++)
		submission->recipients[submission->n_recipients++] = make_recipient(letter, i);
}

enum result submission_make(const struct letter *letter, const void *bytes, size_t size,
        Lz__Submission **out, struct digest *mail, struct err *err)
{
	Lz__Submission *submission = alloc(sizeof(*submission));

	name_mail(letter, bytes, size, mail);
	lz__submission__init(submission);
	submission->message_id = make_id(letter, mail);
	submission->queue_id = fit(letter->texts[LETTER_QUEUE_ID], 0);
	submission->client_address = fit(letter->texts[LETTER_CLIENT_ADDRESS], 0);
	submission->client_name = fit(letter->texts[LETTER_CLIENT_NAME], 1);
	submission->client_port = fit(letter->texts[LETTER_CLIENT_PORT], 0);
	submission->client_protocol = fit(letter->texts[LETTER_CLIENT_PROTOCOL], 0);
	submission->helo = fit(letter->texts[LETTER_HELO], 1);
	submission->sasl_username = fit(letter->texts[LETTER_SASL_USERNAME], 1);
	submission->envid = fit(letter->texts[LETTER_ENVID], 0);
	submission->ret = fit(letter->texts[LETTER_RET], 0);
	submission->reverse_path = alloc_string(letter->texts[LETTER_SENDER]);
	add_recipients(submission, letter);
	submission->size = size;
	submission->eight_bit = has_high_bit(bytes, size);
	/* pipe(8) does not tell whether the client asked for SMTPUTF8, only the addresses show it.
	 * A header in UTF-8 alone is not enough: Postfix passes such mail on without asking, and if
	 * we asked in its place, next hops without SMTPUTF8 would bounce it. */
	submission->smtputf8 = needs_smtputf8(letter);
	if (message_check(MESSAGE_SUBMIT, &submission->base, size, err)) {
		lz__submission__free_unpacked(submission, NULL);
		return RESULT_PERMANENT;
	}
	*out = submission;
	return RESULT_OK;
}

int submission_is_short(const void *bytes, size_t size, uint64_t announced)
{
	const char *at = bytes, *end = at + size;
	uint64_t most = size + size / 512 + SUBMISSION_SLACK_BYTES;

	for (; at < end && (at = memchr(at, '\n', (size_t)(end - at))) != NULL; at++)
		most += 2;
	return announced > most;
}

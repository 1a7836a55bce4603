#include "qctl/look.h"

#include "lib/base/alloc.h"
#include "protos/envelope.h"
#include "qctl/fetch.h"

enum { TURN_MS = 200 };

static enum result add_piece(void *context, const void *bytes, size_t size, struct err *err)
{
	buf_add(context, bytes, size);
	return RESULT_OK;
}

/* A part that was cut begins with its own header fields, so it is a message by itself. */
enum result look_ask(struct qctl *qctl, struct judge *judge, const Lz__Item *item, uint32_t part,
        void *of, struct err *err)
{
	Lz__Fetch request = LZ__FETCH__INIT;
	Lz__Submission *submission;
	struct wire_body body;
	struct buf bytes = {0};
	enum result result;
	size_t size;

	request.id = item->id;
	request.part = part;
	request.why = (char *)"rescan";
	result = fetch_all(qctl, &request, add_piece, &bytes, err);
	if (result) {
		buf_fini(&bytes);
		return result;
	}
	size = bytes.size;
	wire_body_take(buf_give(&bytes), size, &body);
	submission = envelope_of_item(item);
	judge_ask(judge, &submission, &body, qctl_config(qctl)->front.deadline_ms, of);
	return RESULT_OK;
}

static enum result ask_parts(struct qctl *qctl, struct judge *judge, const Lz__Item *item, void *of,
        size_t *questions, struct err *err)
{
	enum result result = RESULT_OK;
	size_t at;

	if (!item->n_parts)
		return err_set(err, RESULT_PERMANENT, "nothing of it is kept");
	for (at = 0; at < item->n_parts && !result; at++) {
		result = look_ask(qctl, judge, item, (uint32_t)at + 1, of, err);
		*questions += !result;
	}
	return result;
}

enum result look_ask_all(struct qctl *qctl, struct judge *judge, const Lz__Item *item, void *of,
        size_t *questions, struct err *err)
{
	enum result result;

	*questions = 0;
	if (!item->keep_original)
		return ask_parts(qctl, judge, item, of, questions, err);
	result = look_ask(qctl, judge, item, 0, of, err);
	*questions = !result;
	return result;
}

/* A few words are enough. */
static void ask_probe(struct qctl *qctl, struct judge *judge, int64_t wait_ms)
{
	static const char text[] = "Subject: rescan\r\n\r\n\r\n";
	const char *admin = qctl_config(qctl)->site.admin;
	Lz__Submission *submission = alloc(sizeof(*submission));
	Lz__Recipient recipient = LZ__RECIPIENT__INIT;
	struct wire_body body;

	lz__submission__init(submission);
	recipient.address = (char *)(*admin ? admin : "postmaster");
	submission->recipients = alloc_zero(1, sizeof(*submission->recipients));
	submission->recipients[submission->n_recipients++] = envelope_recipient(&recipient);
	wire_body_copy(text, sizeof(text) - 1, &body);
	judge_ask(judge, &submission, &body, wait_ms, NULL);
}

enum result look_engine(
        struct qctl *qctl, struct judge *judge, int64_t wait_ms, char **engine, struct err *err)
{
	struct judgement judgement;

	ask_probe(qctl, judge, wait_ms);
	while (judge_wait(judge, TURN_MS, &judgement) != RESULT_OK)
		continue;
	if (judgement.result != RESULT_OK)
		return err_set(err, judgement.result, "%s", judgement.err.text);
	*engine = alloc_string(judgement.verdict->engine);
	message_free(&judgement.verdict->base);
	return RESULT_OK;
}

#include "qctl/teacher.h"

#include <stdlib.h>

#include "lib/base/alloc.h"
#include "qctl/model_ask.h"
#include "qctl/pupil.h"

enum {
	EXAMPLES_AT_ONCE = 250,
	BYTES_AT_ONCE = 8 << 20,
	LESSON_MS = 60 * 1000,
};

struct teacher {
	struct qctl *qctl;
	struct pupil *pupil;
	Lz__Lesson lesson;
	Lz__Learn batch; /* that is being made */
	size_t bytes;    /* of it */
	int is_sent;     /* one is on its way, and has no answer yet */
	Lz__Learned sum;
};

static void empty_batch(struct teacher *teacher)
{
	size_t at;

	for (at = 0; at < teacher->batch.n_examples; at++)
		lz__example__free_unpacked(teacher->batch.examples[at], NULL);
	teacher->batch.n_examples = 0;
	teacher->bytes = 0;
}

static enum result take_answer(struct teacher *teacher, struct err *err)
{
	struct wire_socket *socket;
	struct wire_message answer;
	const Lz__Learned *learned;
	enum result result;

	if (!teacher->is_sent)
		return RESULT_OK;
	teacher->is_sent = 0;
	result = qctl_quarantine(teacher->qctl, &socket, err);
	if (!result)
		result = wire_answer(socket, LESSON_MS, &answer, err);
	if (result)
		return result;
	learned = (const Lz__Learned *)answer.envelope;
	teacher->sum.learned += learned->learned;
	teacher->sum.corrected += learned->corrected;
	teacher->sum.already += learned->already;
	teacher->sum.forgotten += learned->forgotten;
	teacher->sum.unknown += learned->unknown;
	teacher->sum.contradicted += learned->contradicted;
	wire_message_free(&answer);
	return RESULT_OK;
}

static enum result send_batch(struct teacher *teacher, struct err *err)
{
	struct wire_socket *socket;
	enum result result = take_answer(teacher, err);

	if (result || !teacher->batch.n_examples)
		return result;
	result = qctl_quarantine(teacher->qctl, &socket, err);
	if (!result)
		result = wire_question(
		        socket, MESSAGE_LEARN, &teacher->batch.base, NULL, LESSON_MS, err);
	teacher->is_sent = !result;
	empty_batch(teacher);
	return result;
}

static void add_example(struct teacher *teacher, struct lesson *lesson)
{
	Lz__Example *example = alloc(sizeof(*example));

	lz__example__init(example);
	example->lesson = teacher->lesson;
	example->digest.data = (uint8_t *)alloc_bytes(lesson->digest, PUPIL_DIGEST);
	example->digest.len = PUPIL_DIGEST;
	example->words = lesson->words;
	example->features.len = lesson->features.size;
	example->features.data = (uint8_t *)buf_give(&lesson->features);
	teacher->bytes += example->features.len;
	teacher->batch.examples[teacher->batch.n_examples++] = example;
}

enum result teacher_add(struct teacher *teacher, const char *mail, size_t size, struct err *err)
{
	struct lesson lesson = {.words = 0};
	enum result result = pupil_read(teacher->pupil, mail, size, &lesson, err);

	if (!result) {
		add_example(teacher, &lesson);
		if (teacher->batch.n_examples == EXAMPLES_AT_ONCE || teacher->bytes > BYTES_AT_ONCE)
			result = send_batch(teacher, err);
	}
	buf_fini(&lesson.features);
	return result;
}

enum result teacher_end(struct teacher *teacher, struct err *err)
{
	enum result result = send_batch(teacher, err);

	return result ? result : take_answer(teacher, err);
}

const Lz__Learned *teacher_sum(const struct teacher *teacher)
{
	return &teacher->sum;
}

enum result teacher_new(
        struct qctl *qctl, Lz__Lesson lesson, int as_report, struct teacher **out, struct err *err)
{
	struct wire_message answer;
	const Lz__ModelState *state;
	struct teacher *teacher;
	enum result result = model_ask_state(qctl, &answer, &state, err);

	if (result)
		return result;
	teacher = alloc_zero(1, sizeof(*teacher));
	teacher->qctl = qctl;
	teacher->lesson = lesson;
	lz__learn__init(&teacher->batch);
	lz__learned__init(&teacher->sum);
	teacher->batch.seed = state->seed;
	teacher->batch.version = state->version;
	teacher->batch.as_report = as_report;
	teacher->batch.examples = alloc_zero(EXAMPLES_AT_ONCE, sizeof(*teacher->batch.examples));
	teacher->pupil = pupil_new(qctl->config_path, state->seed, 0);
	wire_message_free(&answer);
	*out = teacher;
	return RESULT_OK;
}

void teacher_free(struct teacher **teacher)
{
	if (!*teacher)
		return;
	empty_batch(*teacher);
	free((*teacher)->batch.examples);
	pupil_free(&(*teacher)->pupil);
	free(*teacher);
	*teacher = NULL;
}

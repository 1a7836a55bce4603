/*
 * model: shows, copies and empties the statistical model that the quarantine keeps.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sysexits.h>
#include <unistd.h>

#include "lib/base/alloc.h"
#include "lib/base/clock.h"
#include "lib/base/file.h"
#include "lib/model/chunk.h"
#include "lib/model/facts.h"
#include "lib/model/file.h"
#include "qctl/fit.h"
#include "qctl/model_ask.h"
#include "qctl/print.h"
#include "qctl/who.h"

enum { CHANGE_MS = 60 * 1000, TIME_ROOM = 40 };

/* ---- show ---- */

static void show_json(struct qctl *qctl, const Lz__ModelState *state)
{
	const struct config_model *config = &qctl_config(qctl)->spam.model;
	struct json json = {0};

	json_object(&json, NULL);
	json_number(&json, "spam", (int64_t)state->spam);
	json_number(&json, "ham", (int64_t)state->ham);
	json_number(&json, "least", (int64_t)config->least);
	json_number(&json, "generation", (int64_t)state->generation);
	print_time_json(&json, "changed", state->changed_ms);
	json_real(&json, "slope", state->slope);
	json_real(&json, "shift", state->shift);
	json_bool(&json, "by_rules", config->bayes == BAYES_POINTS);
	json_bool(&json, "fitted", state->weight > 0);
	json_real(&json, "weight", state->weight > 0 ? state->weight : config->weight);
	json_real(&json, "toll", state->weight > 0 ? state->toll : config->toll);
	json_end_object(&json);
	json_flush(&json);
}

static void show_text(struct qctl *qctl, const Lz__ModelState *state)
{
	const struct config_model *config = &qctl_config(qctl)->spam.model;
	int is_fitted = state->weight > 0,
	    is_young = state->spam < config->least || state->ham < config->least;
	char date[TIME_ROOM] = "never";
	struct buf out = {0};

	if (state->changed_ms)
		clock_text(state->changed_ms, date, sizeof(date));
	buf_add_format(&out, "learned      %llu spam, %llu ham%s\n",
	        (unsigned long long)state->spam, (unsigned long long)state->ham,
	        is_young ? ": too few, so it does not count yet" : "");
	buf_add_format(&out, "changed      %s, generation %llu\n", date,
	        (unsigned long long)state->generation);
	buf_add_format(&out, "calibration  logit = %.3f * raw %+.3f\n", state->slope, state->shift);
	if (config->bayes == BAYES_POINTS)
		buf_add_string(&out, "points       those of rules that ask it\n");
	else
		buf_add_format(&out, "points       %.2f * logit %+.2f, %s\n",
		        is_fitted ? state->weight : config->weight,
		        is_fitted ? state->toll : config->toll,
		        is_fitted ? "fitted" : "as configured");
	qctl_print(&out);
}

static int show(struct qctl *qctl)
{
	struct wire_message answer;
	const Lz__ModelState *state;
	struct err err;
	enum result result = model_ask_state(qctl, &answer, &state, &err);

	if (result)
		return qctl_fail(result, &err);
	if (qctl->json)
		show_json(qctl, state);
	else
		show_text(qctl, state);
	wire_message_free(&answer);
	return QCTL_OK;
}

/* ---- copies ---- */

static int export(struct qctl *qctl, const char *path)
{
	struct buf bytes = {0};
	struct model model;
	struct err err;
	enum result result = model_ask(qctl, &model, &err);

	if (result)
		return qctl_fail(result, &err);
	model_file_make(&model, &bytes);
	model_fini(&model);
	result = file_write(path, bytes.data, bytes.size, 0600, &err);
	buf_fini(&bytes);
	return result ? qctl_fail(result, &err) : QCTL_OK;
}

static enum result change(struct qctl *qctl, enum message_type type, const void *request,
        struct wire_body *body, struct err *err)
{
	struct wire_socket *socket;
	struct wire_message answer;
	enum result result = message_check(type, request, body ? wire_body_size(body) : 0, err);

	if (!result)
		result = qctl_quarantine(qctl, &socket, err);
	if (!result)
		result = wire_question(socket, type, request, body, CHANGE_MS, err);
	if (!result)
		result = wire_answer(socket, CHANGE_MS, &answer, err);
	if (!result)
		wire_message_free(&answer);
	return result;
}

static enum result send_model(struct qctl *qctl, const struct model *model, struct err *err)
{
	Lz__ModelLoad request = LZ__MODEL_LOAD__INIT;
	Lz__ModelState state;
	struct wire_body body = {0};
	struct buf chunks = {0};
	enum result result;
	uint32_t number;
	size_t size;

	for (number = 0; number < MODEL_CHUNKS; number++)
		chunk_add(model, number, &chunks);
	size = chunks.size;
	wire_body_take(buf_give(&chunks), size, &body);
	facts_tell(&model->facts, &state);
	request.model = &state;
	request.by = who_asks(qctl);
	result = change(qctl, MESSAGE_MODEL_LOAD, &request, &body, err);
	if (result)
		wire_body_free(&body);
	free(request.by);
	return result;
}

static int import(struct qctl *qctl, const char *path)
{
	struct buf bytes = {0};
	struct model model;
	struct err err;
	enum result result = file_read(path, MODEL_FILE_MAX, &bytes, &err);

	if (!result) {
		result = model_file_read(bytes.data, bytes.size, &model, &err);
		if (result)
			err_wrap(&err, result, "%s", path);
	}
	buf_fini(&bytes);
	if (!result) {
		result = send_model(qctl, &model, &err);
		model_fini(&model);
	}
	return result ? qctl_fail(result, &err) : QCTL_OK;
}

static int reset(struct qctl *qctl)
{
	Lz__ModelReset request = LZ__MODEL_RESET__INIT;
	enum result result;
	struct err err;

	request.by = who_asks(qctl);
	result = change(qctl, MESSAGE_MODEL_RESET, &request, NULL, &err);
	free(request.by);
	return result ? qctl_fail(result, &err) : QCTL_OK;
}

/* ---- the command ---- */

int command_model(struct qctl *qctl)
{
	char **words = qctl->arguments.words;
	size_t count = qctl->arguments.word_count;
	struct err err;

	if (count == 1 && strcmp(words[0], "show") == 0)
		return show(qctl);
	if (count == 1 && strcmp(words[0], "reset") == 0)
		return reset(qctl);
	if (count == 2 && strcmp(words[0], "export") == 0)
		return export(qctl, words[1]);
	if (count == 2 && strcmp(words[0], "import") == 0)
		return import(qctl, words[1]);
	if (count == 3 && strcmp(words[0], "fit") == 0)
		return fit_run(qctl, words[1], words[2]);
	err_set(&err, RESULT_PERMANENT, "usage: qctl model %s", qctl->command->words);
	return qctl_wrong(qctl, &err);
}

/* In memory, for a program that we become; -1: there is none to be had. */
int model_lend(struct qctl *qctl)
{
	struct buf bytes = {0};
	struct model model;
	struct err err;
	int fd;

	if (model_ask(qctl, &model, &err) != RESULT_OK)
		return -1;
	model_file_make(&model, &bytes);
	model_fini(&model);
	fd = memfd_create("model", 0);
	if (fd >= 0 && (file_write_fd(fd, bytes.data, bytes.size, &err) != RESULT_OK ||
	                       lseek(fd, 0, SEEK_SET) < 0)) {
		close(fd);
		fd = -1;
	}
	buf_fini(&bytes);
	return fd;
}

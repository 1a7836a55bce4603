#include "workers/qscan/blame.h"

#include "lib/base/clock.h"
#include "lib/base/text.h"
#include "workers/qscan/marker.h"
#include "workers/qscan/poison.h"

enum { BODY_LEAST = 256 }; /* a smaller body is not the whole of what there is to know */

static const char words[] = "it has ended those who looked at it";

/* Where what is known again begins: the body, or all of it where there is too little of one. */
static size_t body_of(const struct scan *scan)
{
	size_t body = text_behind_blank_line((const char *)scan->bytes, scan->size);

	return scan->size - body >= BODY_LEAST ? body : 0;
}

static const struct digest *digest_of_mail(struct scan *scan)
{
	size_t body;

	if (!scan->has_digest) {
		body = body_of(scan);
		digest_of(scan->bytes + body, scan->size - body, &scan->digest);
		scan->has_digest = 1;
	}
	return &scan->digest;
}

static void name_look(struct scan *scan, const char *check, struct digest *out)
{
	const struct digest *mail = digest_of_mail(scan);
	const size_t range[] = {scan->from, scan->to, (size_t)scan->is_probe};
	struct digest_state state;

	digest_init(&state);
	digest_add_string(&state, check);
	digest_add(&state, mail->bytes, DIGEST_SIZE);
	digest_add(&state, range, sizeof(range));
	digest_add(&state, scan->bad, scan->bad_count);
	digest_final(&state, out);
}

static enum unscanned ask(const struct scan *scan, const struct digest *digest)
{
	return poison_why(scan->poison, digest, (unsigned)scan->config->broker.attempts,
	        clock_monotonic_ms());
}

int blame_message(struct scan *scan, const char *check)
{
	enum unscanned why;

	if (!scan->poison) {
		marker_part(scan->marker, MARKER_NO_PART);
		return 1;
	}
	name_look(scan, check, &scan->look);
	why = ask(scan, &scan->look);
	if (why == UNSCANNED_NOT) {
		marker_set(scan->marker, MARKER_NO_PART, &scan->look);
		return 1;
	}
	scan_unscanned(scan, check, why, words);
	return 0;
}

/* The bytes themselves stay: other contents may lend from them. */
static void leave_out(struct scan *scan, const char *check, size_t index, enum unscanned why)
{
	struct content *content = &scan->contents[index];
	struct finding *finding = scan_unscanned(scan, check, why, words);

	finding->part = content->part;
	finding->content = (long)index;
	finding_text(&finding->where, "%s", content->path);
	content->bytes = NULL;
	content->size = 0;
	if (content->part >= 0)
		scan_leave_out(scan, (size_t)content->part, why);
	else
		scan->is_view_bad = 1;
}

int blame_content(struct scan *scan, const char *check, size_t index)
{
	struct content *content = &scan->contents[index];
	enum unscanned why;

	if (!scan->poison) {
		marker_part(scan->marker, content->bytes ? content->part : MARKER_NO_PART);
		return 1;
	}
	if (!content->bytes) {
		marker_set(scan->marker, MARKER_NO_PART, &scan->look);
		return 1;
	}
	why = ask(scan, content_digest(content));
	if (why == UNSCANNED_NOT) {
		marker_set(scan->marker, content->part, content_digest(content));
		return 1;
	}
	leave_out(scan, check, index, why);
	return 0;
}

int blame_bytes(struct scan *scan, const char *check)
{
	return !scan->is_probe && blame_message(scan, check);
}

#include "qctl/mbox.h"

#include <string.h>
#include <time.h>

static const char from[] = "From ";

/* A blank would end the address there. */
static void add_address(const char *reverse_path, struct buf *out)
{
	if (!*reverse_path)
		buf_add_string(out, "MAILER-DAEMON");
	for (; *reverse_path; reverse_path++)
		buf_add_char(
		        out, *reverse_path > ' ' && *reverse_path < 0x7f ? *reverse_path : '_');
}

void mbox_begin(struct mbox *mbox, const char *reverse_path, int64_t stored_ms, struct buf *out)
{
	time_t seconds = (time_t)(stored_ms / 1000);
	char date[40] = "Thu Jan  1 00:00:00 1970";
	struct tm tm;

	*mbox = (struct mbox){.is_complete = 1};
	if (gmtime_r(&seconds, &tm))
		strftime(date, sizeof(date), "%a %b %e %H:%M:%S %Y", &tm);
	buf_add_string(out, from);
	add_address(reverse_path, out);
	buf_add_format(out, " %s\n", date);
}

/* What was held back is no "From ". */
static void let_go(struct mbox *mbox, struct buf *out)
{
	buf_add(out, from, mbox->matched);
	mbox->matched = 0;
	mbox->is_in_line = 1;
}

/* At the beginning of a line. Where in a run of ">" the one more stands makes no difference. */
static void add_at_start(struct mbox *mbox, char byte, struct buf *out)
{
	if (byte == from[mbox->matched]) {
		if (++mbox->matched < sizeof(from) - 1)
			return;
		buf_add_char(out, '>');
		let_go(mbox, out);
		return;
	}
	if (byte != '>' || mbox->matched)
		let_go(mbox, out);
	buf_add_char(out, byte);
}

void mbox_add(struct mbox *mbox, const char *bytes, size_t size, struct buf *out)
{
	const char *end = bytes + size, *stop;

	for (; bytes < end; bytes = stop) {
		if (mbox->is_in_line) {
			stop = memchr(bytes, '\n', (size_t)(end - bytes));
			stop = stop ? stop + 1 : end;
			buf_add(out, bytes, (size_t)(stop - bytes));
		} else {
			stop = bytes + 1;
			add_at_start(mbox, *bytes, out);
		}
		mbox->is_complete = stop[-1] == '\n';
		if (mbox->is_complete)
			mbox->is_in_line = 0;
	}
}

void mbox_end(struct mbox *mbox, struct buf *out)
{
	if (mbox->matched)
		let_go(mbox, out);
	buf_add_string(out, mbox->is_complete ? "\n" : "\n\n");
}

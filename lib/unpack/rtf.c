#include "lib/unpack/rtf.h"

#include <string.h>

enum {
	WINDOW = 4096,
	PACKED = 0x75465a4c, /* "LZFu" */
	PLAIN = 0x414c454d,  /* "MELA" */
	LEAST_RUN = 2,
};

/* What the window holds in the beginning (MS-OXRTFCP section 2.1.2.1). */
static const char primer[] =
        "{\\rtf1\\ansi\\mac\\deff0\\deftab720{\\fonttbl;}{\\f0\\fnil \\froman \\fswiss \\fmodern "
        "\\fscript \\fdecor MS Sans SerifSymbolArialTimes New RomanCourier{\\colortbl\\red0\\green0"
        "\\blue0\r\n\\par \\pard\\plain\\f0\\fs20\\b\\i\\u\\tab\\tx";

struct window {
	char bytes[WINDOW];
	size_t at;
};

static void put(struct window *window, char byte, struct buf *out)
{
	window->bytes[window->at] = byte;
	window->at = (window->at + 1) % WINDOW;
	buf_add_char(out, byte);
}

/* A run of the window; false at the end's mark, a run that begins where it would be written. */
static int copy_run(struct window *window, unsigned reference, struct buf *out)
{
	size_t from = reference >> 4, size = (reference & 15) + LEAST_RUN;

	if (from == window->at)
		return 0;
	for (; size; size--, from = (from + 1) % WINDOW)
		put(window, window->bytes[from], out);
	return 1;
}

static void expand(struct piece packed, struct buf *out)
{
	struct window window = {.at = sizeof(primer) - 1};
	unsigned control, high;
	int bit;

	memcpy(window.bytes, primer, sizeof(primer) - 1);
	while (packed.left) {
		control = piece_take(&packed, 1);
		for (bit = 0; bit < 8 && packed.left; bit++) {
			if (!(control >> bit & 1)) {
				put(&window, (char)piece_take(&packed, 1), out);
				continue;
			}
			high = piece_take(&packed, 1);
			if (!copy_run(&window, high << 8 | piece_take(&packed, 1), out))
				return;
		}
	}
}

int rtf_expand(struct piece packed, struct buf *out)
{
	unsigned kind;

	piece_take(&packed, 4); /* sizes, which only a writer knows to be right */
	piece_take(&packed, 4);
	kind = piece_take(&packed, 4);
	piece_take(&packed, 4);
	if (kind == PACKED)
		expand(packed, out);
	else if (kind == PLAIN)
		buf_add(out, packed.at, packed.left);
	return kind == PACKED || kind == PLAIN;
}

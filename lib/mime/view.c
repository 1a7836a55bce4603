#include "lib/mime/view.h"

#include <gmime/gmime.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/mime/decode.h"

char *view_nfkc(const char *utf8)
{
	char *valid = g_utf8_make_valid(utf8, -1);
	char *composed = g_utf8_normalize(valid, -1, G_NORMALIZE_NFKC);
	char *lower = g_utf8_strdown(composed ? composed : valid, -1);
	char *text = alloc_string(lower);

	g_free(valid);
	g_free(composed);
	g_free(lower);
	return text;
}

void view_start(void)
{
	g_mime_init();
	decode_start();
}

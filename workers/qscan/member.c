#include "workers/qscan/member.h"

#include <stdlib.h>

#include "lib/base/safe.h"

enum { MEMBER_MOST_BYTES = 4096 };

void member_text(FILE *out, const char *name, const char *text, int first)
{
	const unsigned char *at;
	char *safe = safe_text(text, MEMBER_MOST_BYTES);

	if (!first)
		fputc(',', out);
	if (name)
		fprintf(out, "\"%s\":", name);
	fputc('"', out);
	for (at = (const unsigned char *)safe; *at; at++) {
		if (*at == '"' || *at == '\\')
			fputc('\\', out);
		fputc(*at, out);
	}
	fputc('"', out);
	free(safe);
}

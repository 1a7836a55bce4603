#include "lib/filetype/filetype.h"

#include <magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/base/text.h"

enum { WINDOW_BYTES = 256 * 1024 }; /* what libmagic gets to see */

struct filetype {
	magic_t magic;
	char answer[128];
};

/* Types that libmagic gives for one or two bytes at the beginning, or for what this folder would
 * have known better. */
static const char *const weak_types[] = {
        "application/octet-stream",
        "application/x-dosexec",
        "application/vnd.microsoft.portable-executable",
        "application/x-dosdriver",
        "application/x-dbf",
        "application/x-executable",
        "application/x-mach-binary",
        "application/x-java-applet",
        "application/x-lzma",
        "application/x-compress",
        "application/x-sc",
        "application/x-stuffit",
        "application/x-dvi",
        "application/x-mif",
        "application/x-archive-unknown",
        "application/x-terminfo",
        "application/x-ibooks+zip",
        "audio/mpeg",
        "image/x-tga",
        "image/x-pcx",
        "image/x-portable-*",
        "font/sfnt",
        "text/*",
};

/* Work that a file may cause, well under libmagic's own limits: small files can ask for very many
 * indirections and regular expressions. */
static int set_limits(magic_t magic)
{
	static const struct {
		int parameter;
		size_t value;
	} table[] = {
	        {MAGIC_PARAM_INDIR_MAX, 15},
	        {MAGIC_PARAM_NAME_MAX, 50},
	        {MAGIC_PARAM_ELF_PHNUM_MAX, 128},
	        {MAGIC_PARAM_ELF_SHNUM_MAX, 1024},
	        {MAGIC_PARAM_ELF_NOTES_MAX, 64},
	        {MAGIC_PARAM_REGEX_MAX, 4096},
	        {MAGIC_PARAM_BYTES_MAX, WINDOW_BYTES},
	};
	size_t at;

	for (at = 0; at < sizeof(table) / sizeof(table[0]); at++)
		if (magic_setparam(magic, table[at].parameter, &table[at].value))
			return -1;
	return 0;
}

enum result filetype_open(struct filetype **out, struct err *err)
{
	magic_t magic = magic_open(MAGIC_MIME_TYPE | MAGIC_NO_CHECK_COMPRESS | MAGIC_NO_CHECK_TEXT |
	                           MAGIC_NO_CHECK_TOKENS | MAGIC_NO_CHECK_ENCODING);
	struct filetype *types;

	if (!magic)
		return err_sys(err, RESULT_TEMPORARY, "libmagic");
	if (magic_load(magic, NULL) || set_limits(magic)) {
		err_set(err, RESULT_PERMANENT, "libmagic: %s", magic_error(magic));
		magic_close(magic);
		return RESULT_PERMANENT;
	}
	types = alloc_zero(1, sizeof(*types));
	types->magic = magic;
	*out = types;
	return RESULT_OK;
}

void filetype_close(struct filetype **types)
{
	if (!*types)
		return;
	magic_close((*types)->magic);
	free(*types);
	*types = NULL;
}

static int is_weak(const char *type)
{
	size_t at;

	for (at = 0; at < sizeof(weak_types) / sizeof(weak_types[0]); at++)
		if (text_glob(weak_types[at], type, strlen(type)))
			return 1;
	return 0;
}

/* PDF readers accept junk in front of the header, libmagic doesn't. */
static int is_late_pdf(const void *bytes, size_t size)
{
	return text_find(bytes, size < 1024 ? size : 1024, "%PDF-") != NULL;
}

static const char *ask_libmagic(struct filetype *types, const void *bytes, size_t size, int *weak)
{
	const char *type =
	        magic_buffer(types->magic, bytes, size < WINDOW_BYTES ? size : WINDOW_BYTES);

	snprintf(types->answer, sizeof(types->answer), "%s",
	        type && strchr(type, '/') ? type : "application/octet-stream");
	text_lower(types->answer);
	*weak = is_weak(types->answer);
	if (*weak && is_late_pdf(bytes, size)) {
		*weak = 0;
		return "application/pdf";
	}
	return types->answer;
}

const char *filetype_of(struct filetype *types, const void *bytes, size_t size, int *weak)
{
	const char *type;

	*weak = 0;
	if (!size) {
		*weak = 1;
		return "application/x-empty";
	}
	type = filetype_program(bytes, size);
	if (!type)
		type = filetype_text(bytes, size);
	return type ? type : ask_libmagic(types, bytes, size, weak);
}

#include "workers/qscan/traits.h"

#include <string.h>

#include "lib/base/text.h"
#include "lib/filetype/filetype.h"
#include "lib/mime/name.h"

/* What names promise: endings, each with blanks around it, and the types that keep the promise.
 * Wide where honest software is: Word writes RTF as .doc, and every server exports HTML as .xls. */
static const struct {
	const char *endings;
	const char *types[8];
} promises[] = {
        {" pdf ", {"application/pdf"}},
        {" jpg jpeg jpe png gif bmp tif tiff webp heic ", {"image/*"}},
        {" doc dot xls xlt ppt pot pps ",
                {"application/msword", "application/vnd.ms-*", "application/vnd.openxml*",
                        "application/x-ole*", "application/cdf*", "application/zip",
                        "application/encrypted", "text/*"}},
        {" docx docm dotx xlsx xlsm xltx pptx pptm potx ppsx ",
                {"application/vnd.openxml*", "application/vnd.ms-*", "application/zip",
                        "application/x-ole*", "application/cdf*", "application/encrypted"}},
        {" odt ods odp odg ", {"application/vnd.oasis*", "application/zip"}},
        {" rtf ", {"text/*", "application/rtf"}},
        {" txt csv log md ", {"text/*", "message/*", "application/json", "application/x-ndjson"}},
        {" htm html xhtml ", {"text/*", "application/xhtml*", "image/svg*"}},
        {" xml svg ", {"text/*", "image/svg*", "application/*xml*"}},
        {" ics vcf ", {"text/*"}},
        {" eml ", {"message/*", "text/*", "application/mbox"}},
        {" msg ", {"application/vnd.ms-*", "application/x-ole*", "application/cdf*", "text/*"}},
        {" mp3 wav ogg flac m4a wma ", {"audio/*", "video/*", "application/ogg"}},
        {" mp4 avi mov mpg mpeg mkv webm wmv ", {"video/*", "audio/*", "application/*"}},
        {" zip ", {"application/zip", "application/x-zip*", "application/vnd.*",
                          "application/java*", "application/epub*"}},
        {" rar ", {"application/x-rar*", "application/vnd.rar"}},
        {" 7z ", {"application/x-7z*"}},
        {" gz tgz ", {"application/gzip", "application/x-gzip"}},
};

enum { PROMISES = sizeof(promises) / sizeof(promises[0]), ENDING_ROOM = 16 };

/* Which promise a name makes, or PROMISES. */
static size_t promise_of(const char *normalised)
{
	const char *extension = name_extension(normalised);
	char word[ENDING_ROOM + 2] = " ";
	size_t at = PROMISES;

	if (*extension && strlen(extension) < ENDING_ROOM && !strchr(extension, ' ')) {
		strcat(word, extension);
		strcat(word, " ");
		for (at = 0; at < PROMISES && !strstr(promises[at].endings, word); at++)
			continue;
	}
	return at;
}

static int is_kept(size_t promise, const char *type)
{
	size_t at;

	for (at = 0; at < sizeof(promises[0].types) / sizeof(promises[0].types[0]); at++)
		if (promises[promise].types[at] &&
		        text_glob(promises[promise].types[at], type, strlen(type)))
			return 1;
	return 0;
}

/* Office keeps macros out of files with these endings: one that has them was renamed. */
static int is_without_macros(const char *normalised)
{
	static const char *const endings[] = {
	        "docx", "dotx", "xlsx", "xltx", "pptx", "potx", "ppsx"};
	size_t at;

	for (at = 0; at < sizeof(endings) / sizeof(endings[0]); at++)
		if (!strcmp(name_extension(normalised), endings[at]))
			return 1;
	return 0;
}

/* Nobody sends a program under a document's name honestly, and no rule by name sees it. So it is
 * with a picture that runs a script in the browser which shows it. */
static int is_disguised(const struct content *content, const char *normalised, size_t promise)
{
	if (promise == PROMISES)
		return 0;
	if (content->bytes && filetype_program(content->bytes, content->size))
		return 1;
	if (content_has(content, TRAIT_SCRIPT) && !strcmp(name_extension(normalised), "svg"))
		return 1;
	return content_has(content, TRAIT_MACRO) && is_without_macros(normalised);
}

/* A client that shows a picture of that type needs no name for it. */
static int is_nameless_picture(const struct content *content)
{
	size_t at;

	for (at = 0; !content->name_count && at < content->type_count; at++)
		if (!strcmp(content->types[at], "image/svg+xml"))
			return 1;
	return 0;
}

void traits_of_names(struct attachment *attachment)
{
	struct content *content = attachment->content;
	size_t at, promise;

	if (content_has(content, TRAIT_SCRIPT) && is_nameless_picture(content))
		content->traits |= 1u << TRAIT_DISGUISED;

	for (at = 0; at < content->name_count; at++) {
		promise = promise_of(attachment->normalised[at]);
		if (is_disguised(content, attachment->normalised[at], promise))
			content->traits |= 1u << TRAIT_DISGUISED;
		if (promise < PROMISES && *content->true_type &&
		        !is_kept(promise, content->true_type))
			content->traits |= 1u << TRAIT_MISMATCH;
	}
}

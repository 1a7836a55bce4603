/*
 * PDF as a container: its embedded files, the names that it gives to files, and whether it runs
 * something. No cross-reference table is believed: readers repair broken ones, so an object is
 * looked at wherever the bytes have one, inside of streams and strings as well, which such a table
 * may point into. Names of which nothing says the file are handed out by themselves.
 *
 * A first pass gives what says that it is an embedded file; a second one those that are only
 * referred to as such, and forms in XML.
 */
#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/text.h"
#include "lib/unpack/pdf_filter.h"

enum {
	NAME_ROOM = 1024,
	NAMES_MOST = 4096,
	REFERENCES_MOST = 256,
	DISORDER_MOST = 4,
	READ_AGAIN = 4, /* times the file's size, for what overlaps */
	BLANKS_MOST = 8,
};

enum mark { MARK_OBJECT, MARK_TRAILER, MARK_STREAM_END, MARKS };

struct pdf {
	struct walk *walk;
	size_t names;
	struct buf found; /* names, each with its NUL */
	void *known;      /* the same, by tsearch() */
	size_t has_more_names;
	uint32_t references[REFERENCES_MOST]; /* objects that are said to be files */
	size_t reference_count;
	size_t has_more_references;
	const unsigned char *marks[MARKS];   /* the next of each kind */
	const unsigned char *furthest;       /* end of what was read as objects */
	uint64_t objects_left, streams_left; /* bytes that may be read again */
	int pass;
	int has_form, is_encrypted, is_tangled;
	unsigned told; /* traits, a bit each */
};

/* What an object's own dictionary says, and where in it we are. */
struct object {
	uint32_t number; /* 0: unknown */
	int is_trailer, is_file, is_objects, is_references, is_drawn, is_encrypted;
	uint32_t length, first;
	struct pdf_filters filters;
	struct pdf_token token;
	char key[PDF_NAME_ROOM]; /* the last name */
	size_t since;            /* tokens behind it */
	uint32_t number_before, number_last;
	int depth, in_filters;
};

static void tell(struct pdf *pdf, enum unpack_trait trait, const char *what)
{
	if (pdf->told & 1u << trait)
		return;
	pdf->told |= 1u << trait;
	walk_trait(pdf->walk, trait, what);
}

/* ---------------------------------------------------------------- names */

/* PDF's own 8-bit charset, or UTF-16 with the highest byte first behind its mark. */
static char *name_of(unsigned char *name, size_t length)
{
	unsigned char high;
	size_t at;

	if (length < 2 || name[0] != 0xfe || name[1] != 0xff)
		return walk_name(name, length);
	for (at = 2; at + 1 < length; at += 2) {
		high = name[at];
		name[at] = name[at + 1];
		name[at + 1] = high;
	}
	return piece_wide_name((struct piece){name + 2, length - 2});
}

static int compare(const void *a, const void *b)
{
	return strcmp(a, b);
}

/* Takes the name. */
static void keep_new_name(struct pdf *pdf, char *name)
{
	if (pdf->names == NAMES_MOST) {
		if (!pdf->has_more_names++)
			walk_problem(pdf->walk, UNPACK_LIMIT, "", "too many names in a PDF");
		free(name);
		return;
	}
	buf_add(&pdf->found, name, strlen(name) + 1);
	tsearch(name, &pdf->known, compare);
	pdf->names++;
}

/* An address is no file's name. */
static void keep_name(struct pdf *pdf, const struct pdf_token *token)
{
	unsigned char bytes[NAME_ROOM];
	char *name;

	name = name_of(bytes, pdf_string(token, bytes, sizeof(bytes)));
	if (*name && !strstr(name, "://") && !tfind(name, &pdf->known, compare))
		keep_new_name(pdf, name);
	else
		free(name);
}

static void give_names(struct pdf *pdf)
{
	const char *name = pdf->found.data, *end = name + pdf->found.size;

	for (; name < end; name += strlen(name) + 1) {
		if (!walk_count(pdf->walk))
			return;
		walk_member(pdf->walk, name, NULL, 0);
	}
}

/* ---------------------------------------------------------------- objects */

/* The keys of a file specification and of what it embeds (7.11.3), and of what starts a program. */
static int is_file_key(const char *key)
{
	static const char *const keys[] = {"F", "UF", "DOS", "Unix", "Mac"};
	size_t at;

	for (at = 0; at < sizeof(keys) / sizeof(keys[0]); at++)
		if (!strcmp(key, keys[at]))
			return 1;
	return 0;
}

static int is_referred_to(const struct pdf *pdf, uint32_t number)
{
	size_t at;

	for (at = 0; at < pdf->reference_count; at++)
		if (pdf->references[at] == number)
			return 1;
	return 0;
}

static void keep_reference(struct pdf *pdf, uint32_t number)
{
	if (pdf->pass > 1 || is_referred_to(pdf, number))
		return;
	if (pdf->reference_count < REFERENCES_MOST)
		pdf->references[pdf->reference_count++] = number;
	else if (!pdf->has_more_references++)
		walk_problem(pdf->walk, UNPACK_LIMIT, "", "too many files in a PDF");
}

static void use_name(struct pdf *pdf, struct object *object)
{
	static const struct {
		const char *name;
		enum unpack_trait trait;
	} traits[] = {
	        {"JS", UNPACK_SCRIPT},
	        {"JavaScript", UNPACK_SCRIPT},
	        {"Launch", UNPACK_SCRIPT},
	        {"RichMedia", UNPACK_SCRIPT},
	        {"Collection", UNPACK_EMBEDDED},
	        {"GoToE", UNPACK_EMBEDDED},
	};
	const char *name = object->token.name;
	size_t at;

	for (at = 0; at < sizeof(traits) / sizeof(traits[0]); at++)
		if (!strcmp(name, traits[at].name))
			tell(pdf, traits[at].trait, name);
	pdf->has_form |= !strcmp(name, "XFA");
	object->is_file |= !strcmp(name, "EmbeddedFile");
	object->is_objects |= !strcmp(name, "ObjStm");
	object->is_references |= !strcmp(name, "XRef");
	object->is_encrypted |= !strcmp(name, "Encrypt");
	object->is_drawn |= object->depth == 1 && !object->since &&
	                    !strcmp(object->key, "Subtype") &&
	                    (!strcmp(name, "Image") || !strcmp(name, "Form"));
	if (object->in_filters ||
	        (object->depth == 1 && !object->since && !strcmp(object->key, "Filter")))
		pdf_filter_add(&object->filters, name);
	object->filters.lists += object->depth == 1 && !strcmp(name, "Filter");
	memcpy(object->key, name, sizeof(object->key));
}

static void use_number(struct object *object)
{
	uint32_t number = object->token.number;

	object->number_before = object->number_last;
	object->number_last = number;
	if (object->since)
		return;
	if (!strcmp(object->key, "Predictor"))
		object->filters.has_predictor |= number > 1;
	else if (object->depth == 1 && !strcmp(object->key, "Length"))
		object->length = number;
	else if (object->depth == 1 && !strcmp(object->key, "First"))
		object->first = number;
}

static void use_token(struct pdf *pdf, struct object *object)
{
	switch (object->token.kind) {
	case PDF_NAME:
		use_name(pdf, object);
		object->since = 0;
		return;
	case PDF_NUMBER:
		use_number(object);
		break;
	case PDF_STRING:
	case PDF_HEX:
		if (!object->since && is_file_key(object->key))
			keep_name(pdf, &object->token);
		break;
	case PDF_WORD:
		if (object->since == 2 && !strcmp(object->token.name, "R") &&
		        is_file_key(object->key))
			keep_reference(pdf, object->number_before);
		break;
	case PDF_ARRAY:
		object->in_filters |=
		        object->depth == 1 && !object->since && !strcmp(object->key, "Filter");
		break;
	case PDF_ARRAY_END:
		object->in_filters = 0;
		break;
	case PDF_DICTIONARY:
		object->depth++;
		break;
	case PDF_DICTIONARY_END:
		object->depth -= object->depth > 0;
		break;
	default:
		break;
	}
	object->since++;
}

/* ---------------------------------------------------------------- streams */

/* Streams overlap only where somebody means to have the same bytes read again and again. */
static int may_read(struct pdf *pdf, uint64_t *left, size_t size)
{
	if (size > *left) {
		if (!pdf->is_tangled)
			walk_problem(pdf->walk, UNPACK_FORMAT, "", "parts of a PDF overlap");
		pdf->is_tangled = 1;
		return 0;
	}
	*left -= size;
	return 1;
}

static void give_file(struct pdf *pdf, struct piece data, const struct object *object)
{
	struct buf content = {0};
	const char *why;

	/* A resource of a page may have a file specification's key for its name. */
	if (object->is_file || !object->is_drawn)
		tell(pdf, UNPACK_EMBEDDED, "EmbeddedFile");
	if (!walk_count(pdf->walk))
		return;
	why = pdf_unfilter(pdf->walk, data, &object->filters, &content);
	if (why)
		walk_problem(pdf->walk, UNPACK_FORMAT, "", why);
	if (object->filters.lists > 1)
		walk_problem(pdf->walk, UNPACK_AMBIGUOUS, "", "a stream has its filters twice");
	walk_member(pdf->walk, "", &content, 0);
	buf_fini(&content);
}

static void read_tokens(struct pdf *pdf, struct piece rest)
{
	struct object object = {0};

	for (pdf_take(&rest, &object.token); object.token.kind != PDF_END;
	        pdf_take(&rest, &object.token))
		use_token(pdf, &object);
}

/* Objects packed together begin where a table in front of them says, which may be in what another
 * reading takes for a string. In an honest file their places ascend. */
static void read_by_table(struct pdf *pdf, struct piece content, uint32_t first)
{
	struct piece table = {content.at, first < content.left ? first : content.left};
	size_t start = 0, end, disorder = 0;
	struct pdf_token token;

	for (;;) {
		pdf_take(&table, &token);
		pdf_take(&table, &token);
		end = token.kind == PDF_NUMBER ? (size_t)first + token.number : content.left;
		if (end > content.left)
			end = content.left;
		disorder += start && end <= start;
		if (disorder > DISORDER_MOST)
			break;
		if (start)
			read_tokens(pdf, (struct piece){content.at + start,
			                         (end > start ? end : content.left) - start});
		if (token.kind != PDF_NUMBER)
			return;
		start = end;
	}
	walk_problem(pdf->walk, UNPACK_FORMAT, "", "packed objects are out of order");
}

static void read_objects(struct pdf *pdf, struct piece data, const struct object *object)
{
	struct buf content = {0};
	struct piece all;
	const char *why = pdf_unfilter(pdf->walk, data, &object->filters, &content);

	if (why)
		walk_problem(pdf->walk, UNPACK_FORMAT, "", why);
	all = (struct piece){(const unsigned char *)content.data, content.size};
	read_tokens(pdf, all);
	read_by_table(pdf, all, object->first);
	buf_fini(&content);
}

/* A form of Adobe's is XML, whose scripts have an element of their own. */
static void read_form(struct pdf *pdf, struct piece data, const struct object *object)
{
	struct buf content = {0};

	if (!pdf_unfilter(pdf->walk, data, &object->filters, &content) &&
	        (text_find(content.data, content.size, "<script") ||
	                text_find(content.data, content.size, ":script")))
		tell(pdf, UNPACK_SCRIPT, "a script in a form");
	buf_fini(&content);
}

/* A dictionary may say that its stream is several things, and each reader takes it for its own. */
static void use_stream(struct pdf *pdf, struct piece data, const struct object *object)
{
	int is_referred = pdf->pass > 1 && is_referred_to(pdf, object->number);
	int is_file = pdf->pass > 1 ? is_referred && !object->is_file : object->is_file;
	int is_objects = pdf->pass == 1 && object->is_objects;
	int is_form = pdf->pass > 1 && pdf->has_form && !object->is_objects;

	if (is_file && may_read(pdf, &pdf->streams_left, data.left))
		give_file(pdf, data, object);
	if (is_objects && may_read(pdf, &pdf->streams_left, data.left))
		read_objects(pdf, data, object);
	if (is_form && may_read(pdf, &pdf->streams_left, data.left))
		read_form(pdf, data, object);
}

/* ---------------------------------------------------------------- the file */

/* The next of a kind at or behind `at`. Where `at` has been further already it may be a later one.
 */
static const unsigned char *next_mark(struct pdf *pdf, enum mark mark, const unsigned char *at)
{
	static const char *const words[] = {"obj", "trailer", "endstream"};
	const unsigned char *end = pdf->walk->bytes + pdf->walk->size, *found;

	if (pdf->marks[mark] && pdf->marks[mark] >= at)
		return pdf->marks[mark];
	found = memmem(at, (size_t)(end - at), words[mark], strlen(words[mark]));
	pdf->marks[mark] = found ? found : end;
	return pdf->marks[mark];
}

static int is_stream_end(const struct pdf *pdf, const unsigned char *at)
{
	struct piece rest = {at, (size_t)(pdf->walk->bytes + pdf->walk->size - at)};
	size_t blanks;

	for (blanks = 0; blanks < BLANKS_MOST && rest.left && *rest.at && strchr("\r\n ", *rest.at);
	        blanks++)
		piece_take_run(&rest, 1);
	return rest.left >= 9 && !memcmp(rest.at, "endstream", 9);
}

/* The data begin behind the line's end. How long they are is believed where the end is there: a
 * file that is embedded as it is may have that word in it. */
static void read_stream(struct pdf *pdf, const unsigned char *at, const struct object *object)
{
	const unsigned char *end = pdf->walk->bytes + pdf->walk->size, *stop;

	at += at < end && *at == '\r';
	at += at < end && *at == '\n';
	stop = next_mark(pdf, MARK_STREAM_END, at);
	if (object->length && object->length <= (size_t)(end - at) &&
	        is_stream_end(pdf, at + object->length))
		stop = at + object->length;
	use_stream(pdf, (struct piece){at, (size_t)(stop - at)}, object);
}

static int is_object_end(const struct pdf_token *token)
{
	return token->kind == PDF_WORD &&
	       (!strcmp(token->name, "endobj") || !strcmp(token->name, "obj") ||
	               !strcmp(token->name, "startxref"));
}

/* From behind "obj" or "trailer" to the end, or to its stream's data. */
static void read_object(struct pdf *pdf, const unsigned char *at, struct object *object)
{
	struct piece rest = {at, (size_t)(pdf->walk->bytes + pdf->walk->size - at)};
	int has_stream = 0;

	for (;;) {
		pdf_take(&rest, &object->token);
		has_stream =
		        object->token.kind == PDF_WORD && !strcmp(object->token.name, "stream");
		if (has_stream || object->token.kind == PDF_END || is_object_end(&object->token))
			break;
		use_token(pdf, object);
	}
	if (at < pdf->furthest)
		may_read(pdf, &pdf->objects_left,
		        (size_t)((rest.at < pdf->furthest ? rest.at : pdf->furthest) - at));
	if (rest.at > pdf->furthest)
		pdf->furthest = rest.at;
	if (object->is_encrypted && (object->is_trailer || object->is_references))
		pdf->is_encrypted = 1;
	if (has_stream)
		read_stream(pdf, rest.at, object);
}

/* Backwards over blanks and a number; 0 where there is none. */
static uint32_t number_before(const struct pdf *pdf, const unsigned char **at)
{
	const unsigned char *start = pdf->walk->bytes, *digits;
	struct pdf_token token;
	struct piece number;
	size_t blanks = 0;

	while (*at > start && strchr(" \t\r\n\f", (*at)[-1]) && blanks++ < BLANKS_MOST)
		(*at)--;
	for (digits = *at;
	        digits > start && *at - digits < 10 && digits[-1] >= '0' && digits[-1] <= '9';)
		digits--;
	number = (struct piece){digits, (size_t)(*at - digits)};
	*at = digits;
	if (!number.left)
		return 0;
	pdf_take(&number, &token);
	return token.number;
}

/* "12 0 obj"; not "endobj". */
static int is_object_start(const struct pdf *pdf, const unsigned char *at)
{
	return at > pdf->walk->bytes && (at[-1] <= ' ' || (at[-1] >= '0' && at[-1] <= '9'));
}

static void read_at(struct pdf *pdf, const unsigned char *at, enum mark mark)
{
	struct object object = {.is_trailer = mark == MARK_TRAILER};
	const unsigned char *before = at;

	if (mark == MARK_OBJECT) {
		if (!is_object_start(pdf, at))
			return;
		number_before(pdf, &before);
		object.number = number_before(pdf, &before);
	}
	read_object(pdf, at + (mark == MARK_OBJECT ? strlen("obj") : strlen("trailer")), &object);
}

static void read_all(struct pdf *pdf)
{
	const unsigned char *at = pdf->walk->bytes, *end = at + pdf->walk->size;

	memset(pdf->marks, 0, sizeof(pdf->marks));
	pdf->furthest = at;
	pdf->objects_left = pdf->streams_left = (uint64_t)READ_AGAIN * pdf->walk->size;
	pdf->pass++;
	while (!pdf->walk->stopped && !pdf->is_tangled) {
		const unsigned char *object = next_mark(pdf, MARK_OBJECT, at);
		const unsigned char *trailer = next_mark(pdf, MARK_TRAILER, at);

		at = object < trailer ? object : trailer;
		if (at == end)
			return;
		read_at(pdf, at, object < trailer ? MARK_OBJECT : MARK_TRAILER);
		at++;
	}
}

void walk_pdf(struct walk *walk)
{
	struct pdf pdf = {.walk = walk};

	buf_add(&pdf.found, "", 0);
	read_all(&pdf);
	if (pdf.is_encrypted)
		walk_problem(walk, UNPACK_ENCRYPTED, "", "an encrypted PDF");
	if (pdf.reference_count || pdf.has_form)
		read_all(&pdf);
	give_names(&pdf);
	tdestroy(pdf.known, free);
	buf_fini(&pdf.found);
}

#include "lib/spam/condition.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/base/buf.h"
#include "lib/spam/meta.h"

/* Plugins whose rule language is built in here. */
static const char *const plugins[] = {
        "Mail::SpamAssassin::Plugin::MIMEHeader",
        "Mail::SpamAssassin::Plugin::ReplaceTags",
};

static const char *const features[] = {
        "Mail::SpamAssassin::Conf::feature_bug6558_free",
        "Mail::SpamAssassin::Conf::perl_min_version_5010000",
};

static int is_listed(const char *const *list, size_t count, const char *name, size_t size)
{
	for (size_t i = 0; i < count; i++) {
		if (strlen(list[i]) == size && memcmp(list[i], name, size) == 0)
			return 1;
	}
	return 0;
}

int condition_has_plugin(const char *name)
{
	return is_listed(plugins, sizeof(plugins) / sizeof(*plugins), name, strlen(name));
}

int condition_is_our_version(const char *text)
{
	/* Rule files that were never installed still have the placeholder. */
	return strcmp(text, "@@VERSION@@") == 0 || strtod(text, NULL) == CONDITION_VERSION;
}

/* Answers "word(argument)" at *at and steps over it; -1 where it isn't one of ours. */
static int answer(const char **at, const char *word, const char *const *list, size_t count)
{
	size_t word_size = strlen(word), size;
	const char *name, *end;

	if (strncmp(*at, word, word_size) != 0)
		return -1;
	name = *at + word_size;
	name += strspn(name, " \t");
	size = strcspn(name, " \t)");
	end = name + size + strspn(name + size, " \t");
	if (*end != ')')
		return -1;
	*at = end + 1;
	return is_listed(list, count, name, size);
}

/* Puts 0 or 1 in the place of questions, so that what is left is arithmetic as in a meta. */
static void answer_questions(const char *text, struct buf *out)
{
	int yes;

	while (*text) {
		yes = answer(&text, "plugin(", plugins, sizeof(plugins) / sizeof(*plugins));
		if (yes < 0)
			yes = answer(&text, "can(", features, sizeof(features) / sizeof(*features));
		if (yes < 0)
			yes = answer(&text, "has(", NULL, 0);
		if (yes < 0)
			buf_add_char(out, *text++);
		else
			buf_add_char(out, yes ? '1' : '0');
	}
}

enum { NAME_VERSION, NAME_PERL_VERSION, NAME_OTHER };

static size_t number_of(void *context, const char *name)
{
	if (strcmp(name, "version") == 0)
		return NAME_VERSION;
	if (strcmp(name, "perl_version") == 0)
		return NAME_PERL_VERSION;
	*(int *)context = 1;
	return NAME_OTHER;
}

static struct meta_value value_of(void *context, size_t number)
{
	/* We have no Perl, but patterns as rich as a recent one's. */
	double value = number == NAME_VERSION        ? CONDITION_VERSION
	               : number == NAME_PERL_VERSION ? 5.036
	                                             : 0;

	return (struct meta_value){value, value};
}

enum result condition_holds(const char *text, struct err *err)
{
	struct meta *meta = NULL;
	struct buf plain = {0};
	enum result result;
	int strange = 0;

	answer_questions(text, &plain);
	result = meta_parse(plain.data ? plain.data : "", number_of, &strange, &meta, err);
	buf_fini(&plain);
	if (result)
		return result;
	result = meta_is_true(meta_run(meta, value_of, NULL)) ? RESULT_OK : RESULT_NONE;
	meta_free(&meta);
	return strange ? err_set(err, RESULT_PERMANENT, "unknown condition: %.100s", text) : result;
}

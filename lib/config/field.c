/* What a row of the table says about itself, for checks and for print. */
#include <inttypes.h>
#include <stdio.h>

#include "lib/config/table.h"

int field_allows(const struct field *field, const struct choice *choice)
{
	return !field->allowed || (field->allowed >> choice->value & 1);
}

static void show_number(const struct field *field, uint64_t value, char out[32])
{
	if (field->type == FIELD_SIZE)
		form_show_size(value, out);
	else if (field->type == FIELD_TIME)
		form_show_time(value, out);
	else
		snprintf(out, 32, "%" PRIu64, value);
}

static void add_limits(const struct field *field, struct buf *out)
{
	char least[32], most[32];

	if (!field->most)
		return;
	show_number(field, field->least, least);
	show_number(field, field->most, most);
	buf_add_format(out, " from %s to %s", least, most);
}

static void add_choices(const struct field *field, struct buf *out)
{
	const struct choice *choice;
	const char *before = "";

	for (choice = field->choices; choice->word; choice++) {
		if (!field_allows(field, choice))
			continue;
		buf_add_format(out, "%s%s", before, choice->word);
		before = ", ";
	}
}

void field_expects(const struct field *field, struct buf *out)
{
	static const char *const words[] = {
	        [FIELD_TEXT] = "",
	        [FIELD_LIST] = "a list, [a, b], ",
	        [FIELD_BOOL] = "true or false",
	        [FIELD_NUMBER] = "a whole number",
	        [FIELD_SIZE] = "a size such as 25M (bytes, k, M, G)",
	        [FIELD_TIME] = "a time such as 30s (ms, s, m, h, d)",
	        [FIELD_POINTS] = "points such as 5 or 7.5",
	        [FIELD_CHOICE] = "one of ",
	        [FIELD_SECTION] = "keys with values below it",
	        [FIELD_RULES] = "a list of entries, each with keys of its own",
	};

	if (field->word)
		buf_add_format(out, "%s, or ", field->word);
	buf_add_string(out, words[field->type]);
	if (field->type == FIELD_LIST)
		buf_add_string(out, field->choices ? "each one of " : "each ");
	if (field->choices)
		add_choices(field, out);
	else if (field->type == FIELD_TEXT || field->type == FIELD_LIST)
		buf_add_string(out, form_expects(field->form));
	else
		add_limits(field, out);
}

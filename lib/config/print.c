/* config_print_man(). */
#include "lib/config/print.h"

#include <string.h>

#include "lib/config/table.h"

enum { LINE_MOST = 78 };

/* One character of text, safe from roff. */
static void add_roff_char(struct buf *out, char c, int at_line_start)
{
	if (at_line_start && (c == '.' || c == '\''))
		buf_add_string(out, "\\&");
	if (c == '\\')
		buf_add_string(out, "\\e");
	else
		buf_add_char(out, c);
}

/* Words, a new line for each sentence as mandoc likes it, and where a line would get long. */
static void add_prose(struct buf *out, const char *text)
{
	size_t column = 0, word, i;

	while (*text) {
		word = strcspn(text, " ");
		if (column && column + 1 + word > LINE_MOST) {
			buf_add_char(out, '\n');
			column = 0;
		} else if (column) {
			buf_add_char(out, ' ');
		}
		for (i = 0; i < word; i++)
			add_roff_char(out, text[i], column + i == 0);
		column += word + 1;
		if (strchr(".?", text[word - 1]) && text[word])
			column = LINE_MOST;
		text += word + (text[word] == ' ');
	}
	buf_add_char(out, '\n');
}

static void add_literal(struct buf *out, const char *text)
{
	int start = 1;

	buf_add_string(out, ".Bd -literal -offset indent\n");
	for (; *text; text++) {
		add_roff_char(out, *text, start);
		start = *text == '\n';
	}
	buf_add_string(out, ".Ed\n");
}

static void add_choices(struct buf *out, const struct choice *choices)
{
	buf_add_string(out, ".Bl -tag -width quarantine -compact\n");
	for (; choices->word; choices++) {
		buf_add_format(out, ".It Cm %s\n", choices->word);
		add_prose(out, choices->prose);
	}
	buf_add_string(out, ".El\n");
}

static void add_expectation(struct buf *out, const struct field *field)
{
	struct buf text = {0};

	buf_add_string(&text, "Expects ");
	field_expects(field, &text);
	if (!field->normal)
		buf_add_string(&text, ". Required");
	else if (field->type != FIELD_RULES)
		buf_add_format(&text, ". Default: %s", field->normal[0] ? field->normal : "empty");
	buf_add_char(&text, '.');
	add_prose(out, text.data);
	buf_fini(&text);
}

static void add_fields(struct buf *out, const struct section *section);

static void add_field(struct buf *out, const struct field *field)
{
	buf_add_format(out, ".It Cm %s\n", field->key);
	add_prose(out, field->prose);
	if (field->type != FIELD_SECTION)
		add_expectation(out, field);
	if (field->type == FIELD_CHOICE && field->choices != table_actions)
		add_choices(out, field->choices);
	if (field->section)
		add_fields(out, field->section);
	if (field->type != FIELD_RULES)
		return;
	if (strcmp(field->normal, "[]") != 0) {
		buf_add_string(out, "Default:\n");
		add_literal(out, field->normal);
	}
	if (field->example) {
		buf_add_string(out, "For example:\n");
		add_literal(out, field->example);
	}
}

static void add_fields(struct buf *out, const struct section *section)
{
	size_t i;

	buf_add_string(out, ".Bl -tag -width Ds\n");
	for (i = 0; i < section->count; i++)
		add_field(out, &section->fields[i]);
	buf_add_string(out, ".El\n");
}

static void add_top(struct buf *out, const struct field *field)
{
	buf_add_format(out, ".Ss %s\n", field->key);
	add_prose(out, field->prose);
	add_fields(out, field->section);
	if (field->type == FIELD_RULES) {
		buf_add_string(out, "For example:\n");
		add_literal(out, field->example);
	}
}

static const char head[] =
        ".\\\" Printed by `lazaret --print-man` from lib/config/table.c: change it there.\n"
        ".Dd November 22, 2026\n"
        ".Dt LAZARET.YAML 5\n"
        ".Os\n"
        ".Sh NAME\n"
        ".Nm lazaret.yaml\n"
        ".Nd configuration of the Lazaret mail filter\n"
        ".Sh DESCRIPTION\n"
        "All programs of Lazaret read this file, and each takes the sections that concern it.\n"
        "It is YAML without anchors, aliases and tags.\n"
        "A key that does not exist, a value of the wrong kind or one that cannot work is an\n"
        "error that names file, line and what was expected, and nothing starts.\n"
        "What is doubtful but allowed is told by\n"
        ".Ic qctl check .\n"
        "A section whose only key of interest is\n"
        ".Cm rules\n"
        "may hold their list at once.\n"
        ".Pp\n"
        "Sizes are in bytes or with a unit of\n"
        ".Cm k , M\n"
        "or\n"
        ".Cm G ,\n"
        "which are powers of 1024.\n"
        "Times have a unit of\n"
        ".Cm ms , s , m , h\n"
        "or\n"
        ".Cm d .\n"
        "Relative paths are seen from the folder of this file.\n"
        "In patterns,\n"
        ".Cm *\n"
        "stands for anything,\n"
        ".Cm \\&?\n"
        "for one character, and\n"
        ".Cm [a-z]\n"
        "for one of a set, without regard to case.\n"
        "In defaults, <section.key> stands for the value of that key, and <datadir> for the\n"
        "folder that Lazaret's data were installed to.\n"
        ".Pp\n"
        "A file that a key ending in\n"
        ".Cm _file\n"
        "names has one entry a line, written as in the list of the same name; empty lines and\n"
        "what follows\n"
        ".Cm #\n"
        "at the start of a line are skipped.\n"
        "It is read again when it changes.\n"
        ".Sh ACTIONS\n"
        "From mild to strict:\n";

static const char tail[] = ".Sh FILES\n"
                           ".Bl -tag -width Ds\n"
                           ".It Pa /etc/lazaret/lazaret.yaml\n"
                           "read where no other file is named.\n"
                           ".El\n"
                           ".Sh EXAMPLES\n"
                           "This is enough:\n"
                           ".Bd -literal -offset indent\n"
                           "site:\n"
                           "  name: mail.example.org\n"
                           "  admin: postmaster@example.org\n"
                           "  domains: [example.org]\n"
                           "  networks: [127.0.0.0/8, 192.0.2.0/24]\n"
                           "  user: lazaret\n"
                           "  scan_user: lazaret-scan\n"
                           "  front_group: lazaret-submit\n"
                           "front:\n"
                           "  next_hop: 127.0.0.1:10026\n"
                           ".Ed\n"
                           ".Pp\n"
                           ".Ic lazaret --print-sample\n"
                           "prints a file with all keys and their defaults.\n"
                           ".Sh SEE ALSO\n"
                           ".Xr lazaret 8\n";

void config_print_man(struct buf *out)
{
	size_t i;

	buf_add_string(out, head);
	add_choices(out, table_actions);
	buf_add_string(out, ".Sh SECTIONS\n");
	for (i = 0; i < table_root.count; i++)
		add_top(out, &table_root.fields[i]);
	buf_add_string(out, tail);
}

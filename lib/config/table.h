/*
 * The table behind lazaret.yaml: every key once, with its type, default, limits and prose. It
 * checks the file, fills struct config, and prints lazaret.yaml(5) and the annotated sample. To add
 * a key: a member in config.h and a row in table.c.
 */
#ifndef LIB_CONFIG_TABLE_H
#define LIB_CONFIG_TABLE_H

#include <stddef.h>
#include <stdint.h>

#include "lib/base/buf.h"
#include "lib/config/form.h"

enum field_type {
	FIELD_TEXT,    /* char * */
	FIELD_LIST,    /* struct config_list, of texts */
	FIELD_BOOL,    /* int */
	FIELD_NUMBER,  /* uint64_t */
	FIELD_SIZE,    /* uint64_t, bytes */
	FIELD_TIME,    /* int64_t, milliseconds */
	FIELD_POINTS,  /* double */
	FIELD_CHOICE,  /* an enum */
	FIELD_SECTION, /* keys of its own */
	FIELD_RULES,   /* a list of sections: a size_t count, a pointer to elements behind it */
};

struct choice {
	const char *word; /* NULL ends the list */
	int value;
	const char *prose;
};

struct section;

struct field {
	const char *key;
	enum field_type type;
	size_t offset;      /* in the section's struct */
	const char *normal; /* the default: a list's and rules' in YAML, else the text itself; NULL:
	                       the key is required. `<site.run_dir>` and its like: see fill_expand()
	                     */
	const char *example;           /* what the sample shows where there is no default */
	enum form form;                /* of a text, or of each text in a list */
	uint64_t least, most;          /* of numbers, sizes and times; of both 0: any */
	const char *word;              /* of a number: what stands for 0, or NULL */
	const struct choice *choices;  /* of a choice, or of the texts in a list */
	unsigned allowed;              /* of the choices, a bit for each value; 0: all of them */
	const struct section *section; /* of a section, or of a rule */
	const char *prose;             /* sentences, plain text */
};

struct section {
	size_t size; /* of its struct */
	size_t count;
	const struct field *fields;
};

/* The file as a whole: struct config. Its rows are sections and the lists of sections. */
extern const struct section table_root;

/* Names of enum action, in its order, ended by a NULL word. */
extern const struct choice table_actions[];

/* Names of enum trait, likewise. */
extern const struct choice table_traits[];

int field_allows(const struct field *field, const struct choice *choice);

/* Adds what the field expects, as in "a size, such as 25M, from 1k to 1G". */
void field_expects(const struct field *field, struct buf *out);

#endif

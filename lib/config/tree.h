/*
 * A YAML file as a tree of texts, lists and maps that remember their lines. The one module that
 * knows libyaml.
 *
 * Less than YAML on purpose: no anchors and aliases (a small file could unfold to a huge one), no
 * tags, one document, bounded depth. Every scalar stays a text: what it means is the table's to
 * say.
 */
#ifndef LIB_CONFIG_TREE_H
#define LIB_CONFIG_TREE_H

#include <stddef.h>

#include "lib/base/err.h"

enum tree_kind { TREE_TEXT, TREE_LIST, TREE_MAP };

struct tree {
	enum tree_kind kind;
	unsigned line; /* from 1; of a map's item: the line of its key */
	char *key;     /* of a map's item, else NULL */
	char *text;    /* TREE_TEXT */
	int quoted;    /* so that "" is told from nothing at all */
	size_t count;  /* TREE_LIST, TREE_MAP: duplicate keys are all there */
	struct tree *items;
};

/* RESULT_PERMANENT: err is "name:line: …". Gives *out, to be freed with tree_free(). */
enum result tree_parse(
        const char *name, const char *text, size_t size, struct tree **out, struct err *err);
void tree_free(struct tree **tree);

/* The first item of a map with that key, lent; NULL where it is not there. `map` may be NULL. */
const struct tree *tree_get(const struct tree *map, const char *key);

/* True for a value that was left out: `key:` and nothing behind it. */
int tree_is_nothing(const struct tree *tree);

#endif

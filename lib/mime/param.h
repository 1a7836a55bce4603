/*
 * The parameters of a Content-Type or Content-Disposition field, in every way a client may read
 * them: quoted or not, with comments, without a closing quote, RFC 2231 continuations in any order
 * (RFC 2045 section 5.1, RFC 2231 section 3 and 4). Nothing is chosen here: all readings are given.
 */
#ifndef LIB_MIME_PARAM_H
#define LIB_MIME_PARAM_H

#include <stddef.h>

enum { PARAM_READINGS = 6 };

struct param {
	char *name;                     /* lower-case, without RFC 2231's stars */
	long section;                   /* of a continuation; -1: none */
	int extended;                   /* percent-encoded, by the star at its name's end */
	char *readings[PARAM_READINGS]; /* first the one by the book; bytes in the field's own
	                                   charset */
	size_t reading_count;
};

struct params {
	char *value;   /* what stands before the first parameter, comments and blanks taken out,
	                  lower-case */
	int value_odd; /* it was quoted, had rests behind it, … */
	struct param *items;
	size_t count;
	int odd;      /* something could not be read one way only */
	int too_many; /* parameters or readings of one beyond what is kept */
};

/* Reads an unfolded field value, which may contain NULs. Linear. Free with params_fini(). */
void params_read(struct params *params, const char *bytes, size_t size);
void params_fini(struct params *params);

/* A list of distinct strings, at most `most`, in order of arrival. */
struct strings {
	char **items;
	size_t count;
	size_t most;
	int is_full; /* another one would have been new */
};
int strings_add(struct strings *strings, const char *text); /* 1 if it was new */
void strings_fini(struct strings *strings);

/* Adds all readings of the parameter of that name to `out`, continuations joined, percent signs and
 * charsets decoded. Gives the number of different ways in which the field itself states it
 * (parameters that contradict each other), 0 if it has none. */
size_t params_values(struct params *params, const char *name, struct strings *out);

#endif

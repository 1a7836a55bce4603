/*
 * What became of a call, and why.
 *
 * Every function that can fail for a reason outside this program returns one of these words. The
 * question that mail asks of everything is "again later, or never?", so that is what they answer.
 * Low layers fill the caller's error text and stay silent; the handler that knows the message id
 * logs once.
 */
#ifndef LIB_BASE_ERR_H
#define LIB_BASE_ERR_H

enum result {
	RESULT_OK,
	RESULT_NONE,      /* an answer, not an error: nothing there, nothing to do, would block */
	RESULT_TEMPORARY, /* the same call may succeed later */
	RESULT_PERMANENT, /* the same call will never succeed */
	RESULT_UNSURE,    /* a commit or a send whose fate is unknown */
};

/* Owned by the caller, lent to the callee. The text has no newline and no secrets. */
struct err {
	char text[480];
};

/* Fills err (which may be NULL) and returns `result`, so that `return err_set(...)` reads as a
 * sentence. */
enum result err_set(struct err *err, enum result result, const char *format, ...)
        __attribute__((format(printf, 3, 4)));

/* The same, with ": <strerror(errno)>" behind it. */
enum result err_sys(struct err *err, enum result result, const char *format, ...)
        __attribute__((format(printf, 3, 4)));

/* Puts a context in front of what a lower layer said: "context: text". */
enum result err_wrap(struct err *err, enum result result, const char *format, ...)
        __attribute__((format(printf, 3, 4)));

const char *result_name(enum result result);

#endif

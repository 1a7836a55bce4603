/*
 * What qsubmit tells qfront through the Unix socket, and what it hears back. Both speak first with
 * four letters and a length, so that neither takes half of it for the whole:
 *
 *     letter = "LZD1" size *( tag length bytes )      the descriptor of the message rides on the
 *     answer = "LZA1" size status text                first byte (SCM_RIGHTS)
 *     size, length = 4 bytes, big-endian; tag, status = 1 byte
 *
 * The message ends where its writer closes it, or where its writer is killed. So before qfront
 * takes an end for the end it asks, and qsubmit, if the process that started it is still there,
 * says so:
 *
 *     question = "LZQ1" size          presence = "LZP1" size
 *
 * The socket's owner and mode say who may connect; still everything is checked here.
 */
#ifndef SUBMITTER_DOOR_LETTER_H
#define SUBMITTER_DOOR_LETTER_H

#include <stddef.h>

#include "lib/base/buf.h"
#include "lib/base/err.h"

enum {
	LETTER_MAX = 4 << 20,
	LETTER_RECIPIENTS_MAX = 10000,
	LETTER_ADDRESS_MAX = 1000,
	ANSWER_TEXT_MAX = 500,
	DOOR_HEAD = 8, /* letters and size */
};

/*   name              option            longest */
#define LETTER_TEXTS(X)                                                                            \
	X(QUEUE_ID, "queue-id", 100)                                                               \
	X(SIZE, "size", 20)                                                                        \
	X(CLIENT_ADDRESS, "client-address", 255)                                                   \
	X(CLIENT_NAME, "client-name", 255)                                                         \
	X(CLIENT_PORT, "client-port", 10)                                                          \
	X(CLIENT_PROTOCOL, "client-protocol", 50)                                                  \
	X(HELO, "helo", 255)                                                                       \
	X(SASL_USERNAME, "sasl-username", 255)                                                     \
	X(ENVID, "envid", 100)                                                                     \
	X(RET, "ret", 4)                                                                           \
	X(SENDER, "f", LETTER_ADDRESS_MAX)

enum letter_text {
#define X(name, option, longest) LETTER_##name,
	LETTER_TEXTS(X)
#undef X
	        LETTER_TEXT_COUNT,
};

/* The option's name without dashes, and the longest value that is taken. */
const char *letter_option(enum letter_text text);
size_t letter_longest(enum letter_text text);

/* Texts are lent: from the command line, or from the bytes that letter_read() was given. A text
 * that was not said is NULL. */
struct letter {
	const char *texts[LETTER_TEXT_COUNT];
	const char **recipients;
	const char **originals; /* the addresses before rewriting: as many, or none */
	size_t recipient_count, original_count;
};

void letter_add_recipient(struct letter *letter, const char *address);
void letter_add_original(struct letter *letter, const char *address);
void letter_fini(struct letter *letter); /* the lists; not the texts */

/* Whether all of it may be sent: lengths, counts, a sender said, a recipient. RESULT_PERMANENT if
 * not. */
enum result letter_check(const struct letter *letter, struct err *err);

/* Adds the letter's bytes to `out`. */
void letter_write(struct buf *out, const struct letter *letter);

/* How many bytes the whole is, from its first DOOR_HEAD bytes; 0 where these are nonsense. */
size_t letter_size(const char head[DOOR_HEAD]);
size_t answer_size(const char head[DOOR_HEAD]);

/* Reads a whole letter, and checks it. Lends `bytes` (which are changed: texts get their NULs) to
 * *out, even when it fails: letter_fini() in any case. */
enum result letter_read(char *bytes, size_t size, struct letter *out, struct err *err);

void question_write(char out[DOOR_HEAD]);
void presence_write(char out[DOOR_HEAD]);
int question_is(const char head[DOOR_HEAD]);
int presence_is(const char head[DOOR_HEAD]);

/* `status` is the exit status that qsubmit is to end with. */
void answer_write(struct buf *out, int status, const char *text);
/* RESULT_PERMANENT where it is not an answer. Lends the text, NUL-terminated in `bytes`, which has
 * room for one byte more. */
enum result answer_read(char *bytes, size_t size, int *status, const char **text, struct err *err);

#endif

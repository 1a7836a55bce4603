/*
 * What the files of lib/wire share, and nobody else sees: the structs behind wire.h, key files, the
 * ZAP handler.
 */
#ifndef LIB_WIRE_INNER_H
#define LIB_WIRE_INNER_H

#include "lib/wire/wire.h"

enum { KEY_TEXT = 41, KEY_BYTES = 32 };

/* ---- keys.c: files of two or three words a line ---- */
struct key_row {
	char *first;
	char *second;
	char *third; /* "": there is none */
};
struct key_file {
	size_t count;
	struct key_row *rows;
};
/* A line that is empty, or "#" alone or before a blank, is a comment: a key may begin with "#".
 * RESULT_PERMANENT: not readable, or a line has not two words. Gives the rows. */
enum result key_file_read(const char *path, struct key_file *out, struct err *err);
void key_file_free(struct key_file *file);
const char *key_file_find(const struct key_file *file, const char *first); /* NULL: not there */
/* The pair of this host. Refuses a file that others than its owner may read. */
enum result key_pair_read(
        const char *path, char public_key[KEY_TEXT], char secret_key[KEY_TEXT], struct err *err);
int key_decode(const char *text, unsigned char out[KEY_BYTES]); /* 0: not a key */

/* ---- zap.c: who may connect to our tcp:// endpoints (ZeroMQ RFC 27) ---- */
struct zap;
/* Binds the handler's inproc endpoint and reads the allowed keys. Gives *out. */
enum result zap_open(void *context, const char *allowed_keys, struct zap **out, struct err *err);
void zap_close(struct zap **zap);
int zap_fd(const struct zap *zap);            /* readable: there may be something to serve */
void zap_serve(struct zap *zap);              /* answers everything that waits */
const char *zap_token(const struct zap *zap); /* see who.c below; lent */

/* ---- who.c ---- */
/* RESULT_PERMANENT: a word that is no role. */
enum result who_read_roles(const char *text, unsigned *roles, struct err *err);
/* Peers may say in their handshake that they are any user. So what our handler says begins with a
 * word that it has made up at its start and tells nobody. */
enum { WHO_TOKEN_ROOM = 33 };
void who_new_token(char out[WHO_TOKEN_ROOM]);
/* What the ZAP handler calls a key's owner (User-Id), to be freed. */
char *who_user_id(const struct key_row *row, const char *token);
/* From what libzmq knows of the connection; NULL: nothing. `token` NULL: nobody has come by CURVE.
 */
void who_read(const char *address, const char *user_id, const char *token, struct wire_who *out);

/* ---- wire.c ---- */
int wire_fd_of(void *zmq); /* what a libzmq socket signals with */
struct wire {
	void *context;
	int has_keys;
	char public_key[KEY_TEXT];
	char secret_key[KEY_TEXT];
	struct key_file servers;
	char *allowed_keys; /* file */
	struct zap *zap;    /* NULL where nobody may connect by CURVE */
	int allow_plain_tcp;
};

struct wire_socket {
	struct wire *wire;
	void *zmq;
	int fd;      /* readable: something has changed; told once, to whatever call comes first */
	int touched; /* such a call was made, and wire_receive() has not said since that all is read
	              */
	int is_router;
	char *endpoint; /* of a DEALER */
	uint64_t request;
};

#endif

/*
 * What a text in the configuration must look like, and how numbers with units are read and shown.
 * Knows nothing of files and tables.
 */
#ifndef LIB_CONFIG_FORM_H
#define LIB_CONFIG_FORM_H

#include <stdint.h>

enum form {
	FORM_ANY,          /* any text without control characters */
	FORM_NAME,         /* a rule's name: letters, digits, _ and - */
	FORM_HOST,         /* a host's name, or an address literal */
	FORM_DOMAIN,       /* a domain without @ */
	FORM_DOMAIN_BELOW, /* a domain, or .domain */
	FORM_ADDRESS,      /* local-part@domain */
	FORM_NETWORK,      /* address or address/bits, IPv4 or IPv6 */
	FORM_HOST_PORT,    /* host:port, [v6]:port, unix:/path */
	FORM_ENDPOINT,     /* ipc:///path, tcp://host:port */
	FORM_PATH,         /* file or folder; a relative one is seen from the file's own folder */
	FORM_SOCKET,       /* FORM_PATH, short enough for a Unix socket */
	FORM_USER,         /* an account or group */
	FORM_FIELD,        /* a header field's name */
	FORM_GLOB,         /* a text_glob() pattern */
	FORM_MAIL_GLOB,    /* address, @domain, .domain, glob, <> */
	FORM_REPLY,        /* the text of an SMTP reply: one line of ASCII */
	FORM_CLOCK,        /* HH:MM, from 00:00 to 23:59 */
};

/* An empty text is right nowhere unless the caller allows it. */
int form_matches(enum form form, const char *text);

/* "an e-mail address, such as postmaster@example.org" */
const char *form_expects(enum form form);

/* Each answers 0 where the text is not one. Numbers never overflow. */
int form_bool(const char *text, int *out);
int form_number(const char *text, uint64_t *out);
int form_size(const char *text, uint64_t *bytes);
int form_time(const char *text, uint64_t *ms);
int form_points(const char *text, double *out);
int form_clock(const char *text, unsigned *minutes); /* since midnight */

/* The shortest way to write it; out has room for 32. */
void form_show_size(uint64_t bytes, char out[32]);
void form_show_time(uint64_t ms, char out[32]);

#endif

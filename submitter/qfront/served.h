/*
 * Who got which mail lately. The next hop's 250 and the MTA's knowing of it are two moments:
 * whoever waited may be gone between them (the MTA is restarted, its own time is over), and then it
 * sends the same mail again. What is remembered here is not sent to the same recipient twice.
 *
 * Fixed in size: the oldest is forgotten first, and all of it with the process. Pure.
 */
#ifndef SUBMITTER_QFRONT_SERVED_H
#define SUBMITTER_QFRONT_SERVED_H

#include "lib/crypto/digest.h"

enum { SERVED_BUCKETS = 8192, SERVED_DEPTH = 8, SERVED_KEY_SIZE = 16 };

struct served;

struct served *served_new(void); /* about 1 MiB */
void served_free(struct served **served);

/* `mail` names the mail without its recipients, as submission_make() gives it. */
void served_add(struct served *served, const struct digest *mail, const char *address);
int served_has(const struct served *served, const struct digest *mail, const char *address);

#endif

/*
 * The mark that a site's notices carry, so that its filters know them when they come back. It is
 * no secret: who copies it keeps notices about his own mail from being sent, and no more.
 */
#ifndef LIB_CRYPTO_MARK_H
#define LIB_CRYPTO_MARK_H

/* Made from the administrator's address, which all hosts of a site share. */
void mark_of_site(const char *admin, char out[17]);

#endif

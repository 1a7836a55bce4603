/*
 * Who may do what. Each message that the quarantine answers has a row in rights.c: which programs
 * need it, which action of an operator it is, and by what word it stands in the audit. One without
 * a row is for administrators, and where it changes something in the audit under its own name.
 *
 *   administrators   root, site.user, keys with the role of a tool: everything
 *   operators        whom quarantine.operators names: the actions and domains of their rule
 *   programs         other keys: what their roles need
 *   others           nothing
 *
 * Pure, but for the accounts that are looked up once, when the rules are read.
 */
#ifndef QUARANTINE_RIGHTS_H
#define QUARANTINE_RIGHTS_H

#include "lib/config/config.h"
#include "lib/wire/wire.h"
#include "quarantine/actor.h"

struct rights;

/* Lends the configuration. An account that is not on this host is nobody, and said so in the log.
 */
struct rights *rights_new(const struct config *config);
void rights_free(struct rights **rights);

/* Fills the actor either way. RESULT_PERMANENT: it may not. With `rights` NULL everybody may
 * everything. */
enum result rights_check(const struct rights *rights, const struct wire_message *message,
        struct actor *actor, struct err *err);

/* By what word a message that was done is written down; `writes`: it changes something. NULL: not
 * at all, or the store does it itself. Lent. */
const char *rights_word(const struct wire_message *message, int writes);

#endif

/*
 * Heads of the audit that were kept elsewhere, as `qctl audit head` prints them, a line each. A
 * chain that passes all of them was neither cut off nor made anew before the last. Pure, but for
 * reading the file.
 */
#ifndef QCTL_HEADS_H
#define QCTL_HEADS_H

#include "lib/crypto/digest.h"
#include "protos/messages.h"

struct heads {
	size_t count;
	struct head {
		uint64_t seq;
		struct digest hash;
		int is_passed; /* and has the hash that it should have */
	} * list;
	uint64_t anchor_seq;
};

/* `path` NULL: none. RESULT_PERMANENT: can't be read, or a line is no head. */
enum result heads_read(struct heads *heads, const char *path, struct err *err);
enum result heads_parse(struct heads *heads, const char *text, struct err *err);
void heads_fini(struct heads *heads);
size_t heads_count(const struct heads *heads);

void heads_begin(struct heads *heads, const Lz__AuditPlace *anchor);
void heads_pass(struct heads *heads, const Lz__AuditEntry *entry);

/* `last` is where the chain ends. RESULT_PERMANENT: it does not have one of them, and err says why.
 */
enum result heads_end(const struct heads *heads, uint64_t last, struct err *err);

#endif

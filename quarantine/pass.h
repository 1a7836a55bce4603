/*
 * Passes: each lets one released message through the filter, for its recipients, once, until it
 * ends. The text that travels names the release and its end, signed with a key of the quarantine's
 * own; what it is good for is kept here, and so is by which message it was redeemed.
 * docs/RELEASE.md tells the whole way.
 */
#ifndef QUARANTINE_PASS_H
#define QUARANTINE_PASS_H

#include <stdint.h>

#include "quarantine/backend.h"
#include "quarantine/record.h"

enum { PASS_KEY_SIZE = 32, PASS_TEXT_ROOM = 160 };

/* Reads the key from `path`, which is made where it isn't there: mode 0600. RESULT_PERMANENT: it
 * can't be read or made, is not one, or others may read it. */
enum result pass_key_load(const char *path, uint8_t key[PASS_KEY_SIZE], struct err *err);

/* Gives the record (a release) a pass for its recipients and these bytes. What was given before is
 * extended, so that a second try has the same. Changes outgoing->pass_ms. */
enum result pass_give(struct backend_txn *txn, const uint8_t key[PASS_KEY_SIZE],
        Lz__Outgoing *outgoing, const char *sha256, int64_t now_ms, int64_t lifetime_ms,
        char text[PASS_TEXT_ROOM], struct err *err);

/* Redeems request->pass for the request's message. *fate is a word as in Stored.pass; with
 * "redeemed" it is written down. The same message redeems it as often as it likes. */
enum result pass_redeem(struct backend_txn *txn, const uint8_t key[PASS_KEY_SIZE],
        const Lz__Store *request, int64_t now_ms, const char **fate, struct err *err);

/* Removes one that ended before `now_ms`. RESULT_NONE: there is none. */
enum result pass_expire(struct backend_txn *txn, int64_t now_ms, struct err *err);

#endif

/*
 * That a person was erased: when, by whom, why, and how much went. The address is not in it. It is
 * there as a salted digest, so that who has the address can ask whether it was erased; who guesses
 * an address can ask so, too.
 */
#ifndef QUARANTINE_ERASURES_H
#define QUARANTINE_ERASURES_H

#include "quarantine/backend.h"
#include "quarantine/record.h"

/* A new record, not saved yet; to be freed with message_free(). Ids are in the order of time. */
Lz__Erasure *erasure_new(const Lz__Erase *request, int64_t now_ms);

/* Is it of this person? Without regard to ASCII case. */
int erasure_is_of(const Lz__Erasure *erasure, const char *person);

/* RESULT_NONE: there is none of this id. */
enum result erasure_load(
        struct backend_txn *txn, const char *id, Lz__Erasure **out, struct err *err);

/* The last one of this person that was left off; RESULT_NONE: there is none. */
enum result erasure_left_off(
        struct backend_txn *txn, const char *person, Lz__Erasure **out, struct err *err);

/* The one place where it goes on record, in the transaction that erases. */
enum result erasure_save(struct backend_txn *txn, const Lz__Erasure *erasure, struct err *err);

/* The one before `key`, newest first; moves it. RESULT_NONE: no more. */
enum result erasure_before(
        struct backend_txn *txn, struct backend_key *key, Lz__Erasure **out, struct err *err);

#endif

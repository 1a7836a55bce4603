/*
 * What an item keeps of the envelope that its message came in, so that a release has the same one.
 */
#ifndef PROTOS_ENVELOPE_H
#define PROTOS_ENVELOPE_H

#include "protos/messages.h"

/* Copies all but the recipients, of which an item has only those that it is for. The item is a
 * fresh one: what these fields held before is not freed. */
void envelope_to_item(const Lz__Submission *from, Lz__Item *item);

/* With its DSN parameters. Gives it. */
Lz__Recipient *envelope_recipient(const Lz__Recipient *from);

/* The way back: a submission in the item's envelope, for the recipients that the item is for. Gives
 * it; its deadline is for the caller to set. */
Lz__Submission *envelope_of_item(const Lz__Item *item);

#endif

/*
 * What a notice can say of an item: the variables of its templates. Everything that a mail, a
 * client or a sender had a hand in comes out as one line of valid UTF-8, bounded, without control,
 * bidirectional and zero-width characters.
 */
#ifndef LIB_NOTICE_VALUES_H
#define LIB_NOTICE_VALUES_H

#include "lib/notice/notice.h"
#include "lib/notice/template.h"

enum { VALUES_PARTS_MOST = 50, VALUES_TOP_MOST = 5 }; /* more parts than these are only counted */

struct values;

/* Lends all of it until values_free(). A record of no item has an empty one. */
struct values *values_new(
        const struct notice_from *from, const Lz__Outgoing *outgoing, const Lz__Item *item);
void values_free(struct values **values);

/* What template_fill() asks, with the values as its context. */
extern const struct template_values values_answers;

#endif

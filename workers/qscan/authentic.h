/*
 * May the sender be told? Only where the reverse-path can't be forged, and where nobody but a
 * person would read it: a filter that answers forged senders is a spammer itself. Pure.
 */
#ifndef WORKERS_QSCAN_AUTHENTIC_H
#define WORKERS_QSCAN_AUTHENTIC_H

#include "lib/config/config.h"
#include "lib/mime/map.h"
#include "protos/messages.h"

/*
 * The reverse-path belongs to who sent this: authenticated by SASL; or from a client inside
 * site.networks (127.0.0.1 counts only if it stands there: mail fetched by a local program comes
 * from it, too); or the topmost Authentication-Results field (RFC 8601), which alone our own MTA
 * can have written, is by a trusted authserv-id and says that SPF or DMARC passed for the
 * reverse-path's own domain, or one above it. `map` may be NULL.
 */
int authentic_sender(
        const struct config *config, const Lz__Submission *submission, const struct mime_map *map);

/*
 * The reverse-path is who sent this, and not only somebody who may use it: where somebody is
 * authenticated, it is the name that he is authenticated as, or has that name in one of
 * site.domains; else as above. `map` may be NULL.
 */
int authentic_owner(
        const struct config *config, const Lz__Submission *submission, const struct mime_map *map);

/* One of our own notices, however it came back; or one of another filter of our kind, which has a
 * null reverse-path and says that it is automatic. No notice may answer it, to nobody. */
int authentic_notice(
        const struct config *config, const Lz__Submission *submission, const struct mime_map *map);

/* Nobody reads what goes to this address. */
int authentic_program(const char *address);

/* Sent by one of ours: authenticated by SASL, or from a client inside site.networks. */
int authentic_insider(const struct config *config, const Lz__Submission *submission);

/* The rule of that field alone, for its tests. `results` is the field's value. */
int authentic_by_results(const struct config_list *trusted, const char *results, size_t size,
        const char *reverse_path);

/* Mail that no notice may answer (RFC 3834 section 2): with a null reverse-path, by a list or by a
 * program. `map` may be NULL: then it counts as automatic, as nobody has looked. */
int authentic_automatic(const Lz__Submission *submission, const struct mime_map *map);

#endif

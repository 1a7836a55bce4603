/*
 * Mail to the addresses of spam.model.reports: users of the site send there what was delivered to
 * them, whole and attached, and the statistical model learns it. What is attached is read as it is
 * there, byte for byte, and not what is around it. Pure.
 */
#ifndef WORKERS_QSCAN_REPORT_H
#define WORKERS_QSCAN_REPORT_H

#include "lib/config/reports.h"
#include "protos/messages.h"
#include "workers/qscan/policy.h"
#include "workers/qscan/scan.h"

/* What this mail is to a recipient, and by which rule (lent; NULL where it is no report). Mail with
 * the null reverse-path, as bounces are that have a mail attached, and notices of our own are none.
 */
enum reports_kind report_kind(
        const struct scan *scan, size_t recipient, const struct config_report **rule);
int report_is_any(const struct scan *scan);

/* How many messages are attached; those inside attached ones do not count, nor what has no header
 * of a mail. */
size_t report_attached(const struct scan *scan);

/* What is to be learned, or why nothing is. NULL where no recipient is such an address, and of a
 * dry run. Gives it. */
Lz__Report *report_make(const struct scan *scan, const struct decision *decision);

#endif

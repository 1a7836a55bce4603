/*
 * sscanf() for libclamav. It reads the numbers in the expression of each logical signature anew,
 * for each content that it scans, by sscanf("%u"): some seventeen thousand calls a mail under
 * signatures of production size, and with the C library's, which makes a stream of the string
 * first, a quarter of all the time. Here a program's own definition comes before the C library's
 * for every library in it. It reads a short plain number itself, and hands all else on.
 */
#ifndef WORKERS_QSCAN_NUMBERS_H
#define WORKERS_QSCAN_NUMBERS_H

/* Whether the libraries come here; not where something was loaded before this program's own. */
int numbers_are_ours(void);

#endif

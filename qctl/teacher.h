/*
 * Lessons for the statistical model: mails become features in a child, these go to the quarantine
 * by the hundred, and while it commits one batch the next is made.
 */
#ifndef QCTL_TEACHER_H
#define QCTL_TEACHER_H

#include <stddef.h>

#include "qctl/qctl.h"

struct teacher;

/* `as_report`: users say so. RESULT_TEMPORARY: the quarantine or its model does not answer. */
enum result teacher_new(
        struct qctl *qctl, Lz__Lesson lesson, int as_report, struct teacher **out, struct err *err);
void teacher_free(struct teacher **teacher); /* what was not sent is not learned */

/* RESULT_NONE: it could not be read, and nothing is learned of it. */
enum result teacher_add(struct teacher *teacher, const char *mail, size_t size, struct err *err);

/* Sends what is left, and waits until all of it is committed. */
enum result teacher_end(struct teacher *teacher, struct err *err);

/* What became of what was sent and answered. Lent. */
const Lz__Learned *teacher_sum(const struct teacher *teacher);

#endif

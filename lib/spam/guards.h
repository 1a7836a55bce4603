/*
 * Which metas are worth working out in a message, and what it costs to ask a rule: of a thousand
 * metas most are false for want of one rule. For this folder only.
 */
#ifndef LIB_SPAM_GUARDS_H
#define LIB_SPAM_GUARDS_H

#include "lib/spam/rule.h"

/* Tells each rule which metas it guards, and what asking it costs. Metas must stand behind those
 * that they name. */
void guards_note(struct rules *rules);

#endif

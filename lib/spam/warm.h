/*
 * What is compiled when it is first asked is compiled before the scanners are forked: they share it
 * then, and it may still become machine code.
 */
#ifndef LIB_SPAM_WARM_H
#define LIB_SPAM_WARM_H

struct rules;

/* Runs the rules over a message that has something of everything, and forgets what it found. */
void warm_up(const struct rules *rules);

#endif

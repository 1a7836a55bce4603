/*
 * `qscan --preview LINES`, as `qctl preview` starts it: the message at descriptor PREVIEW_MAIL_FD
 * is read in a process of its own behind the scanners' fences, and what a person may see of it goes
 * to PREVIEW_ANSWER_FD as a packed PREVIEW. No rules and no signatures are asked; nothing is
 * judged.
 * `--content SHA256` writes the bytes of one content there instead.
 */
#ifndef WORKERS_QSCAN_PREVIEW_H
#define WORKERS_QSCAN_PREVIEW_H

#include "workers/qscan/arguments.h"
#include "workers/qscan/scan.h"

/* Gives the process's exit code. */
int preview_run(const struct config *config, const struct arguments *arguments);

/* What is told of a message whose contents are in the scan; `lines` of text at most. To be freed
 * with message_free(). Pure. */
Lz__Preview *preview_make(struct scan *scan, size_t lines);

/* Adds the text of it, and the links. */
void preview_add_texts(Lz__Preview *preview, const struct scan *scan, size_t lines);

/* The content with this SHA-256 in hex that is no member of another one; else, and with "", what
 * the message's body decodes to. Adds it to `out`. */
void preview_content(struct scan *scan, const char *sha256, struct buf *out);

#endif

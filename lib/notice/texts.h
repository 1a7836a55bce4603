/*
 * The texts of notices: a folder with a folder for each language, in which there is for each kind
 * of notice a text (sender.txt, recipient.txt, admin.txt, digest.txt …) and, where wanted, the same
 * in HTML (sender.html …). A kind's text and HTML are always of one language.
 *
 * No broken or missing file loses a notice. Where a language has no text of a kind, or a broken
 * one, that of English is used, and where that is so of English, one that is compiled in; a broken
 * HTML is left out. Each of this is told once, when the texts are read.
 */
#ifndef LIB_NOTICE_TEXTS_H
#define LIB_NOTICE_TEXTS_H

#include "lib/base/err.h"
#include "lib/notice/template.h"

enum { TEXTS_KINDS = 7 }; /* in the order of Lz__NoticeKind, without the release */

struct text {
	struct template *subject;
	struct template *body;
	struct template *html; /* NULL: there is none */
};

struct texts;

/* Told with one sentence, "file:line: what was found, what was expected; what happens". */
typedef void texts_tell(void *context, const char *sentence);

/* Gives them, whatever is wrong. `names` are the variables there are. */
struct texts *texts_open(
        const char *folder, const char *const *names, texts_tell *tell, void *context);
void texts_close(struct texts **texts);

/* True where there is a folder for it. */
int texts_has(const struct texts *texts, const char *language);

/* Lends the text of a kind, and in *spoken the language that it is in. */
const struct text *texts_find(
        const struct texts *texts, const char *language, int kind, const char **spoken);

#endif

/*
 * Which mail is a report of spam by somebody of the site, from the envelope alone: recipient, the
 * name as which the sender has authenticated himself, and the client's address. So who does not
 * read mail can tell, too, and need not believe who does. Pure.
 */
#ifndef LIB_CONFIG_REPORTS_H
#define LIB_CONFIG_REPORTS_H

#include "lib/config/config.h"

enum reports_kind { REPORTS_NONE, REPORTS_SPAM, REPORTS_HAM };

struct reports_sender {
	const char *login;  /* "": not authenticated */
	const char *client; /* its address */
};

/* What mail to this recipient by this sender reports, and by which rule (lent; NULL where it is
 * REPORTS_NONE). Where the model is not asked, nothing is a report. */
enum reports_kind reports_find(const struct config *config, const char *recipient,
        const struct reports_sender *sender, const struct config_report **rule);

/* Is it an address of any rule, whoever sends there? */
int reports_names(const struct config *config, const char *recipient);

#endif

#include "lib/notice/builtin.h"

#define OUTCOME                                                                                    \
	"{{#held}}It is held in the quarantine.{{/held}}"                                          \
	"{{#cut}}It was delivered without some of its parts.{{/cut}}"                              \
	"{{#copied}}It was not accepted.{{/copied}}\n\n"

#define FACTS                                                                                      \
	"    Sender:      {{sender}}\n"                                                            \
	"    Recipients:  {{recipients}}\n"                                                        \
	"    Subject:     {{subject}}\n"                                                           \
	"    Date:        {{date}}\n"                                                              \
	"    Reason:      {{detail}}\n"                                                            \
	"{{#parts}}\n"                                                                             \
	"    File:        {{name}} ({{type}})\n"                                                   \
	"{{/parts}}\n"                                                                             \
	"    Item:        {{item}}\n"

#define QUESTIONS "\nIf this is a mistake, name the item and write to\n{{admin}}.\n" END

#define END "\nThis is an automatic message. Nobody reads answers to it.\n"

#define ENTRIES                                                                                    \
	"from {{first}} to {{last}}.\n\n"                                                          \
	"{{#entries}}\n"                                                                           \
	"    {{entry_item}}  {{entry_sender}}: {{entry_subject}} ({{entry_detail}})\n"             \
	"{{#entry_request}}\n"                                                                     \
	"        {{entry_request}}\n"                                                              \
	"{{/entry_request}}\n"                                                                     \
	"{{/entries}}\n"                                                                           \
	"{{#entries_more}}\n"                                                                      \
	"    and {{entries_more}} more\n"                                                          \
	"{{/entries_more}}\n"

#define ANSWERS                                                                                    \
	"{{#answer_released}}It is released and on its way to you.\n\n{{/answer_released}}"        \
	"{{#answer_asked}}An administrator will look at it.\n\n{{/answer_asked}}"                  \
	"{{#answer_used}}You have asked for it before.\n\n{{/answer_used}}"                        \
	"{{#answer_expired}}The time to ask for it is over.\n\n{{/answer_expired}}"                \
	"{{#answer_virus}}A virus was found in it.\n\n{{/answer_virus}}"                           \
	"{{#answer_never}}It is not released on request.\n\n{{/answer_never}}"                     \
	"{{#answer_parts}}Only parts of it are kept.\n\n{{/answer_parts}}"                         \
	"{{#answer_gone}}It is not kept any more.\n\n{{/answer_gone}}"

const char *const builtin_texts[] = {
        "Subject: About your message: {{subject}}\n\n"
        "The mail filter of {{title}} has stopped a message from you.\n" OUTCOME FACTS QUESTIONS,
        "Subject: About a message to you: {{subject}}\n\n"
        "The mail filter of {{title}} has stopped a message to you.\n" OUTCOME FACTS QUESTIONS,
        "Subject: [{{title}}] {{detail}}\n\n"
        "The mail filter has stopped a message.\n" OUTCOME FACTS,
        "Subject: {{count}} messages were stopped\n\n"
        "The mail filter of {{title}} has stopped these messages\n" ENTRIES END,
        "Subject: [{{title}}] {{count}} notices{{#group}}: {{group}}{{/group}}\n\n"
        "The mail filter has stopped {{count}} messages\n" ENTRIES,
        "Subject: About your request: {{subject}}\n\n"
        "You asked for the release of a message.\n" ANSWERS FACTS END,
        "Subject: [{{title}}] {{asker}} asks for a release\n\n"
        "A recipient asks for the release of what is held: {{asker}}.\n\n" FACTS,
};

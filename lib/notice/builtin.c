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

#define QUESTIONS                                                                                  \
	"\nIf this is a mistake, name the item and write to\n{{admin}}.\n\n"                       \
	"This is an automatic message. Nobody reads answers to it.\n"

const char *const builtin_texts[] = {
        "Subject: About your message: {{subject}}\n\n"
        "The mail filter of {{title}} has stopped a message from you.\n" OUTCOME FACTS QUESTIONS,
        "Subject: About a message to you: {{subject}}\n\n"
        "The mail filter of {{title}} has stopped a message to you.\n" OUTCOME FACTS QUESTIONS,
        "Subject: [{{title}}] {{detail}}\n\n"
        "The mail filter has stopped a message.\n" OUTCOME FACTS,
};

#include <stdio.h>

#include "submitter/qsubmit/qsubmit.h"

static const char usage[] =
        "usage: qsubmit --socket=PATH [--deadline=SECONDS] [--queue-id=ID] [--size=BYTES]\n"
        "               [--client-address=A] [--client-name=N] [--client-port=P]\n"
        "               [--client-protocol=P] [--helo=H] [--sasl-username=U] [--orcpt=ADDRESS "
        "...]\n"
        "               [--envid=E] [--ret=R] -f SENDER -- RECIPIENT ... <MESSAGE\n";

int main(int argc, char **argv)
{
	char line[sizeof(((struct err *)0)->text) + 8];
	struct qsubmit_options options;
	enum result result;
	struct err err;
	const char *text;
	int status;

	qsubmit_guard(QSUBMIT_DEADLINE_SEC);
	if (qsubmit_parse(argc, argv, &options, &err)) {
		snprintf(line, sizeof(line), "4.3.5 %s", err.text);
		qsubmit_end(75, line);
	}
	if (options.help) {
		printf("qsubmit %s\n%s", LAZARET_VERSION, usage);
		return 0;
	}
	qsubmit_guard(options.deadline_sec);
	result = qsubmit_ask(&options, &status, &text, &err);
	letter_fini(&options.letter);
	if (result) {
		snprintf(line, sizeof(line), "4.3.0 %s", err.text);
		qsubmit_end(75, line);
	}
	qsubmit_end(status, text);
}

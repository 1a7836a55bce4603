#include "lib/spam/received.h"

#include <assert.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/base/text.h"
#include "lib/spam/domains.h"
#include "lib/spam/pattern.h"

enum { TEXT_MOST_BYTES = 8192, GROUPS_MOST = 10 };

/* What a shape's <name> takes. */
enum field { HELO, RDNS, IP, BY, IDENT, ID, ENVELOPE, SUB, FIELDS };

static const char *const field_names[FIELDS] = {
        "<helo>", "<rdns>", "<ip>", "<by>", "<ident>", "<id>", "<envelope>", "<sub>"};

/* Numbers up to 255, without zeroes in front; or what may be an IPv6 address. */
#define OCTET "(?:1[0-9]{2}|2[0-4][0-9]|25[0-5]|[1-9][0-9]|[0-9])"
#define IP4 OCTET "\\." OCTET "\\." OCTET "\\." OCTET
#define IP6                                                                                        \
	"(?:[Ii][Pp][Vv]6:|(?<![A-Fa-f0-9:]))(?:[A-Fa-f0-9]{1,4}:|::)(?:[A-Fa-f0-9]{0,4}:){0,6}"   \
	"(?:" IP4 "|[A-Fa-f0-9]{0,4})(?![A-Fa-f0-9:])"
#define ADDRESS "(?:\\b(?<!:)" IP4 "\\b|" IP6 ")"
#define LOCALHOST                                                                                  \
	"(?:localhost(?:\\.localdomain)?|\\b(?<!:)127\\.0\\.0\\.1\\b|"                             \
	"(?:IPv6:)?(?:(?:::ffff:|::)127\\.0\\.0\\.1|::1)(?![a-f0-9:]))"

enum flags {
	LOOKED_UP = 1, /* this server looks names up, so that without one there is none */
	IGNORE = 2,    /* nothing to learn from it */
	FETCHED = 4,   /* likewise, RECEIVED_FETCHED */
	SAME_NAME = 8, /* the name and what it called itself are the same where one is not told */
	DETAILS = 16,  /* <sub> holds helo= and ident= */
	NO_ID = 32,    /* what looks like one isn't */
	IDENT_IN_NAME = 64, /* "IDENT:x@host" */
	UNKNOWN_NAME = 128, /* "unknown" for none */
};

/* Servers by a mark in the whole of the text; the first that is there is it. */
enum server {
	ANY,
	SMTPSVC,
	EXCHANGE,
	XMAIL,
	ECELERITY,
	EXIM,
	POSTFIX,
	SCALIX,
	DOMINO,
	NOT_QMAIL_LDAP
};

static struct {
	enum server server;
	struct pattern mark;
} marks[] = {
        {SMTPSVC, {" SMTPSVC"}},
        {EXCHANGE, {" with (?:Microsoft SMTP Server|mapi id) (?:\\([^)]+\\) "
                    ")?[0-9]+\\.[0-9]+\\.[0-9]+\\.[0-9]+(?:$| )"}},
        {XMAIL, {"\\[XMail "}},
        {ECELERITY, {"\\(ecelerity\\b"}},
        {EXIM, {"Exim"}},
        {POSTFIX, {" \\(Postfix\\) with"}},
        {SCALIX, {"\\(Scalix SMTP Relay"}},
        {DOMINO, {" \\(Lotus Domino "}},
};

/* "from " has been taken off. <name> stands for a run without blanks, <ip> for an address. */
static struct shape {
	enum server server;
	const char *text;
	unsigned flags;
	const char *needs; /* as that of a struct pattern */
	struct match *match;
	enum field fields[GROUPS_MOST]; /* of its groups, in order */
	size_t count;
} shapes[] = {
        /* Web mail. What else must be there is looked for behind an address, not at each byte. */
        {ANY,
                "<ip>\\b(?![.-])(?=.* \\((?:SquirrelMail|NaSMail) authenticated user ).{10,80}by "
                "<by> with HTTP",
                0, "Mail authenticated user "},
        {ANY, "<ip>(?=.*aol\\.com) by <by> \\(" ADDRESS "\\) with HTTP \\(WebMailUI\\)", 0,
                "WebMailUI"},
        /* servers that name themselves */
        {SMTPSVC, "^(?<helo>\\S*) \\(\\[<ip>\\][^)]{0,40}\\) by <by> with Microsoft SMTPSVC", 0},
        {SMTPSVC, "^mail pickup service by \\S+ with Microsoft SMTPSVC$", IGNORE},
        {EXCHANGE, "^<helo> \\(\\[?<ip>(?:%[A-Z0-9._~-]*)?\\]?\\) by <by> ", NO_ID},
        {XMAIL,
                "^<helo> \\(\\[?<ip>\\]?:[0-9]+\\) by <by>(?: \\(\\S+\\))? with \\[XMail(?:.* id "
                "\\<<id>\\>)?(?:.* from \\<<envelope>\\>)?",
                0},
        {ECELERITY, "^\\(\\[<ip>:[0-9]+\\] helo=<helo>\\) by <by> ", 0},
        {ECELERITY, "^\\S+ \\(\\[<ip>:[0-9]+\\]\\) by <by> ", 0},
        {EXIM, "\\bwith local(?:-\\S+)? ", IGNORE},
        {EXIM, "^\\[<ip>\\] \\((?<sub>.*?)\\) by <by> ", DETAILS},
        {EXIM, "^<rdns> \\(\\[<ip>\\](?<sub>.*?)\\) by <by> ", DETAILS | SAME_NAME},
        {EXIM, "^<rdns> \\[<ip>\\](?::[0-9]+)? by <by> ", SAME_NAME},
        {EXIM,
                "^<rdns> (?=.*by (?<by>\\S+) )(?:(?=.* \\((?<helo>\\S+)\\) ))?(?=.* "
                "\\[<ip>(?:\\.[0-9]+)?\\] )",
                0},
        {POSTFIX, "^<helo> \\(<rdns> \\[<ip>\\]\\) by <by> ", LOOKED_UP | UNKNOWN_NAME},
        {POSTFIX, "^<helo> \\(<rdns>\\[<ip>\\]\\) by <by> ", LOOKED_UP | UNKNOWN_NAME},
        {SCALIX, "^<helo> \\( ?<ip>\\) by <by>", 0},
        {DOMINO, "^<helo> \\(\\[<ip>\\]\\) by <by> \\(Lotus", 0},
        /* HTTP with an address for a name */
        {ANY, "^(?=.*\\bwith HTTP\\b)<ip> \\(\\[" ADDRESS "\\]\\) by <by>", 0},
        /* sendmail */
        {NOT_QMAIL_LDAP, "^<helo> \\(<rdns> \\[<ip>\\].*\\) by <by> \\(",
                LOOKED_UP | IDENT_IN_NAME},
        {ANY, "^<helo> \\(<rdns> \\[<ip>\\]\\) by <by> with \\S+ \\(", LOOKED_UP},
        {ANY, "^<rdns> \\(\\[<ip>\\] helo=<helo>\\) by <by> with ", 0},
        {ANY, "^<helo> \\(\\<unknown\\S*\\>\\[<ip>\\]\\) by <by> ", 0},
        {ANY, "^<helo> \\((?<rdns>\\S+\\.\\S+)\\[<ip>\\]\\) by <by> ", LOOKED_UP},
        {ANY, "^<helo> \\((?<ident>\\S*)@\\[<ip>\\].*\\) by <by> \\(", LOOKED_UP},
        {ANY, "^(?:<ip> .*?)?by (?<by>\\S+\\.hotmail\\.msn\\.com) ", 0},
        {ANY, "by (?<by>\\S+\\.hotmail\\.msn\\.com) ", 0, "hotmail.msn.com"},
        {ANY,
                "^<rdns> \\((?:HELO|EHLO) (?<helo>\\S*)\\) \\(<ip>\\) by <by> \\(qpsmtpd/\\S+\\) "
                "with (?:ESMTP|SMTP)",
                0},
        {ANY, "^<rdns> \\(LHLO (?<helo>\\S*)\\) \\(<ip>\\) by <by> with LMTP", 0},
        {ANY,
                "^<rdns> \\((?:HELO|EHLO) (?<helo>\\S*)\\) \\[<ip>\\] by <by> \\([^)]+\\) with "
                "(?:ESMTP|SMTP)",
                0},
        {ANY, "^<helo> \\(\\[<ip>\\]\\) by <by> via smtpd \\(for \\S+\\) with SMTP\\(", 0},
/* qmail: what it calls itself is told where that isn't its name */
#define QMAIL                                                                                      \
	"^(?=\\S+(?: \\((?:HELO|EHLO) \\S*\\))? \\((?:\\S+@)?\\[?" ADDRESS                         \
	"\\]?\\)(?: \\(envelope-sender \\<\\S+\\>\\))? by \\S+(?: \\(.+\\))* with (?:.* )?"        \
	"(?:SMTP|QMQP)(?! id ))"
#define SENDER "(?: \\(envelope-sender \\<\\S+\\>\\))?"
        {ANY,
                QMAIL "<rdns> \\((?:HELO|EHLO) (?<helo>[^ ()]*)\\) "
                      "\\((?<ident>\\S*)@\\[?<ip>\\]?\\)" SENDER " by <by>",
                UNKNOWN_NAME | SAME_NAME},
        {ANY,
                QMAIL "<rdns> \\((?:HELO|EHLO) (?<helo>[^ ()]*)\\) \\(\\[?<ip>\\]?\\)" SENDER
                      " by <by>",
                UNKNOWN_NAME},
        {ANY, QMAIL "<rdns> \\((?<ident>\\S*)@\\[?<ip>\\]?\\)" SENDER " by <by>",
                UNKNOWN_NAME | SAME_NAME},
        {ANY, QMAIL "<rdns> \\(\\[?<ip>\\]?\\)" SENDER " by <by>", UNKNOWN_NAME | SAME_NAME},
        /* of all kinds */
        {ANY, "^\\[<ip>\\] by <by> via HTTP$", 0},
        {ANY, "^\\S+ \\( \\[<ip>\\]\\).*? by <by> ", 0},
        {ANY, "^\\(<helo> \\[<ip>\\]\\) by <by> ", 0},
        {ANY, "^\\[<ip>\\] by <by> ", 0},
        {ANY, "^\\(\\[?<ip>\\]?\\) by <by> ", 0},
        {ANY, "^<helo> \\[<ip>\\] by <by> \\[" ADDRESS "\\] with ", LOOKED_UP},
        {ANY, "^<helo> \\[\\(<ip>\\)\\] by <by> \\(" ADDRESS "\\) ", 0},
        {ANY, "^<helo> \\(\\[<ip>\\]\\) by <by> \\(", LOOKED_UP},
        {ANY, "^<helo> \\(softdnserr \\[<ip>\\]\\).*? by (?<by>\\S+)\\b", 0},
        {ANY, "^<helo> \\(<rdns> \\[<ip>\\]\\).*? by (?<by>\\S+)\\b", LOOKED_UP},
        {ANY, "^<helo> \\(\\[<ip>(?:[.:][0-9]+)?\\]\\).*? by <by> ", LOOKED_UP},
        {ANY, "with (?:POP3|IMAP)", FETCHED},
        {ANY,
                "^<rdns> \\((?:HELO|EHLO) (?<helo>[^)]*)\\) "
                "\\((?:(?<ident>\\S*)@)?\\[?<ip>\\]?\\).* by <by> ",
                LOOKED_UP},
        {ANY, "^<rdns> \\((?:(?<ident>\\S*)@)?\\[?<ip>\\]?\\).* by <by> ", LOOKED_UP | SAME_NAME},
        {ANY, "^<rdns>\\(<ip>\\) by <by> via smap ", LOOKED_UP},
        {ANY, "^<rdns>\\(<ip>, (?:HELO|EHLO) (?<helo>\\S*)\\) by <by> via smap ", LOOKED_UP},
        {ANY, "^<ip> by <by> \\((?:SMTPL|InterScan)\\b", 0},
        {ANY, "^\\S+ by \\S+ with BSMTP", IGNORE},
        {ANY, "^<helo> \\(<rdns> \\[<ip>\\]\\) by <by> with ", LOOKED_UP},
        {ANY,
                "^<rdns> \\((?:HELO|EHLO) (?<helo>\\S*)\\) \\((?:(?<ident>\\S+)@)?<ip>.*?\\) by "
                "<by> with ",
                LOOKED_UP},
        {ANY, "^\\[<ip>\\] \\((?:account \\S+ )?(?:HELO|EHLO) (?<helo>\\S*)\\) by <by> \\(", 0},
        {ANY, "^<rdns> \\(\\[<ip>\\] verified\\) by <by> \\((?=.*CommuniGate Pro|CommuniGate)",
                LOOKED_UP | SAME_NAME},
        {ANY, "^(?<helo>[^0-9]\\S+) \\(<ip>\\) by <by> ", 0},
        {ANY, "^\\S+ \\(\\S+\\) by \\S+ \\(Content Technologies ", IGNORE},
        {ANY, "^<helo> \\(\\[<ip>\\] \\[\\S+\\]\\) by <by> with ", 0},
        {ANY, "^<ip> by <by> with ", 0},
        {ANY, "^<helo> \\(<rdns>\\[<ip>\\]\\) by <by> ", LOOKED_UP},
        {ANY, "^\\[<ip>\\]\\S+ \\((?:HELO|EHLO) (?<helo>\\S*)\\) by <by> ", 0},
        {ANY, "^<ip> \\((?:HELO|EHLO) (?<helo>\\S*)\\) by <by> ", 0},
        {ANY, "^<helo> \\[<ip>\\] by <by> ", 0},
        {ANY, "^<rdns>\\(<ip>\\) by <by> ", 0},
        {ANY, "^<helo> \\(unverified \\[<ip>\\]\\) by <by> ", 0},
        {ANY, "^<ip> \\([A-Za-z][^)]+\\) by <by> with ", 0},
        {ANY, "^\\[<ip>\\] \\((?<sub>[^)]+)\\) by <by> ", DETAILS},
        {ANY, "^<rdns> \\((?:\\S+@)?<ip>\\) by <by> with ", 0},
        {ANY, "^UNKNOWN\\(<ip>\\)(?:, claiming to be \"<helo>\")? via \\S+ by <by>,", 0},
        {ANY, "^<rdns>\\(<ip>\\)(?:, claiming to be \"<helo>\")? via \\S+ by <by>,", LOOKED_UP},
        {ANY, "^<helo> \\(\\S+@<ip> with login\\) by (?<by>\\S+\\.yahoo\\.com) with SMTP", 0},
        {ANY, "^X-Originating-IP: <ip>$", 0},
        /* no step between hosts, or without an address */
        {ANY, "^\\S+ \\([^\\s@]+@" LOCALHOST "\\) by \\S+ \\(", IGNORE},
        {ANY, "^\\S+ \\S+ by \\S+ with local-e?smtp ", IGNORE},
        {ANY, "^127\\.0\\.0\\.1 \\(AVG SMTP \\S+ \\[\\S+\\]\\)", IGNORE},
        {ANY, "^\\S+@\\S+ by \\S+ ", IGNORE},
        {ANY, "^Unknown/Local \\(", IGNORE},
        {ANY, "^" LOCALHOST " \\((?:\\S+@)?" LOCALHOST "[)\\[]", IGNORE},
        {ANY, "^\\S+ \\((?:\\S+@)?" LOCALHOST "\\) ", IGNORE},
        {ANY, "^\\S+ \\(\\S+@\\S+ \\[" LOCALHOST "\\]\\) ", IGNORE},
        {ANY, "^\\(AUTH: \\S+\\) by \\S+ with ", IGNORE},
        {ANY, "^localhost \\(localhost \\[\\[UNIX: localhost\\]\\]\\) by ", IGNORE},
        {ANY, "^\\S+\\.amazon\\.com by \\S+\\.amazon\\.com with ESMTP \\(peer crosscheck: ",
                IGNORE},
        {ANY, "^[^.]+ by \\S+ with Novell_GroupWise", IGNORE},
        {ANY, "^no\\.name\\.available by \\S+ via smtpd \\(for ", IGNORE},
        {ANY, "^\\S+ by \\S+ \\(.{0,100}\\) with qmail-scanner", IGNORE},
        {ANY, "^\\S+ by \\S+ with local", IGNORE},
        {ANY, "^\\S+ \\(\\[unix socket\\]\\) by \\S+ \\(Cyrus v[0-9.]+\\) with LMTPA", IGNORE},
        {ANY, "^\\S+ by \\S+ (?:with|via|for|\\()", IGNORE},
        {ANY, "^\\S+ (?:(?:with|via|for) \\S+|\\(unverified\\)) by\\b", IGNORE},
        {ANY, "^\\S+ \\(unknown\\) by \\S+ \\(SG\\) with \\b", IGNORE},
        {ANY, "^\\S+ \\(\\S+ \\[local\\]\\) by \\S+ \\(OpenSMTPD\\) with \\b", IGNORE},
        {ANY, "\\(LSMTP for", IGNORE},
        {ANY, "^\\(\\[" LOCALHOST "\\]\\) with MailEnable ", IGNORE},
        {ANY, "^facebook\\.com \\([^)]+\\) by facebook\\.com with Thrift id \\S+$", IGNORE},
        {ANY, "^\\S+ named \\S+ by gmailapi\\.google\\.com with HTTPREST$", IGNORE},
        {ANY, "^\\S+ id \\S+$", IGNORE},
        {ANY, "^\\[\\<.*? \\(Jetsend", IGNORE},
};
enum { SHAPES = sizeof(shapes) / sizeof(*shapes) };

/* Behind "FROM " and behind "(from ". */
static struct shape shouted[] = {
        {ANY,
                "^<helo> \\(<rdns> \\[<ip>\\]\\) BY <by> (?:\\([^)]+\\) WITH SMTP )?ID "
                "\\<?(?<id>\\S+?)\\>?(?: FOR \\<[^>]+\\>)?$",
                LOOKED_UP | UNKNOWN_NAME},
};
static struct shape bracketed[] = {
        {ANY, "^(?<helo>\\S*) \\[<ip>\\]\\) by <by> \\(NAVGW .*?\\) with ", 0},
        {ANY, "^\\S+@localhost\\) by \\S+ ", IGNORE},
        {ANY, "^[^\\s@]+@[^)]+\\) by \\S+\\(jqueuemail\\) id [^\\s;]+", IGNORE},
};

/* ------------------------------------------------------------ shapes */

static void note_field(struct shape *shape, enum field field)
{
	assert(shape->count + 1 < GROUPS_MOST);
	shape->fields[++shape->count] = field;
}

/* Which <name> or (?<name>…) begins here; its length in *size. */
static enum field field_at(const char *text, size_t *size)
{
	size_t start = strncmp(text, "(?", 2) == 0 ? 2 : 0;

	for (int i = 0; i < FIELDS; i++) {
		*size = strlen(field_names[i]) + start;
		if (strncmp(text + start, field_names[i], *size - start) == 0)
			return (enum field)i;
	}
	return FIELDS;
}

static void compile(struct shape *shape)
{
	struct buf pattern = {0};
	struct err err = {0};
	enum field field;
	size_t size;

	for (const char *at = shape->text; *at;) {
		field = *at == '<' || strncmp(at, "(?<", 3) == 0 ? field_at(at, &size) : FIELDS;
		if (*at == '\\' && (at[1] == '<' || at[1] == '>')) {
			buf_add_char(&pattern, at[1]);
			at += 2;
		} else if (field == FIELDS) {
			buf_add_char(&pattern, *at++);
		} else {
			note_field(shape, field);
			if (*at == '<')
				buf_add_string(&pattern, field == IP ? "(" ADDRESS ")" : "(\\S+)");
			else
				buf_add_char(&pattern, '(');
			at += size;
		}
	}
	if (match_new(pattern.data, 0, &shape->match, &err))
		abort();
	buf_fini(&pattern);
}

static void start(void)
{
	if (shapes[0].match)
		return;
	for (size_t i = 0; i < SHAPES; i++)
		compile(&shapes[i]);
	for (size_t i = 0; i < sizeof(shouted) / sizeof(*shouted); i++)
		compile(&shouted[i]);
	for (size_t i = 0; i < sizeof(bracketed) / sizeof(*bracketed); i++)
		compile(&bracketed[i]);
}

size_t received_shapes(void)
{
	start();
	return SHAPES;
}

/* ------------------------------------------------------------ reading */

struct reader {
	const char *text;
	size_t size;
	char *fields[FIELDS]; /* NULL: not found yet */
	char *auth;
	int looked_up;
};

static void set(struct reader *reader, enum field field, const char *bytes, size_t size)
{
	free(reader->fields[field]);
	reader->fields[field] = alloc_bytes(bytes, size);
}

static void take_group(struct reader *reader, enum field field, struct pattern *pattern)
{
	struct match_range groups[2];

	if (pattern_groups(pattern, reader->text, reader->size, 0, groups, 2))
		set(reader, field, reader->text + groups[1].start, groups[1].end - groups[1].start);
}

/* "helo=x ident=y" between brackets. */
static void take_details(struct reader *reader)
{
	static struct pattern helo = {"helo=(\\S+)"}, ident = {"ident=(\\S*)"};
	char *sub = reader->fields[SUB];
	struct reader inner = {.text = sub, .size = strlen(sub)};

	reader->fields[SUB] = NULL;
	take_group(&inner, HELO, &helo);
	take_group(&inner, IDENT, &ident);
	for (int field = 0; field < FIELDS; field++) {
		if (!inner.fields[field])
			continue;
		free(reader->fields[field]);
		reader->fields[field] = inner.fields[field];
	}
	free(sub);
}

static void take_ident(struct reader *reader)
{
	char *at = strchr(reader->fields[RDNS], '@'), *name;
	size_t skip = strncmp(reader->fields[RDNS], "IDENT:", 6) == 0 ? 6 : 0;

	if (!at)
		return;
	set(reader, IDENT, reader->fields[RDNS] + skip, (size_t)(at - reader->fields[RDNS]) - skip);
	name = alloc_string(at + 1);
	free(reader->fields[RDNS]);
	reader->fields[RDNS] = name;
}

static void copy_field(struct reader *reader, enum field from, enum field to)
{
	set(reader, to, reader->fields[from], strlen(reader->fields[from]));
}

static void apply(struct reader *reader, const struct shape *shape, int has_helo)
{
	if (shape->flags & SAME_NAME && !has_helo && reader->fields[RDNS])
		copy_field(reader, RDNS, HELO);
	if (shape->flags & DETAILS && reader->fields[SUB])
		take_details(reader);
	if (shape->flags & IDENT_IN_NAME)
		take_ident(reader);
	if (shape->flags & NO_ID)
		set(reader, ID, "", 0);
	reader->looked_up = (shape->flags & LOOKED_UP) != 0;
	if (shape->flags & UNKNOWN_NAME && reader->fields[RDNS] &&
	        (strcmp(reader->fields[RDNS], "unknown") == 0 ||
	                strcmp(reader->fields[RDNS], "unverified") == 0))
		set(reader, RDNS, "", 0);
}

static int try_shape(struct reader *reader, const struct shape *shape)
{
	struct match_range groups[GROUPS_MOST];
	int has_helo = 0;

	if (shape->needs && !memmem(reader->text, reader->size, shape->needs, strlen(shape->needs)))
		return 0;
	if (match_groups(shape->match, reader->text, reader->size, 0, groups, GROUPS_MOST))
		return 0;
	for (size_t i = 1; i <= shape->count; i++) {
		if (groups[i].start == MATCH_NO_GROUP)
			continue;
		set(reader, shape->fields[i], reader->text + groups[i].start,
		        groups[i].end - groups[i].start);
		has_helo |= shape->fields[i] == HELO;
	}
	apply(reader, shape, has_helo);
	return 1;
}

static enum received result_of(const struct shape *shape)
{
	return shape->flags & IGNORE    ? RECEIVED_IGNORE
	       : shape->flags & FETCHED ? RECEIVED_FETCHED
	                                : RECEIVED_RELAY;
}

static int is_of(const struct reader *reader, enum server wanted, enum server server)
{
	static struct pattern ldap = {" by \\S+ \\(qmail-\\S+\\) with "};

	if (wanted == NOT_QMAIL_LDAP)
		return !pattern_is(&ldap, reader->text, reader->size);
	return wanted == ANY || wanted == server;
}

static enum server server_of(const struct reader *reader)
{
	for (size_t i = 0; i < sizeof(marks) / sizeof(*marks); i++) {
		if (pattern_is(&marks[i].mark, reader->text, reader->size))
			return marks[i].server;
	}
	return ANY;
}

static enum received try_shapes(struct reader *reader, struct shape *list, size_t count)
{
	enum server server = server_of(reader);

	for (size_t i = 0; i < count; i++) {
		if (is_of(reader, list[i].server, server) && try_shape(reader, &list[i]))
			return result_of(&list[i]);
	}
	return RECEIVED_UNKNOWN;
}

/* ------------------------------------------------------------ authentication */

static struct auth {
	struct pattern pattern;
	const char *name; /* NULL: what the first group took */
} auths[] = {
        {{" with ((?:ES|L|UTF8S|UTF8L)MTPS?A|ASMTP|HTTP[SU]?)(?: |;|$)", MATCH_CASELESS}, NULL},
        {{" by mx\\.google\\.com with ESMTPS id "
          "[a-z0-9]{1,4}sm[0-9]{2,9}[a-z]{3}\\.[0-9]{1,3}\\.[0-9]{4}\\.(?:[0-6][0-9]\\.){4}[0-6][0-"
          "9].*\\(version=[^ ]+ cipher=[^)]+\\)",
                 0, "mx.google.com with"},
                "GMail"},
        {{"^from .*?(?:\\]\\)|\\)\\]) \\(AUTH: (LOGIN|PLAIN|DIGEST-MD5|CRAM-MD5) \\S+(?:, .*?)?\\) "
          "by ",
                 0, "(AUTH: "},
                NULL},
        {{"^from .*?(?:\\](?: \\([^)]*\\))?\\)|\\)\\]) .*?\\(.*?authenticated.*?\\).*? by", 0,
                 "authenticated"},
                "Sendmail"},
        {{"from \\S* \\((?:HELO|EHLO) \\S*\\) \\[" ADDRESS
          "\\] by mail\\.gmx\\.(?:net|com) \\([^)]+\\) with E?SMTP",
                 0, "by mail.gmx."},
                "GMX"},
        {{"\\) by .+ \\([0-9]{1,2}\\.[0-9]\\.[0-9]{3}(?:\\.[0-9]{1,3})?\\) \\(authenticated as "
          ".+\\) id ",
                 0, "(authenticated as "},
                "CriticalPath"},
        {{"\\) \\(Authenticated sender: \\S+\\) by \\S+ \\([^)]+\\) with ", 0,
                 "(Authenticated sender: "},
                "Postfix"},
        {{"^(?=.*CommuniGate Pro (?:HTTP|SMTP|XIMSS|IMAP)).* \\(account ", 0, "CommuniGate Pro "},
                "Communigate"},
        {{" with Microsoft Exchange Server HTTP-DAV\\b"}, "HTTP-DAV"},
        {{" by .*\\(via (HTTP.?)\\)(?: |;|$)", MATCH_CASELESS}, NULL},
};

static void take_auth(struct reader *reader)
{
	struct match_range groups[2];

	for (size_t i = 0; i < sizeof(auths) / sizeof(*auths); i++) {
		if (i == 0 && !memmem(reader->text, reader->size, " by ", 4))
			continue;
		if (!pattern_groups(&auths[i].pattern, reader->text, reader->size, 0, groups, 2))
			continue;
		reader->auth = auths[i].name ? alloc_string(auths[i].name)
		                             : alloc_bytes(reader->text + groups[1].start,
		                                       groups[1].end - groups[1].start);
		return;
	}
}

/* ------------------------------------------------------------ all of it */

/* Blanks squeezed, marks at the end taken off. */
static void tidy(const char *text, size_t size, struct buf *out)
{
	for (size_t i = 0; i < size && out->size < TEXT_MOST_BYTES; i++) {
		if (!isspace((unsigned char)text[i]))
			buf_add_char(out, text[i]);
		else if (out->size && out->data[out->size - 1] != ' ')
			buf_add_char(out, ' ');
	}
	while (out->size && strchr(" ;", out->data[out->size - 1]))
		out->size--;
	buf_add(out, "", 0);
	if (out->data)
		out->data[out->size] = '\0';
}

/* Without the date at its end, and with a blank before "by". */
static void cut_date(struct buf *text)
{
	static struct pattern date = {"[\\s;]+(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), )?[0-9]+ "
	                              "(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) [0-9]+ "
	                              "[0-9]+:[0-9]+(?::[0-9]+)? \\S+$"};
	struct match_range whole;
	struct buf wide = {0};
	const char *by;

	if (pattern_groups(&date, text->data, text->size, 0, &whole, 1)) {
		text->size = whole.start;
		text->data[text->size] = '\0';
	}
	by = strstr(text->data, ")by ");
	if (!by)
		return;
	buf_add(&wide, text->data, (size_t)(by + 1 - text->data));
	buf_add_char(&wide, ' ');
	buf_add_string(&wide, by + 1);
	buf_fini(text);
	*text = wide;
}

/* What is told in the same way by most. */
static void take_common(struct reader *reader)
{
#define NAME_CHARACTERS "-A-Za-z0-9.^+_&:=?!@%*$\\\\/"
	static struct pattern id = {" id <?([^\\s<>;]{3,})"};
	static struct pattern equals = {
	        "\\bhelo=([" NAME_CHARACTERS "]+)(?:[^" NAME_CHARACTERS "]|$)"};
	static struct pattern spoken = {
	        "\\b(?:HELO|EHLO) ([" NAME_CHARACTERS "]+)(?:[^" NAME_CHARACTERS "]|$)"};
	static struct pattern by = {" by (\\S+)(?:[^-A-Za-z0-9;.]|$)"};

	take_group(reader, ID, &id);
	take_group(reader, HELO, &equals);
	if (!reader->fields[HELO])
		take_group(reader, HELO, &spoken);
	take_group(reader, BY, &by);
	take_auth(reader);
}

static int is_ignored(const char *text, size_t size)
{
	static struct pattern from = {"^\\(?from ", MATCH_CASELESS};
	static struct pattern local = {"\\bwith local for\\b", 0, "with local for"};
	static struct pattern bare = {
	        "^from (?!\\[[0-9.]+\\] )\\S+ by [^\\s;]+ ?;", MATCH_CASELESS};

	return !pattern_is(&from, text, size) || pattern_is(&local, text, size) ||
	       pattern_is(&bare, text, size);
}

static enum received read_shapes(struct reader *reader)
{
	static struct pattern envelope = {
	        "(?:return-path:? |envelope-(?:sender|from)[ =])(\\S+)\\b", MATCH_CASELESS};
	static struct pattern guess = {"^(\\S+)[^-A-Za-z0-9.]"};
	enum received result = RECEIVED_UNKNOWN;

	start();
	if (strncmp(reader->text, "from ", 5) == 0) {
		reader->text += 5;
		reader->size -= 5;
		take_group(reader, ENVELOPE, &envelope);
		result = try_shapes(reader, shapes, SHAPES);
		if (result == RECEIVED_UNKNOWN && !reader->fields[HELO])
			take_group(reader, HELO, &guess);
	} else if (strncmp(reader->text, "FROM ", 5) == 0) {
		reader->text += 5;
		reader->size -= 5;
		result = try_shapes(reader, shouted, sizeof(shouted) / sizeof(*shouted));
	} else if (strncmp(reader->text, "(from ", 6) == 0) {
		reader->text += 6;
		reader->size -= 6;
		result = try_shapes(reader, bracketed, sizeof(bracketed) / sizeof(*bracketed));
	}
	return result;
}

/* An address in brackets somewhere, and who took it, are enough. */
static enum received read_rest(struct reader *reader)
{
	static struct pattern any = {"\\[(" ADDRESS ")\\]"};

	if (!reader->fields[IP])
		take_group(reader, IP, &any);
	return reader->fields[IP] && reader->fields[BY] && *reader->fields[BY] ? RECEIVED_RELAY
	                                                                       : RECEIVED_UNKNOWN;
}

/* What would look like the marks around it becomes "!". Takes `text`, which may be NULL. */
static char *safe(char *text)
{
	for (char *at = text; at && *at; at++) {
		if (isspace((unsigned char)*at) || strchr("#[]()<>|", *at))
			*at = '!';
	}
	return text ? text : alloc_string("");
}

static void tidy_ip(char *ip)
{
	char *end;
	size_t skip = text_starts(ip, "ipv6:") ? 5 : 0;

	memmove(ip, ip + skip, strlen(ip + skip) + 1);
	end = strchr(ip, '%');
	if (end)
		*end = '\0';
	end = strrchr(ip, ':');
	/* "::ffff:1.2.3.4" is an IPv4 address. */
	if (end && strchr(end, '.') && strspn(ip, "0:") + 5 == (size_t)(end + 1 - ip) &&
	        text_starts(end - 4, "ffff:"))
		memmove(ip, end + 1, strlen(end));
}

static void tidy_name(char *name)
{
	size_t size = strlen(name);

	while (size && name[size - 1] == '.')
		name[--size] = '\0';
	if (text_same(name, "unknown") || *name == '[')
		*name = '\0';
}

static char *tidy_envelope(char *envelope)
{
	size_t size, skip;

	if (!envelope)
		return NULL;
	skip = strspn(envelope, " <");
	memmove(envelope, envelope + skip, strlen(envelope + skip) + 1);
	for (size = strlen(envelope); size && strchr("> ", envelope[size - 1]); size--)
		envelope[size - 1] = '\0';
	return safe(envelope);
}

static int is_private(const char *ip)
{
	static struct pattern networks = {
	        "^(?:(?:0*:)*ffff:)?(?:10|127|169\\.254|172\\.(?:1[6-9]|2[0-9]|3[01])|192\\.168|"
	        "100\\.(?:6[4-9]|[7-9][0-9]|1[01][0-9]|12[0-7]))\\.|^fe[89ab][0-9a-f]:|"
	        "^(?:0{1,4}:|:){2,7}0{0,3}1$",
	        MATCH_CASELESS};

	return pattern_is(&networks, ip, strlen(ip));
}

static void give(struct reader *reader, struct relay *relay)
{
	char **fields = reader->fields;
	size_t size;

	memset(relay, 0, sizeof(*relay));
	if (fields[IP])
		tidy_ip(fields[IP]);
	if (fields[RDNS])
		tidy_name(fields[RDNS]);
	size = fields[BY] ? strlen(fields[BY]) : 0;
	if (size && fields[BY][size - 1] == ';')
		fields[BY][size - 1] = '\0';
	relay->ip = safe(fields[IP]);
	relay->rdns = safe(fields[RDNS]);
	relay->helo = safe(fields[HELO]);
	relay->by = safe(fields[BY]);
	relay->ident = safe(fields[IDENT]);
	relay->id = fields[ID] ? fields[ID] : alloc_string("");
	relay->envelope_from = tidy_envelope(fields[ENVELOPE]);
	relay->auth = reader->auth ? reader->auth : alloc_string("");
	relay->no_reverse_dns = !*relay->rdns && reader->looked_up;
	relay->is_private = is_private(relay->ip);
	memset(reader->fields, 0, sizeof(reader->fields));
	reader->auth = NULL;
}

static void reader_fini(struct reader *reader)
{
	for (int field = 0; field < FIELDS; field++)
		free(reader->fields[field]);
	free(reader->auth);
}

enum received received_read(const char *text, size_t size, struct relay *relay)
{
	struct buf plain = {0};
	struct reader reader = {0};
	enum received result = RECEIVED_IGNORE;

	tidy(text, size, &plain);
	if (!is_ignored(plain.data ? plain.data : "", plain.size)) {
		cut_date(&plain);
		reader.text = plain.data;
		reader.size = plain.size;
		take_common(&reader);
		result = read_shapes(&reader);
		if (result == RECEIVED_UNKNOWN)
			result = read_rest(&reader);
		if (result == RECEIVED_RELAY)
			give(&reader, relay);
	}
	reader_fini(&reader);
	buf_fini(&plain);
	return result;
}

void received_fini(struct relay *relay)
{
	free(relay->ip);
	free(relay->rdns);
	free(relay->helo);
	free(relay->by);
	free(relay->ident);
	free(relay->id);
	free(relay->envelope_from);
	free(relay->auth);
	memset(relay, 0, sizeof(*relay));
}

void received_print(const struct relay *relay, struct buf *out)
{
	buf_add_format(out,
	        "[ ip=%s rdns=%s helo=%s by=%s ident=%s envfrom=%s intl=%d id=%s auth=%s msa=%d ]",
	        relay->ip, relay->rdns, relay->helo, relay->by, relay->ident,
	        relay->envelope_from ? relay->envelope_from : "", relay->is_internal, relay->id,
	        relay->auth, relay->is_msa);
}

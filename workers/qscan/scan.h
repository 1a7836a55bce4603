/*
 * One message under examination: what it is, what the filters found, and what it cost. Filters read
 * it and add findings; policy.c alone turns findings into what happens to each recipient.
 */
#ifndef WORKERS_QSCAN_SCAN_H
#define WORKERS_QSCAN_SCAN_H

#include <stddef.h>
#include <stdint.h>

#include "lib/base/buf.h"
#include "lib/config/config.h"
#include "lib/crypto/digest.h"
#include "lib/mime/map.h"
#include "lib/mime/view.h"
#include "protos/messages.h"

enum {
	SCAN_NO_PART = -1,
	SCAN_NO_CONTENT = -1,
	SCAN_MAX_FINDINGS = 4096,
	SCAN_MOST_TEXTS = 64, /* names of one content, and types */
};

/* Why something was not scanned; policy.unscanned has a key for each. */
enum unscanned {
	UNSCANNED_NOT, /* it was */
	UNSCANNED_LIMIT,
	UNSCANNED_ERROR,
	UNSCANNED_TIMEOUT,
	UNSCANNED_ENCRYPTED,
	UNSCANNED_FORMAT,
	UNSCANNED_MALFORMED,
	UNSCANNED_AMBIGUOUS,
	UNSCANNED_CRASH,
	UNSCANNED_DATABASE,
	UNSCANNED_MEMORY,
	UNSCANNED_LAST = UNSCANNED_MEMORY,
};
const char *unscanned_name(enum unscanned why);
enum unscanned unscanned_named(const char *name); /* UNSCANNED_ERROR for what is no name */

struct marker;
struct model;
struct poison;

/* What a filter found. Texts are owned by the scan. */
struct finding {
	const char *check;        /* the filter's name */
	char *symbol;             /* "VIRUS_Eicar-Signature", "ATTACHMENT_EXECUTABLE", … */
	enum unscanned unscanned; /* not UNSCANNED_NOT: this is a "could not look" */
	enum action action;       /* what its rule asks for; ACTION_NONE leaves it to policy */
	uint64_t code;            /* of a reject; 0: policy's */
	char *text;               /* of a reject, a notice or the replacement text; "" */
	char *rule;               /* the rule's name, e.g. "attachments.executables" */
	char *where;              /* "1.2/inner.zip/x.exe" */
	char *detail;
	double points;       /* towards the spam score */
	int part;            /* index into the map, or SCAN_NO_PART: the whole message */
	long content;        /* index into the contents, or SCAN_NO_CONTENT */
	unsigned char *only; /* one byte a recipient; NULL: it concerns all of them */
	int quiet;           /* makes no notice */
	const char *reason;  /* item reason: virus, pua, heuristic, attachment, subject, spam,
	                        access, size, unscanned */
};

/* Something in the message that has names, types or bytes: a part under one of the encodings that a
 * client might believe, a multipart, a container's member, a leaf that only GMime sees. Made once
 * by the attachments filter's walk, and looked at by all that come after it. */
struct content {
	int part;     /* map part it came from: what a cut would take out */
	int level;    /* 0: the mail's own; n: inside n containers or mails */
	long parent;  /* the content that it was found in, or SCAN_NO_CONTENT: the mail itself */
	char *path;   /* "1.2/inner.zip/x.exe" */
	char **names; /* UTF-8 as far as can be */
	size_t name_count;
	char **types; /* declared */
	size_t type_count;
	const unsigned char *bytes; /* NULL where it has none, or they could not be had */
	size_t size;
	const char *kind;     /* of container, as unpack_kind() names it; "" */
	char *true_type;      /* by its bytes; "" if weak or unknown */
	unsigned traits;      /* bit set (1 << enum trait) */
	int is_package;       /* its members make up one document */
	int is_read;          /* a map has looked for mail inside it */
	unsigned *allowed;    /* traits that a rule allows for each recipient; NULL: none */
	struct buf owned;     /* empty where `bytes` lie in the message itself */
	struct digest digest; /* for content_digest() */
	int has_digest;
};

struct check_cost {
	const char *name;
	int64_t cost_us;
	int skipped;
};

struct scan {
	const struct config *config;
	const Lz__Submission *submission;
	const unsigned char *bytes;
	size_t size;
	int64_t now_ms;      /* wall clock, for items */
	int64_t deadline_us; /* monotonic: filters that loop look at it and say UNSCANNED_TIMEOUT */
	struct mime_map *map;
	struct view *view;
	struct content *contents;
	size_t content_count;
	struct finding *findings;
	size_t finding_count;
	struct finding spare; /* lent by scan_find() beyond its limit, and not looked at */
	double score;
	const struct model *model; /* lent; NULL: there is none */
	char *model_said;          /* "none", "young", its points, or "rules" where it has these
	                              add some, for header fields; NULL: it was not asked. Owned */
	double probability;        /* that it is spam, as the model says, */
	int model_speaks;          /* if it does */
	int is_explained;          /* somebody wants to know more than costs nothing */
	struct check_cost costs[16];
	size_t cost_count;
	const char *engine;   /* signature state, lent */
	int64_t signatures_s; /* when they were made, Unix seconds; 0: there are none */
	uint64_t examined;    /* contents that libclamav looked at */
	uint64_t remembered;  /* those that it need not: found clean before */
	const char
	        *whole; /* why the raw message was scanned beside its parts, lent; NULL: it was not
	                 */
	int left_out;   /* because its parts were all there was to scan */
	char *subject;  /* decoded; "" */
	char *header_from;
	char *header_message_id;
	int allowed; /* an access rule with `allow` matched for all recipients: subject and spam are
	                skipped */
	int sender_authentic;  /* P9: authenticated, internal, or aligned by a trusted
	                          Authentication-Results */
	struct marker *marker; /* where it is told what is looked at; NULL: nobody wants to know */
	const struct poison *poison; /* what is not looked at any more; NULL: nobody died lately.
	                                Both are lent */
	unsigned char *bad; /* an enum unscanned for each of the first `bad_count` parts: not
	                       UNSCANNED_NOT is left out of every look */
	size_t bad_count;
	int is_view_bad; /* something that belongs to no part is left out, too */
	int is_probe;    /* looks at the parts from `from` to below `to` alone, and nobody asks what
	                    it finds: only whether it lives */
	size_t from, to;
	struct digest digest; /* blame.c's: of the mail, */
	struct digest look;   /* and of what is being done with it */
	int has_digest;
	int marked;    /* a notice that came back: no notice to anybody */
	int automatic; /* null reverse-path, list or automatic mail: never a notice to its sender */
};

/* Starts *scan on one message; everything is lent and must outlive it. Then frees what it found. */
void scan_init(struct scan *scan, const struct config *config, const Lz__Submission *submission,
        const void *bytes, size_t size);
void scan_fini(struct scan *scan);

/* Has the time for this message run out? Loops ask between steps, and say UNSCANNED_TIMEOUT. */
int scan_late(const struct scan *scan);

/* Adds a finding, all texts empty, action none, part and recipient "all"; lends it until the next
 * call. Of one check's findings at most SCAN_MAX_FINDINGS are kept: what is more holds the whole
 * message as unscanned(limit), so that a flood of findings hides none. */
struct finding *scan_find(
        struct scan *scan, const char *check, const char *reason, const char *symbol);
struct finding *scan_unscanned(
        struct scan *scan, const char *check, enum unscanned why, const char *detail);
void finding_text(char **field, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Whom a finding concerns. */
void finding_concern(struct finding *finding, const struct scan *scan, size_t recipient);
int finding_concerns(const struct finding *finding, size_t recipient);

/* Adds a content with no bytes yet; lends it until the next call. */
struct content *scan_add_content(struct scan *scan, int part, int level, const char *path);
void content_add_name(struct content *content, const char *name); /* "" is none */
void content_add_type(struct content *content, const char *type);
const char *content_name(const struct content *content); /* the first, or "" */
int content_has(const struct content *content, enum trait trait);

/* SHA-256 of its bytes, made once: so these must not change any more. */
const struct digest *content_digest(struct content *content);

/* No look at this part, for that reason. Who leaves it out adds the finding. */
void scan_leave_out(struct scan *scan, size_t part, enum unscanned why);
enum unscanned scan_left_out(const struct scan *scan, size_t part);

/*
 * A filter. They stand in one table in pipeline.c, in the order they run.
 *   open    compiles what the configuration says, once, before the scanners are forked: shared,
 * read-only from then on. Gives *state (may stay NULL). An error stops the start; `warn` reports
 * what was skipped (file and line). settle  once in each scanner, after the fork and before any
 * message: what can't be shared (cookies, caches). engine  tells the signatures that its answers
 * rest on, and when they were made; NULL: it has none. scan    looks at one message. Never fails:
 * what it could not do is an unscanned finding. wanted  false where its answer could not change the
 * outcome any more; NULL: always. blames_itself  it calls blame.h for all that it looks at; for
 * the others it is the whole message.
 */
struct filter {
	const char *name;
	enum result (*open)(const struct config *config, void **state,
	        void (*warn)(void *context, const char *sentence), void *context, struct err *err);
	enum result (*settle)(void *state, struct err *err);
	const char *(*engine)(const void *state, int64_t *signatures_s);
	int (*wanted)(const void *state, const struct scan *scan);
	void (*scan)(void *state, struct scan *scan);
	void (*close)(void **state);
	int blames_itself;
};

extern const struct filter filter_access, filter_size, filter_map, filter_subject,
        filter_attachments, filter_virus, filter_spam, filter_model;

#endif

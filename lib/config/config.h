/*
 * lazaret.yaml, checked and in memory. One table (lib/config/table.c) gives every key its type,
 * default, limits and prose: it checks the file, fills these structs, and prints lazaret.yaml(5)
 * and the annotated sample. An unknown key, a wrong type or an impossible value is an error with
 * file, line and what was expected, and nothing starts.
 *
 * Sizes are bytes, times milliseconds (`_ms`). Texts are never NULL: an absent one is "".
 * Everything is owned by the struct config and lives until config_free().
 */
#ifndef LIB_CONFIG_CONFIG_H
#define LIB_CONFIG_CONFIG_H

#include <stddef.h>
#include <stdint.h>

#include "lib/base/err.h"

struct config_list {
	size_t count;
	char **items;
};

/* What a rule or a policy asks for, from mild to strict: where several apply to a recipient, the
 * last in this order wins (cut and tag add up). */
enum action {
	ACTION_NONE,  /* note it and go on */
	ACTION_ALLOW, /* an allow rule: see each section for what it switches off; never the virus
	                 scan */
	ACTION_TAG,   /* deliver with header fields that say so */
	ACTION_CUT,   /* take the part out, keep it, leave a text in its place */
	ACTION_REDIRECT,   /* to policy.redirect_to, instead */
	ACTION_QUARANTINE, /* hold the whole message */
	ACTION_DISCARD,    /* hold a copy, tell the MTA all is well, tell nobody */
	ACTION_REJECT,     /* refuse it with code and text */
	ACTION_DEFER,      /* try again later */
};

const char *action_name(enum action action);

struct config_site {
	char *name;  /* this host's name in HELO, Message-ID and notices */
	char *admin; /* address that notices to the administrator go to and come from */
	char *title; /* what people know us by, in the texts of notices */
	struct config_list domains;  /* of our own recipients */
	struct config_list networks; /* of our own clients: CIDR */
	char *run_dir;               /* sockets */
	char *state_dir;             /* quarantine */
	char *user;                  /* account of every program but the scanners; "": as started */
	char *scan_user;             /* account of the scanners; "": as started */
	char *front_group;           /* group that may open the submitter's socket; "": as user */
};

enum config_log_to { LOG_TO_STDERR, LOG_TO_SYSLOG };
enum config_sandbox { SANDBOX_REQUIRED, SANDBOX_BEST_EFFORT };

struct config_log {
	int level; /* enum log_level */
	enum config_log_to to;
};

/* Key files hold one Z85 key a line; see lazaret.yaml(5). "" where CURVE is not used. */
struct config_curve {
	char *secret_key;    /* file: this host's key pair, from `qctl keys new` */
	char *allowed_keys;  /* file: public keys that may connect to our bound tcp:// endpoints:
	                        "<key> <name>" a line */
	char *server_keys;   /* file: "<endpoint> <public key>" a line, for tcp:// endpoints we
	                        connect to */
	int allow_plain_tcp; /* in words: tcp:// without CURVE */
};

struct config_front {
	char *socket;               /* Unix socket for qsubmit */
	struct config_list brokers; /* in the order tried */
	char *quarantine;
	char *next_hop;              /* host:port, [v6]:port, or unix:/path */
	int64_t deadline_ms;         /* from the message's arrival to our answer */
	int64_t silence_ms;          /* a broker that says nothing for so long is passed over */
	int64_t next_hop_timeout_ms; /* for each SMTP reply */
	uint64_t max_messages;       /* in hand at once; beyond: try again later */
	uint64_t max_bytes;
	uint64_t connections; /* kept to the next hop */
};

struct config_broker {
	struct config_list fronts;  /* endpoints bound for submitters and qctl */
	struct config_list workers; /* endpoints bound for workers */
	uint64_t max_messages;
	uint64_t max_bytes;
	int64_t heartbeat_ms;
	int64_t silence_ms; /* a worker that says nothing for so long is dead */
	uint64_t attempts;  /* how often a message that kills its scanner is tried */
	int64_t drain_ms;   /* at SIGTERM, for what is in flight */
};

struct config_workers {
	struct config_list brokers;
	char *quarantine;
	uint64_t scanners;        /* 0: auto, one a core */
	uint64_t queue;           /* jobs taken beyond those being scanned */
	int64_t timeout_ms;       /* for one message in a scanner */
	int64_t start_timeout_ms; /* for what is read before there are scanners */
	uint64_t memory;          /* of one scanner, beyond the engine */
	uint64_t max_jobs;        /* messages after which a scanner is replaced; 0: never */
	char *tmp_dir;
	enum config_sandbox sandbox;
	uint64_t keep_crashes; /* messages that killed a scanner, with a report and a core */
};

struct config_size {
	uint64_t max_size;
	enum action action;
	uint64_t code;
	char *text;
};

/* All conditions given must hold; in a list, any. The first rule that matches decides. */
struct config_access_rule {
	char *name;
	struct config_list senders;  /* address, @domain, .domain (and below), or glob; "<>": the
	                                null reverse-path */
	char *senders_file;          /* the same, a line each, reloaded by itself */
	struct config_list from;     /* the same, for the From field */
	struct config_list networks; /* client, CIDR */
	char *networks_file;
	struct config_list hosts;      /* client name or HELO: name, .domain or glob */
	struct config_list recipients; /* as senders: the rule is for these recipients only */
	char *recipients_file;
	int outsiders; /* only for clients outside site.networks that are not authenticated */
	enum action action;
	uint64_t code;
	char *text;
};

struct config_access {
	size_t count;
	struct config_access_rule *rules;
	int null_sender_one_recipient; /* a null reverse-path with more than one recipient is
	                                  rejected */
};

enum pattern_match { MATCH_EXACT, MATCH_PREFIX, MATCH_GLOB, MATCH_REGEX };

struct config_subject_rule {
	char *name;
	char *field; /* Subject, or another header field */
	enum pattern_match match;
	struct config_list patterns; /* without regard to case */
	char *patterns_file;
	int strip_prefixes; /* Re: Fwd: AW: … [list] are taken off first */
	enum action action;
	uint64_t code;
	char *text;
	int notify; /* a reject makes no notices unless asked */
};

struct config_subject {
	size_t count;
	struct config_subject_rule *rules;
};

/* What a piece of content may have besides names and types. Rules ask for these by name. */
enum trait {
	TRAIT_ENCRYPTED,
	TRAIT_MACRO,
	TRAIT_SCRIPT,
	TRAIT_SMUGGLED,
	TRAIT_EMBEDDED,
	TRAIT_EXTERNAL,
	TRAIT_DISGUISED,
	TRAIT_MISMATCH,
	TRAIT_AMBIGUOUS,
	TRAIT_BROKEN,
	TRAITS,
};

const char *trait_name(enum trait trait); /* "disguised" */
const char *trait_text(enum trait trait); /* in words */

/* Where in a message a rule looks: into containers, too, or not, or nowhere else. */
enum config_inside { INSIDE_ALSO, INSIDE_NEVER, INSIDE_ONLY };

/* By whom a message was sent: an outsider is neither authenticated nor in site.networks. */
enum config_direction { DIRECTION_ANY, DIRECTION_IN, DIRECTION_OUT };

/* Names, types and true types say what it is: any of them does. All else narrows that down. */
struct config_attachment_rule {
	char *name;
	enum pattern_match match;      /* how names are meant */
	struct config_list names;      /* over every candidate name, normalised */
	struct config_list types;      /* globs over declared types */
	struct config_list true_types; /* globs over what libmagic sees */
	struct config_list traits;     /* trait_name(): any of them */
	uint64_t larger_than;          /* bytes; 0: no condition */
	uint64_t smaller_than;         /* likewise */
	enum config_inside inside;
	enum config_direction direction;
	struct config_list senders;    /* as access senders: reverse-paths it is about */
	struct config_list recipients; /* as access senders; the rule is for these only */
	enum action action;
	char *text;
};

struct config_attachments {
	size_t count;
	struct config_attachment_rule *rules;
	size_t exception_count;
	struct config_attachment_rule *exceptions; /* tried before the rules */
	uint64_t max_parts;
	uint64_t max_depth;    /* of MIME and of containers */
	uint64_t max_members;  /* of all containers of a message */
	uint64_t max_expanded; /* bytes of all members of a message */
	uint64_t max_ratio;
	int64_t max_time_ms; /* for taking a message apart */
};

enum config_whole { WHOLE_NEEDED, WHOLE_ALWAYS };

struct config_virus {
	char *database; /* folder */
	uint64_t max_scan_size;
	uint64_t max_file_size;
	uint64_t max_files;
	uint64_t max_recursion;
	int64_t max_scan_time_ms;
	int pua;
	struct config_list heuristics;
	enum config_whole whole;
	int name_decided;
	uint64_t remember;    /* contents found clean that all scanners of a host know of */
	int64_t alarm_age_ms; /* signatures older than this are warned of; 0: never */
	int64_t max_age_ms;   /* older than this they are outdated; 0: never */
	int enabled;
};

/* Which of the four numbers of a rule's `score` counts. */
enum score_set { SCORE_SET_0, SCORE_SET_1, SCORE_SET_2, SCORE_SET_3, SCORE_SET_AUTO };

/* What rules that ask the model, BAYES_99 and its like, come to. */
enum config_bayes { BAYES_OFF, BAYES_NAMES, BAYES_POINTS };
enum config_teach { TEACH_NEVER, TEACH_LEARN };
enum config_then { THEN_DELIVER, THEN_DISCARD };

/* What becomes of mail to these addresses by those who may teach; lib/config/reports.h asks. */
struct config_report {
	struct config_list spam_to;  /* as access senders: what is attached was spam */
	struct config_list ham_to;   /* likewise: it was none */
	struct config_list users;    /* globs over the login of who is authenticated */
	struct config_list networks; /* clients, CIDR, that need not be */
	enum config_teach allow;
	enum config_then then; /* of the report itself */
};

struct config_reports {
	size_t count;
	struct config_report *rules; /* the first that matches; none: it is no report */
};

struct config_model {
	char *path;         /* folder on qstore's host */
	int enabled;        /* it is asked */
	uint64_t least;     /* spam and ham each, that must have been learned before it counts */
	double weight;      /* points for each logit, unless it was fitted */
	double toll;        /* points on top of them, likewise */
	double most;        /* points, either way */
	int learn_releases; /* what is released is learned as ham */
	enum config_bayes bayes;
	int64_t poll_ms;
	struct config_reports reports;
	uint64_t report_messages; /* that are learned of one report */
	uint64_t report_mails;    /* reports of one reporter in a day that are learned of */
};

struct config_spam {
	struct config_list rules; /* folders and .cf files */
	struct config_model model;
	int enabled;
	enum score_set score_set;
	uint64_t max_size; /* larger messages: only this much of the text is seen */
};

/* What an unscanned answer means, by its reason. */
struct config_unscanned {
	enum action limit;
	enum action error;
	enum action timeout;
	enum action encrypted;
	enum action format;
	enum action malformed;
	enum action ambiguous;
	enum action crash;
	enum action memory;
	enum action database;
};

struct config_policy {
	struct config_list recipients; /* of an override: whom it is for, as access senders */
	enum action virus;
	enum action pua;
	enum action heuristic;
	uint64_t virus_code;
	char *virus_text;
	struct config_unscanned unscanned;
	double spam_tag;      /* points; at or above: header fields */
	double spam_redirect; /* 0: never */
	double spam_quarantine;
	double spam_reject;
	char *spam_text;
	char *subject_prefix; /* put before the Subject of tagged spam; "" for none */
	char *redirect_to;
	int cut_signed; /* cut from signed mail, too, and so break its signature */
	int keep_original;
};

struct config_policies {
	size_t count;
	struct config_policy *rules; /* what one leaves out is as in `policy` */
};

/* Who may do some things only, of some domains only. */
struct config_operator {
	char *name;
	char *user;                 /* a local account; "": it is a key's */
	char *key;                  /* Z85, or its name in curve.allowed_keys; "": an account's */
	struct config_list domains; /* example.org, or .example.org with all below; none: all */
	struct config_list actions; /* choice_operator_actions */
};

struct config_operators {
	size_t count;
	struct config_operator *rules;
};

/* How long what is kept. All that is given must hold; in a list, any. */
struct config_retention {
	struct config_list reasons; /* empty: any */
	struct config_list domains; /* of a recipient: example.org, or .example.org with all below
	                               it; empty: any */
	int64_t keep_ms;            /* 0: for ever */
};

struct config_retentions {
	size_t count;
	struct config_retention *rules; /* the first that fits */
};

/* How many bytes of kept mail a domain, and a recipient in it, may have; 0: no limit. */
struct config_quota {
	struct config_list domains; /* as above */
	uint64_t size;              /* of each domain */
	uint64_t each_recipient;
};

struct config_quotas {
	size_t count;
	struct config_quota *rules; /* of each kind of limit the first that fits */
};

enum config_over_quota { OVER_QUOTA_OLDEST, OVER_QUOTA_REFUSE };

struct config_quarantine {
	struct config_list listen;
	char *group; /* that may open the ipc:// endpoints, beside site.user; "": nobody */
	char *path;  /* folder of the LMDB environment */
	uint64_t map_size;
	uint64_t reserve; /* of it, kept for deletes: stores are deferred beyond */
	uint64_t max_item_size;
	int64_t commit_delay_ms; /* how long a commit waits for company */
	int64_t confirm_timeout_ms;
	int64_t keep_ms;                    /* age at which items expire; 0: never */
	struct config_retentions retention; /* for some, another age */
	struct config_quotas quotas;
	enum config_over_quota over_quota;
	int compress;            /* what is kept, where that pays */
	uint64_t compress_level; /* of zstd */
	int64_t lease_ms;        /* of an outbox record in a notifier's hands */
	int64_t keep_audit_ms;   /* age at which the audit is trimmed; 0: never */
	struct config_operators operators;
};

/* Notices to addresses in these domains are in this language. */
struct config_language {
	struct config_list domains; /* example.org, or .example.org with all below it */
	char *language;             /* a folder of the templates */
};

struct config_languages {
	size_t count;
	struct config_language *rules; /* the first that matches */
};

enum config_every { EVERY_DAY, EVERY_WEEK };

/* These recipients get one mail in place of many. */
struct config_digest {
	struct config_list recipients; /* as access senders */
	enum config_every every;
	char *at; /* HH:MM of the host's local time */
};

struct config_digests {
	size_t count;
	struct config_digest *rules; /* the first that matches */
};

enum config_allow { ALLOW_NEVER, ALLOW_ASK, ALLOW_RELEASE };

/* What happens where a recipient asks for an item that was kept for one of these reasons. */
struct config_request {
	struct config_list reasons; /* empty: any */
	enum config_allow allow;
};

struct config_requests {
	size_t count;
	struct config_request *rules; /* the first that matches; none: never */
};

struct config_notifier {
	char *quarantine;
	char *next_hop;
	int release_pass; /* released mail carries one */
	int64_t pass_lifetime_ms;
	char *from;
	int to_sender;
	int to_recipient;
	int to_admin;
	struct config_list not_for; /* reasons that make no notice */
	char *templates;            /* folder of a folder for each language */
	char *language;             /* where none of the following matches */
	struct config_languages languages;
	struct config_list
	        trusted_auth_results; /* authserv-ids whose Authentication-Results count (P9) */
	int64_t poll_ms;
	int64_t retry_ms;
	uint64_t attempts;
	uint64_t flood_after; /* notices of one cause to the administrator, in a window; 0: any */
	int64_t flood_window_ms;
	uint64_t rate_per_address; /* single notices to one address, an hour; 0: any */
	struct config_digests digest;
	char *request_address; /* where recipients ask for a release; "": nowhere */
	int64_t request_expires_ms;
	struct config_requests requests;
};

struct config_places; /* the line of each value */

struct config {
	char *path; /* the file, for messages */
	struct config_places *places;
	struct config_site site;
	struct config_log log;
	struct config_curve curve;
	struct config_front front;
	struct config_broker broker;
	struct config_workers workers;
	struct config_size size;
	struct config_access access;
	struct config_subject subject;
	struct config_attachments attachments;
	struct config_virus virus;
	struct config_spam spam;
	struct config_policy policy;
	struct config_policies policies;
	struct config_quarantine quarantine;
	struct config_notifier notifier;
};

/* Reads and checks all of it. Endpoints and paths that are absent are derived from site.run_dir and
 * site.state_dir; relative paths are seen from the file's own folder. RESULT_PERMANENT: err is
 * "file:line: section.key: what was found, what was expected". Gives *out. */
enum result config_load(const char *path, struct config **out, struct err *err);
enum result config_parse(
        const char *name, const char *text, size_t size, struct config **out, struct err *err);
void config_free(struct config **config);

/* What is allowed but probably not meant, one sentence each, with file and line (e.g. `subject`
 * rules that reject make the MTA bounce behind a queue). Calls `say` for each. */
void config_warn(const struct config *config, void (*say)(void *context, const char *sentence),
        void *context);

/* Every file the configuration names whose change asks for a new generation of scanners (map files,
 * rules, database). Gives a list, to be freed with config_list_free(). */
void config_watched(const struct config *config, struct config_list *out);
void config_list_free(struct config_list *list);

/* Where the database for the spam rules over bodies is kept; to be freed. */
char *config_rules_database(const struct config *config);

#endif

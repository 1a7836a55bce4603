/*
 * The MIME map: a message's tree of parts as byte ranges over the raw bytes, read tolerantly in one
 * linear pass, with every candidate for what a mail client might make of it, and a list of what is
 * odd. It never changes, copies or decodes the message, and it knows no policy. It has no foreign
 * header: GMime, the second view, is in view.h.
 *
 * Ranges never leave the message; a part's header and body do not overlap; children lie inside
 * their parent's body. Limits are hard: beyond them the map ends, marks itself `truncated`, and
 * names the limit as an anomaly.
 */
#ifndef LIB_MIME_MAP_H
#define LIB_MIME_MAP_H

#include <stddef.h>
#include <stdint.h>

struct mime_range {
	size_t offset;
	size_t length;
};

enum mime_encoding {
	MIME_IDENTITY, /* 7bit, 8bit, binary, or none */
	MIME_BASE64,
	MIME_QUOTED_PRINTABLE,
	MIME_UUENCODE,
	MIME_YENC,   /* only of synthetic parts */
	MIME_BINHEX, /* likewise */
	MIME_UNKNOWN_ENCODING,
};

const char *mime_encoding_name(enum mime_encoding encoding); /* "quoted-printable" */

/* The named anomalies; docs/ANOMALIES.md explains each. X(name, what it is, how much it matters).
 * Severity: 0 sloppy (common in honest mail), 1 odd, 2 ambiguous (two honest readers see different
 * contents). */
#define MIME_ANOMALIES(X)                                                                          \
	X(BARE_CR, "a carriage return without line feed", 0)                                       \
	X(BARE_LF_MIXED, "some lines end in LF, some in CRLF", 0)                                  \
	X(CR_LINES, "lines that end in CR alone", 2)                                               \
	X(NUL_IN_HEADER, "a NUL in a header", 2)                                                   \
	X(BAD_HEADER_LINE, "a header line that is no field", 0)                                    \
	X(BLANK_SEPARATOR, "header and body parted by a line of blanks", 1)                        \
	X(SPACE_BEFORE_COLON, "a field name with a space before its colon", 0)                     \
	X(HIDDEN_FIELD, "a field hidden behind a bare CR", 2)                                      \
	X(DUPLICATE_TYPE, "several Content-Type fields that differ", 2)                            \
	X(DUPLICATE_ENCODING, "several Content-Transfer-Encoding fields that differ", 2)           \
	X(DUPLICATE_DISPOSITION, "several Content-Disposition fields that differ", 1)              \
	X(DUPLICATE_BOUNDARY, "several boundary parameters that differ", 2)                        \
	X(DUPLICATE_NAME, "several names that differ", 0)                                          \
	X(BAD_TYPE, "a Content-Type that can't be read", 1)                                        \
	X(BAD_ENCODING, "an unknown or decorated transfer encoding", 1)                            \
	X(NO_BOUNDARY, "a multipart without a boundary parameter", 2)                              \
	X(BAD_BOUNDARY, "a boundary that is empty, too long or has odd characters", 1)             \
	X(MISSING_END, "a multipart without its closing delimiter", 0)                             \
	X(NESTED_BOUNDARY, "one boundary used at two levels, or one the beginning of another", 1)  \
	X(DELIMITER_GARBAGE, "text behind a boundary on its delimiter line", 1)                    \
	X(PREAMBLE_CONTENT, "content that looks like a part before the first boundary", 2)         \
	X(EPILOGUE_CONTENT, "content that looks like a part after the last boundary", 2)           \
	X(ENCODED_MULTIPART, "a multipart with a transfer encoding", 1)                            \
	X(ENCODED_MESSAGE, "a message/rfc822 with a transfer encoding", 1)                         \
	X(LOOKALIKE_MULTIPART, "a type that some clients read as multipart", 2)                    \
	X(CHUNKED_BASE64, "base64 with padding before its end", 2)                                 \
	X(BAD_BASE64, "base64 with characters that don't belong", 0)                               \
	X(BAD_QUOTED_PRINTABLE, "quoted-printable with bad escapes or blanks behind a soft break", \
	        0)                                                                                 \
	X(UUENCODE_IN_TEXT, "a uuencoded file inside text", 1)                                     \
	X(BINHEX_IN_TEXT, "a BinHex file inside text", 1)                                          \
	X(YENC_IN_TEXT, "a yEnc file inside text", 1)                                              \
	X(MESSAGE_IN_TEXT, "a MIME message inside text", 1)                                        \
	X(PARTIAL_MESSAGE, "message/partial: put together by the client only", 2)                  \
	X(EXTERNAL_BODY, "message/external-body: the content is elsewhere", 2)                     \
	X(TOO_MANY_PARTS, "more parts than the limit", 2)                                          \
	X(TOO_DEEP, "nested deeper than the limit", 2)                                             \
	X(TOO_MANY_FIELDS, "more header fields than the limit", 2)                                 \
	X(HEADER_TOO_LONG, "a header field longer than the limit", 1)                              \
	X(TOO_MANY_CANDIDATES, "more fields, parameters or names of one kind than are looked at",  \
	        2)                                                                                 \
	X(BAD_PARAMETER, "a parameter that can't be read one way only", 1)                         \
	X(VIEWS_DIFFER, "our map and GMime see different parts", 2)

enum mime_anomaly_kind {
#define X(name, text, severity) MIME_ANOMALY_##name,
	MIME_ANOMALIES(X)
#undef X
	        MIME_ANOMALY_KINDS
};

const char *mime_anomaly_name(enum mime_anomaly_kind kind); /* "chunked-base64" */
const char *mime_anomaly_text(enum mime_anomaly_kind kind);
int mime_anomaly_severity(enum mime_anomaly_kind kind);

struct mime_anomaly {
	enum mime_anomaly_kind kind;
	size_t part;   /* index */
	size_t offset; /* in the message */
};

/* A header field: ranges over the message; folds, if any, are still in the value. */
struct mime_field {
	struct mime_range name;
	struct mime_range value; /* behind the colon, without the line's end */
};

/* Where a candidate name was found. */
enum mime_name_source {
	MIME_NAME_DISPOSITION, /* Content-Disposition: filename */
	MIME_NAME_TYPE,        /* Content-Type: name */
	MIME_NAME_DESCRIPTION,
	MIME_NAME_LOCATION,
	MIME_NAME_UUENCODE,
	MIME_NAME_VIEW, /* GMime's reading */
};

struct mime_name {
	enum mime_name_source source;
	char *text; /* decoded to UTF-8 as far as can be, NUL-free, not safe to print */
};

struct mime_part {
	size_t parent;            /* index; the root's is itself */
	size_t depth;             /* root 0 */
	char *path;               /* "1", "1.2", IMAP-like; the root "0"; the message inside the
	                             message/rfc822 "2" is "2.0" and its parts "2.1", …; synthetic
	                             parts are "1.s1", … */
	struct mime_range whole;  /* what a cut replaces: from behind the delimiter line to before
	                             the next one's line end */
	struct mime_range header; /* with the separating empty line */
	struct mime_range body;
	size_t first_field, field_count; /* into map->fields */
	char *type;         /* lower-case "type/subtype" that most clients would take; never NULL */
	char **other_types; /* further candidates; other_type_count of them */
	size_t other_type_count;
	char *charset;     /* "" if none */
	char *boundary;    /* "" unless a multipart that was split */
	char **boundaries; /* all that the header states, whether they occur or not */
	size_t boundary_count;
	enum mime_encoding encoding; /* that most clients would take */
	unsigned encodings;          /* bit set (1 << enum mime_encoding) of all candidates */
	struct mime_name *names;
	size_t name_count;
	int is_multipart;  /* it has children from its body by delimiters */
	int is_message;    /* message/rfc822 and the like: its child is the message inside */
	int is_attachment; /* Content-Disposition: attachment */
	int is_synthetic;  /* not a body part by the book, but what some client may open: content in
	                      a preamble or epilogue, behind a garbled delimiter, or inside text (a
	                      uuencoded file, a MIME message). It may lie inside a leaf, which keeps
	                      its whole body */
	int needs_decoding; /* a multipart or message under a transfer encoding, or text under one
	                       that holds files once it is decoded: decode the body and
	                       give it to mime_map_new_decoded() */
	uint64_t noted;     /* bit set (1 << enum mime_anomaly_kind) */
	size_t child_count, synthetic_count;
};

struct mime_limits {
	size_t max_parts;
	size_t max_depth;
	size_t max_fields; /* of one header */
	size_t max_field_bytes;
};

struct mime_map {
	const unsigned char *bytes; /* lent: must outlive the map */
	size_t size;
	struct mime_part *parts; /* in the order of their beginning; parts[0] is the message */
	size_t part_count;
	struct mime_field *fields;
	size_t field_count;
	struct mime_anomaly *anomalies;
	size_t anomaly_count;
	int truncated;
	size_t decodings; /* texts, one inside the other, that were decoded to come here */
	uint64_t noted;   /* of all parts together */
};

/* Always gives a map, of whatever bytes. Free with mime_map_free(). `limits` may be NULL for the
 * defaults (1,000 parts, depth 30, 1,000 fields, 64 KiB). */
struct mime_map *mime_map_new(const void *bytes, size_t size, const struct mime_limits *limits);
void mime_map_free(struct mime_map **map);

/* A map over the decoded body of a part that needs_decoding: its root stands for that part, with
 * its type and boundaries and no header of its own (a message inside is read like any message).
 * `bytes` are lent and must outlive the map; `outer` need not. Encoded text inside encoded text is
 * followed three times: a fourth one in there makes the map truncated, and is called too deep. How
 * many messages are decoded inside each other is the caller's to bound. */
struct mime_map *mime_map_new_decoded(const struct mime_map *outer, size_t part, const void *bytes,
        size_t size, const struct mime_limits *limits);

int mime_map_has(const struct mime_map *map, enum mime_anomaly_kind kind);
void mime_map_note(struct mime_map *map, enum mime_anomaly_kind kind, size_t part, size_t offset);

/* The n-th field of that name in a part's header, or NULL. */
const struct mime_field *mime_field(
        const struct mime_map *map, size_t part, const char *name, size_t nth);

#endif

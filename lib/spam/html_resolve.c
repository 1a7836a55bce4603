#include <ctype.h>
#include <string.h>

#include "lib/base/text.h"
#include "lib/spam/html.h"

/* The parts of an address (RFC 3986 section 3). bytes NULL: it has none. */
struct part {
	const char *bytes;
	size_t size;
};

struct address {
	struct part scheme, authority, path, query, fragment;
};

static struct part take(const char **at, const char *end, const char *stops)
{
	struct part part = {*at, 0};

	while (*at < end && !(**at && strchr(stops, **at)))
		++*at;
	part.size = (size_t)(*at - part.bytes);
	return part;
}

static void split(const char *bytes, size_t size, struct address *address)
{
	const char *at = bytes, *end = bytes + size;

	memset(address, 0, sizeof(*address));
	address->scheme = take(&at, end, ":/?#");
	if (at == end || *at != ':' || at == bytes) {
		address->scheme = (struct part){NULL, 0};
		at = bytes;
	} else {
		at++;
	}
	if (end - at >= 2 && at[0] == '/' && at[1] == '/') {
		at += 2;
		address->authority = take(&at, end, "/?#");
	}
	address->path = take(&at, end, "?#");
	if (at < end && *at == '?') {
		at++;
		address->query = take(&at, end, "#");
	}
	if (at < end)
		address->fragment = (struct part){at + 1, (size_t)(end - at - 1)};
}

/* Section 5.2.4. */
static void add_without_dots(const char *path, size_t size, struct buf *out)
{
	size_t start = out->size, at = 0, end;

	if (size >= 3 && memcmp(path, "../", 3) == 0)
		at = 2;
	else if (size >= 2 && memcmp(path, "./", 2) == 0)
		at = 1;
	while (at < size) {
		for (end = at + 1; end < size && path[end] != '/'; end++)
			;
		if (end - at == 2 && memcmp(path + at, "/.", 2) == 0) {
			if (end == size)
				buf_add_char(out, '/');
		} else if (end - at == 3 && memcmp(path + at, "/..", 3) == 0) {
			while (out->size > start && out->data[out->size - 1] != '/')
				out->size--;
			out->size -= out->size > start;
			if (end == size)
				buf_add_char(out, '/');
		} else {
			buf_add(out, path + at, end - at);
		}
		at = end;
	}
}

/* Section 5.2.3. */
static void add_merged(const struct address *base, struct part path, struct buf *out)
{
	struct buf merged = {0};
	const char *slash;

	if (base->authority.bytes && !base->path.size) {
		buf_add_char(&merged, '/');
	} else if (base->path.size) {
		slash = memrchr(base->path.bytes, '/', base->path.size);
		if (slash)
			buf_add(&merged, base->path.bytes, (size_t)(slash + 1 - base->path.bytes));
	}
	buf_add(&merged, path.bytes, path.size);
	add_without_dots(merged.data, merged.size, out);
	buf_fini(&merged);
}

static void add_front(struct part scheme, struct part authority, struct buf *out)
{
	if (scheme.size) {
		buf_add(out, scheme.bytes, scheme.size);
		buf_add_char(out, ':');
	} else if (authority.bytes &&
	           text_find(authority.bytes, authority.size < 5 ? authority.size : 5, "www")) {
		buf_add_string(out, "http:");
	} else if (authority.bytes &&
	           text_find(authority.bytes, authority.size < 5 ? authority.size : 5, "ftp")) {
		buf_add_string(out, "ftp:");
	}
	if (authority.bytes) {
		buf_add_string(out, "//");
		buf_add(out, authority.bytes, authority.size);
	}
}

static int same(struct part a, struct part b)
{
	return a.bytes && b.bytes && a.size == b.size && memcmp(a.bytes, b.bytes, a.size) == 0;
}

static void add_path(const struct address *url, const struct address *base, struct buf *out)
{
	if (!url->path.size && base->path.size)
		buf_add(out, base->path.bytes, base->path.size);
	else if (url->path.size && url->path.bytes[0] == '/')
		add_without_dots(url->path.bytes, url->path.size, out);
	else if (url->path.size)
		add_merged(base, url->path, out);
}

void html_resolve(
        const char *base_bytes, size_t base_size, const char *bytes, size_t size, struct buf *out)
{
	struct address url, base;
	struct part query;

	split(bytes, size, &url);
	split(base_bytes ? base_bytes : "", base_size, &base);
	/* "http:x" beside a page of http is relative, as browsers have it. */
	if (same(url.scheme, base.scheme))
		url.scheme = (struct part){NULL, 0};
	query = url.query;
	if (url.scheme.bytes || url.authority.bytes) {
		add_front(url.scheme.bytes ? url.scheme : base.scheme, url.authority, out);
		add_without_dots(url.path.bytes, url.path.size, out);
	} else {
		add_front(base.scheme, base.authority, out);
		add_path(&url, &base, out);
		if (!url.path.size && !query.bytes)
			query = base.query;
	}
	if (query.bytes) {
		buf_add_char(out, '?');
		buf_add(out, query.bytes, query.size);
	}
	if (url.fragment.bytes) {
		buf_add_char(out, '#');
		buf_add(out, url.fragment.bytes, url.fragment.size);
	}
}

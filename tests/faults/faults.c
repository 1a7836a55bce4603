/*
 * Libraries that break, for tests: loaded before the others into qscan (LD_PRELOAD), it stands in
 * front of one function of each library that scanners give mail to. Where the bytes hold
 * "LAZARET-FAULT:<kind>:<place>" the process crashes, spins, takes memory without end or forks;
 * anything else goes on as ever.
 *
 *   places  map (GMime), magic (libmagic), virus (libclamav), spam (PCRE2)
 *   kinds   crash, hang, memory, fork, exit
 */
#include <dlfcn.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char sign[] = "LAZARET-FAULT:";

static void *behind(const char *name)
{
	void *function = dlsym(RTLD_NEXT, name);

	if (!function)
		abort();
	return function;
}

static void crash(void)
{
	volatile int *volatile nowhere = NULL;

	*nowhere = 1;
}

static void hang(void)
{
	volatile unsigned spin = 1;

	while (spin)
		spin |= 1;
}

/* As a library that does not look at what malloc() gave. */
static void take_memory(void)
{
	size_t size = 1 << 20;

	for (;;)
		memset(malloc(size), 1, size);
}

static void fork_on(void)
{
	while (fork() >= 0)
		continue;
}

static void leave(void)
{
	_exit(0);
}

static void act(const char *at, size_t left, const char *place)
{
	static const struct {
		const char *kind;
		void (*act)(void);
	} table[] = {{"crash:", crash}, {"hang:", hang}, {"memory:", take_memory},
	        {"fork:", fork_on}, {"exit:", leave}};
	size_t i, kind, size = strlen(place);

	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		kind = strlen(table[i].kind);
		if (left >= kind + size && !memcmp(at, table[i].kind, kind) &&
		        !memcmp(at + kind, place, size))
			table[i].act();
	}
}

static void look(const void *bytes, size_t size, const char *place)
{
	const char *at = bytes, *end = at + size;
	const size_t length = sizeof(sign) - 1;

	while ((at = memmem(at, (size_t)(end - at), sign, length)) != NULL) {
		at += length;
		act(at, (size_t)(end - at), place);
	}
}

void *cl_fmap_open_memory(const void *bytes, size_t size);
void *cl_fmap_open_memory(const void *bytes, size_t size)
{
	static void *(*real)(const void *, size_t);

	if (!real)
		real = (void *(*)(const void *, size_t))behind("cl_fmap_open_memory");
	look(bytes, size, "virus");
	return real(bytes, size);
}

const char *magic_buffer(void *cookie, const void *bytes, size_t size);
const char *magic_buffer(void *cookie, const void *bytes, size_t size)
{
	static const char *(*real)(void *, const void *, size_t);

	if (!real)
		real = (const char *(*)(void *, const void *, size_t))behind("magic_buffer");
	look(bytes, size, "magic");
	return real(cookie, bytes, size);
}

void *g_mime_stream_mem_new_with_buffer(const char *bytes, size_t size);
void *g_mime_stream_mem_new_with_buffer(const char *bytes, size_t size)
{
	static void *(*real)(const char *, size_t);

	if (!real)
		real = (void *(*)(const char *, size_t))behind("g_mime_stream_mem_new_with_buffer");
	look(bytes, size, "map");
	return real(bytes, size);
}

typedef int matcher(const void *code, const uint8_t *subject, size_t length, size_t start,
        uint32_t options, void *data, void *context);

matcher pcre2_match_8, pcre2_jit_match_8;

int pcre2_match_8(const void *code, const uint8_t *subject, size_t length, size_t start,
        uint32_t options, void *data, void *context)
{
	static matcher *real;

	if (!real)
		real = (matcher *)behind("pcre2_match_8");
	look(subject, length, "spam");
	return real(code, subject, length, start, options, data, context);
}

int pcre2_jit_match_8(const void *code, const uint8_t *subject, size_t length, size_t start,
        uint32_t options, void *data, void *context)
{
	static matcher *real;

	if (!real)
		real = (matcher *)behind("pcre2_jit_match_8");
	look(subject, length, "spam");
	return real(code, subject, length, start, options, data, context);
}

#include "lib/unpack/address.h"

#include <string.h>

#include "lib/base/text.h"

enum { LETTERS_LEAST = 2 }; /* of a scheme: one is a drive */

static int is_letter(unsigned char c)
{
	return (c | 32) >= 'a' && (c | 32) <= 'z';
}

static int is_slash(unsigned char c)
{
	return c == '/' || c == '\\';
}

static size_t slashes(struct piece text)
{
	size_t count = 0;

	while (count < text.left && is_slash(text.at[count]))
		count++;
	return count;
}

/* The length of "http" in "http:", 0 without one. */
static size_t scheme_length(struct piece address)
{
	size_t at = 0;

	while (at < address.left &&
	        (is_letter(address.at[at]) || strchr("0123456789+-.", address.at[at])) &&
	        address.at[at])
		at++;
	return at >= LETTERS_LEAST && at < address.left && address.at[at] == ':' ? at : 0;
}

/* Behind "file:": two slashes and a server, or in front of it two that are written as a path is,
 * behind those that every such address has. */
static int is_far_file(struct piece rest)
{
	static const char here[] = "localhost";
	size_t count = slashes(rest);

	piece_take_run(&rest, count);
	if (count < 2 || count == 3 || rest.left < 2 || rest.at[1] == ':' || rest.at[1] == '|')
		return 0;
	return rest.left < strlen(here) ||
	       !text_same_bytes((const char *)rest.at, strlen(here), here);
}

int address_is_far(struct piece address)
{
	size_t length;

	while (address.left && *address.at <= ' ')
		piece_take_run(&address, 1);
	length = scheme_length(address);
	if (!length)
		return slashes(address) == 2 && address.left > 2;
	if (!text_same_bytes((const char *)address.at, length, "file"))
		return 1;
	piece_take_run(&address, length + 1);
	return is_far_file(address);
}

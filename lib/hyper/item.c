#include "lib/hyper/item.h"

#include <ctype.h>
#include <string.h>

/* An escape as we have put it: "\xHH", "\x{HH}" or of two characters. */
static size_t escape_size(const char *at)
{
	size_t size = 2;

	if (strncmp(at, "\\x{", 3) == 0)
		return strcspn(at, "}") + 1;
	while (at[1] == 'x' && size < 4 && isxdigit((unsigned char)at[size]))
		size++;
	return size;
}

size_t class_item_size(const char *at)
{
	size_t name =
	        at[0] == '[' && at[1] == ':' ? strspn(at + 2, "^abcdefghijklmnopqrstuvwxyz") : 0;

	if (name && strncmp(at + 2 + name, ":]", 2) == 0)
		return name + 4;
	return *at == '\\' && at[1] ? escape_size(at) : 1;
}

size_t atom_size(const char *at)
{
	size_t size = 0, depth = 0;
	int in_class = 0;

	do {
		if (!at[size])
			return 0;
		if (at[size] == '\\' && at[size + 1]) {
			size += escape_size(at + size) - 1;
		} else if (in_class && at[size] != ']') {
			size += class_item_size(at + size) - 1;
		} else if (in_class) {
			in_class = 0;
		} else if (at[size] == '[') {
			in_class = 1;
			size += at[size + 1] == '^';
			size += at[size + 1] == ']';
		} else if (at[size] == '(') {
			depth++;
		} else if (at[size] == ')' && depth) {
			depth--;
		}
		size++;
	} while (depth || in_class);
	return size;
}

size_t item_size(const char *at)
{
	size_t size = atom_size(at);

	if (!size)
		return 0;
	size += at[size] == '{' ? strcspn(at + size, "}") + 1 : strspn(at + size, "*+?");
	return strnlen(at, size) == size ? size + (at[size] == '?') : 0;
}

int item_may_be_absent(const char *repeat)
{
	return *repeat == '*' || *repeat == '?' || strncmp(repeat, "{0", 2) == 0;
}

size_t row_size(const char *at, size_t size)
{
	size_t used = 0, item;

	while (used < size && at[used] != '|') {
		item = item_size(at + used);
		if (!item)
			return size;
		used += item;
	}
	return used < size ? used : size;
}

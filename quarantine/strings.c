#include "quarantine/strings.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "protos/messages.h"

void strings_add(char ***list, size_t *count, const char *text)
{
	*list = alloc_grow(*list, *count + 1, sizeof(**list));
	(*list)[(*count)++] = alloc_string(text);
}

int strings_has(char *const *list, size_t count, const char *text)
{
	size_t at;

	for (at = 0; at < count; at++)
		if (!strcmp(list[at], text))
			return 1;
	return 0;
}

void strings_add_new(char ***list, size_t *count, const char *text)
{
	if (!strings_has(*list, *count, text))
		strings_add(list, count, text);
}

void strings_drop(char **list, size_t *count, const char *text)
{
	size_t from, to = 0;

	for (from = 0; from < *count; from++) {
		if (strcmp(list[from], text))
			list[to++] = list[from];
		else
			free(list[from]);
	}
	*count = to;
}

void strings_clear(char ***list, size_t *count)
{
	while (*count)
		free((*list)[--*count]);
	free(*list);
	*list = NULL;
}

void strings_set(char **field, const char *text)
{
	char *copy = alloc_string(text);

	if (*field != protobuf_c_empty_string)
		free(*field);
	*field = copy;
}

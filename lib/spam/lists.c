#include "lib/spam/lists.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/base/text.h"
#include "lib/spam/pattern.h"

struct value {
	char *text;
	const struct match *pattern; /* once it was asked for; owned by nobody */
};

struct list {
	char *name;
	struct value *values;
	size_t count, room;
	size_t *wild; /* places of values with a wildcard in them */
	size_t wild_count;
};

/* A value's place: which list (its index + 1; 0: free) and where in it. */
struct slot {
	size_t list, value;
};

struct lists {
	struct list *lists;
	size_t count;
	size_t *names; /* open addressing: index + 1 into `lists` */
	size_t name_count;
	struct slot *slots; /* open addressing */
	size_t slot_count;
	size_t size; /* values of all lists */
};

struct lists *lists_new(void)
{
	return alloc_zero(1, sizeof(struct lists));
}

static void empty_list(struct list *list)
{
	for (size_t i = 0; i < list->count; i++)
		free(list->values[i].text);
	free(list->values);
	free(list->wild);
	list->values = NULL;
	list->wild = NULL;
	list->count = list->room = list->wild_count = 0;
}

void lists_free(struct lists **pointer)
{
	struct lists *lists = *pointer;

	if (!lists)
		return;
	for (size_t i = 0; i < lists->count; i++) {
		empty_list(&lists->lists[i]);
		free(lists->lists[i].name);
	}
	free(lists->lists);
	free(lists->names);
	free(lists->slots);
	free(lists);
	*pointer = NULL;
}

static size_t hash_of(size_t list, const char *value)
{
	size_t hash = 5381 + list;

	for (; *value; value++) {
		unsigned char byte = (unsigned char)*value;

		hash = hash * 33 ^ (byte >= 'A' && byte <= 'Z' ? byte + 32u : byte);
	}
	return hash;
}

static size_t hash_of_name(const char *name)
{
	size_t hash = 5381;

	for (; *name; name++)
		hash = hash * 33 ^ (unsigned char)*name;
	return hash;
}

/* The name's own place, or the free one where the search for it ends. */
static size_t *find_name(const struct lists *lists, const char *name)
{
	size_t at = hash_of_name(name) & (lists->name_count - 1);

	while (lists->names[at] && strcmp(lists->lists[lists->names[at] - 1].name, name) != 0)
		at = (at + 1) & (lists->name_count - 1);
	return &lists->names[at];
}

/* Index + 1; 0 if there is none. */
static size_t find_list(const struct lists *lists, const char *name)
{
	return lists->name_count ? *find_name(lists, name) : 0;
}

/* At most half of the places are used. */
static void grow_names(struct lists *lists)
{
	free(lists->names);
	lists->name_count = lists->name_count ? 2 * lists->name_count : 64;
	lists->names = alloc_zero(lists->name_count, sizeof(*lists->names));
	for (size_t i = 0; i < lists->count; i++)
		*find_name(lists, lists->lists[i].name) = i + 1;
}

static size_t make_list(struct lists *lists, const char *name)
{
	size_t found = find_list(lists, name);

	if (found)
		return found;
	if (2 * (lists->count + 1) > lists->name_count)
		grow_names(lists);
	lists->lists = alloc_grow(lists->lists, lists->count + 1, sizeof(*lists->lists));
	lists->lists[lists->count] = (struct list){.name = alloc_string(name)};
	*find_name(lists, name) = lists->count + 1;
	return ++lists->count;
}

/* The value's own slot, or the free one where the search for it ends. */
static struct slot *find_slot(const struct lists *lists, size_t list, const char *value)
{
	size_t at = hash_of(list, value) & (lists->slot_count - 1);
	struct slot *slot;

	for (;; at = (at + 1) & (lists->slot_count - 1)) {
		slot = &lists->slots[at];
		if (!slot->list)
			return slot;
		if (slot->list == list &&
		        text_same(lists->lists[list - 1].values[slot->value].text, value))
			return slot;
	}
}

/* Every value gets its slot anew; at most half of them are used. */
static void fill_slots(struct lists *lists, size_t room)
{
	free(lists->slots);
	lists->slot_count = 256;
	while (lists->slot_count < 2 * room)
		lists->slot_count *= 2;
	lists->slots = alloc_zero(lists->slot_count, sizeof(*lists->slots));
	for (size_t i = 0; i < lists->count; i++) {
		for (size_t v = 0; v < lists->lists[i].count; v++)
			*find_slot(lists, i + 1, lists->lists[i].values[v].text) =
			        (struct slot){i + 1, v};
	}
}

static void note_wild(struct list *list, size_t value)
{
	if (!strpbrk(list->values[value].text, "*?["))
		return;
	if ((list->wild_count & (list->wild_count - 1)) == 0)
		list->wild = alloc_grow(list->wild, list->wild_count ? 2 * list->wild_count : 1,
		        sizeof(*list->wild));
	list->wild[list->wild_count++] = value;
}

void lists_add(struct lists *lists, const char *name, const char *value)
{
	size_t number = make_list(lists, name);
	struct list *list = &lists->lists[number - 1];
	struct slot *slot;

	if (2 * (lists->size + 1) >= lists->slot_count)
		fill_slots(lists, 2 * (lists->size + 1));
	slot = find_slot(lists, number, value);
	if (slot->list)
		return;
	if (list->count == list->room) {
		list->room = list->room ? 2 * list->room : 8;
		list->values = alloc_grow(list->values, list->room, sizeof(*list->values));
	}
	list->values[list->count] = (struct value){alloc_string(value), NULL};
	note_wild(list, list->count);
	*slot = (struct slot){number, list->count++};
	lists->size++;
}

void lists_remove(struct lists *lists, const char *name, const char *value)
{
	size_t number = find_list(lists, name), at;
	struct list *list;
	struct slot *slot;

	if (!number || !lists->slot_count)
		return;
	slot = find_slot(lists, number, value);
	if (!slot->list)
		return;
	list = &lists->lists[number - 1];
	at = slot->value;
	free(list->values[at].text);
	memmove(list->values + at, list->values + at + 1,
	        (--list->count - at) * sizeof(*list->values));
	lists->size--;
	/* Those behind it have moved. Removing is rare, so all are placed anew. */
	fill_slots(lists, lists->size);
	list->wild_count = 0;
	for (size_t i = 0; i < list->count; i++)
		note_wild(list, i);
}

void lists_clear(struct lists *lists, const char *name)
{
	size_t number = find_list(lists, name);

	if (!number)
		return;
	lists->size -= lists->lists[number - 1].count;
	empty_list(&lists->lists[number - 1]);
	fill_slots(lists, lists->size);
}

int lists_has(const struct lists *lists, const char *name, const char *value)
{
	size_t number = find_list(lists, name);

	return number && lists->slot_count && find_slot(lists, number, value)->list;
}

const char *lists_next_wild(
        const struct lists *lists, const char *name, const char *text, size_t *from)
{
	size_t number = find_list(lists, name), size = strlen(text);
	const struct list *list = number ? &lists->lists[number - 1] : NULL;

	while (list && *from < list->wild_count) {
		const char *value = list->values[list->wild[(*from)++]].text;

		if (text_glob(value, text, size))
			return value;
	}
	return NULL;
}

int lists_match(const struct lists *lists, const char *name, const char *text)
{
	size_t from = 0;

	return lists_has(lists, name, text) || lists_next_wild(lists, name, text, &from);
}

size_t lists_count(const struct lists *lists, const char *name)
{
	size_t number = find_list(lists, name);

	return number ? lists->lists[number - 1].count : 0;
}

const char *lists_at(const struct lists *lists, const char *name, size_t index)
{
	size_t number = find_list(lists, name);

	return number && index < lists->lists[number - 1].count
	               ? lists->lists[number - 1].values[index].text
	               : NULL;
}

const struct match *lists_pattern(const struct lists *lists, const char *name, size_t index)
{
	size_t number = find_list(lists, name);
	struct value *value;

	if (!number || index >= lists->lists[number - 1].count)
		return NULL;
	value = &lists->lists[number - 1].values[index];
	if (!value->pattern)
		value->pattern = pattern_of_rule(value->text);
	return value->pattern;
}

size_t lists_size(const struct lists *lists)
{
	return lists->size;
}

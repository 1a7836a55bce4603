#include "lib/config/config.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/base/file.h"
#include "lib/base/log.h"
#include "lib/config/check.h"
#include "lib/config/fill.h"
#include "lib/config/place.h"
#include "lib/config/table.h"
#include "lib/config/tree.h"

/* Lists of any length belong into map files. */
enum { FILE_MOST = 1 << 20 };

const char *action_name(enum action action)
{
	return action <= ACTION_DEFER ? table_actions[action].word : "?";
}

const char *trait_name(enum trait trait)
{
	return table_traits[trait].word;
}

const char *trait_text(enum trait trait)
{
	return table_traits[trait].prose;
}

/* Absolute where it can be told, as programs change their working folder. To be freed. */
static char *folder_of(const char *path)
{
	const char *slash = strrchr(path, '/');
	char *folder = slash ? alloc_bytes(path, (size_t)(slash - path) + 1) : alloc_string(".");
	char *real = realpath(folder, NULL);

	if (!real)
		return folder;
	free(folder);
	return real;
}

/* What follows from other keys and is no text. */
static void derive(struct config *config)
{
	if (!config->quarantine.reserve)
		config->quarantine.reserve = config->quarantine.map_size / 16;
}

enum result config_parse(
        const char *name, const char *text, size_t size, struct config **out, struct err *err)
{
	struct config *config;
	struct tree *tree;
	enum result result = tree_parse(name, text, size, &tree, err);
	char *folder;

	if (result)
		return result;
	folder = folder_of(name);
	config = alloc_zero(1, sizeof(*config));
	config->path = alloc_string(name);
	config->places = places_new();
	result = fill_config(config, tree, folder, err);
	if (!result) {
		derive(config);
		result = check_config(config, err);
	}
	tree_free(&tree);
	free(folder);
	if (result)
		config_free(&config);
	*out = config;
	return result;
}

enum result config_load(const char *path, struct config **out, struct err *err)
{
	struct buf text = {0};
	enum result result = file_read(path, FILE_MOST, &text, err);

	if (!result)
		result = config_parse(path, text.data, text.size, out, err);
	buf_fini(&text);
	return result;
}

void config_free(struct config **config)
{
	if (!*config)
		return;
	fill_fini(*config);
	places_free(&(*config)->places);
	free((*config)->path);
	free(*config);
	*config = NULL;
}

static void add_path(struct config_list *list, const char *path)
{
	if (!path[0])
		return;
	list->items = alloc_grow(list->items, list->count + 1, sizeof(*list->items));
	list->items[list->count++] = alloc_string(path);
}

/* A folder, and the files in it: one that is written in place changes no folder's time. */
static void add_folder(struct config_list *list, const char *path)
{
	DIR *folder = opendir(path);
	struct dirent *entry;
	char *file;

	add_path(list, path);
	while (folder && (entry = readdir(folder)) != NULL) {
		if (entry->d_name[0] == '.')
			continue;
		file = alloc_format("%s/%s", path, entry->d_name);
		add_path(list, file);
		free(file);
	}
	if (folder)
		closedir(folder);
}

char *config_rules_database(const struct config *config)
{
	return alloc_format("%s/rules.hyper", config->site.state_dir);
}

static void add_rules(struct config_list *list, const struct config *config)
{
	char *database = config_rules_database(config);
	size_t i;

	for (i = 0; i < config->spam.rules.count; i++)
		add_folder(list, config->spam.rules.items[i]);
	add_path(list, database);
	free(database);
}

void config_watched(const struct config *config, struct config_list *out)
{
	size_t i;

	*out = (struct config_list){0};
	for (i = 0; i < config->access.count; i++) {
		add_path(out, config->access.rules[i].senders_file);
		add_path(out, config->access.rules[i].networks_file);
		add_path(out, config->access.rules[i].recipients_file);
	}
	for (i = 0; i < config->subject.count; i++)
		add_path(out, config->subject.rules[i].patterns_file);
	if (config->spam.enabled)
		add_rules(out, config);
	if (config->virus.enabled)
		add_folder(out, config->virus.database);
}

void config_list_free(struct config_list *list)
{
	size_t i;

	for (i = 0; i < list->count; i++)
		free(list->items[i]);
	free(list->items);
	*list = (struct config_list){0};
}

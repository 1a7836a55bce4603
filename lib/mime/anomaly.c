#include "lib/mime/map.h"

#include <assert.h>

#include "lib/base/alloc.h"

/* Names are the enum's in lower case with dashes; made by the table, so none can be forgotten. */
static const struct {
	const char *name;
	const char *text;
	int severity;
} anomalies[] = {
#define X(name, text, severity) {#name, text, severity},
        MIME_ANOMALIES(X)
#undef X
};

const char *mime_anomaly_name(enum mime_anomaly_kind kind)
{
	static char names[MIME_ANOMALY_KINDS][32];
	size_t at;
	char c;

	assert(kind < MIME_ANOMALY_KINDS);
	for (at = 0; (c = anomalies[kind].name[at]); at++) {
		assert(at + 1 < sizeof names[kind]);
		names[kind][at] = (char)(c == '_' ? '-' : c >= 'A' ? c + 32 : c);
	}
	return names[kind];
}

const char *mime_anomaly_text(enum mime_anomaly_kind kind)
{
	assert(kind < MIME_ANOMALY_KINDS);
	return anomalies[kind].text;
}

int mime_anomaly_severity(enum mime_anomaly_kind kind)
{
	assert(kind < MIME_ANOMALY_KINDS);
	return anomalies[kind].severity;
}

int mime_map_has(const struct mime_map *map, enum mime_anomaly_kind kind)
{
	return (map->noted >> kind) & 1;
}

void mime_map_note(struct mime_map *map, enum mime_anomaly_kind kind, size_t part, size_t offset)
{
	uint64_t bit = (uint64_t)1 << kind;

	_Static_assert(MIME_ANOMALY_KINDS <= 64, "one bit each");
	assert(part < map->part_count);
	if (map->parts[part].noted & bit)
		return;
	map->parts[part].noted |= bit;
	map->noted |= bit;
	map->anomalies = alloc_grow(map->anomalies, map->anomaly_count + 1, sizeof *map->anomalies);
	map->anomalies[map->anomaly_count++] = (struct mime_anomaly){kind, part, offset};
}

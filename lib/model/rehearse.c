#include "lib/model/rehearse.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"

/* Who knew the lot could do nothing with it: what is kept is learned anyway. */
static size_t draw(struct rehearsal *rehearsal, uint64_t below)
{
	rehearsal->lot = rehearsal->lot * 6364136223846793005U + 1442695040888963407U;
	return (size_t)((rehearsal->lot >> 33) % below);
}

static void fill(struct rehearse_kept *kept, const struct model_features *features,
        const uint8_t digest[REHEARSE_DIGEST])
{
	free(kept->features.list);
	kept->features = *features;
	kept->features.list = alloc(features->count * sizeof(*features->list) + 1);
	memcpy(kept->features.list, features->list, features->count * sizeof(*features->list));
	memcpy(kept->digest, digest, REHEARSE_DIGEST);
}

int rehearse_put(struct rehearsal *rehearsal, int is_spam, const struct model_features *features,
        const uint8_t digest[REHEARSE_DIGEST])
{
	int kind = is_spam != 0;

	if (rehearsal->count[kind] == REHEARSE_KEPT)
		return 0;
	fill(&rehearsal->kept[kind][rehearsal->count[kind]++], features, digest);
	return 1;
}

/* The n-th of its kind is kept with the probability that the others have by then. */
static long keep(struct rehearsal *rehearsal, const struct model_facts *facts,
        const struct model_features *features, int kind, const uint8_t digest[REHEARSE_DIGEST])
{
	uint64_t met = kind ? facts->spam : facts->ham;
	size_t slot;

	if (rehearse_put(rehearsal, kind, features, digest))
		return (long)rehearsal->count[kind] - 1;
	slot = draw(rehearsal, met > REHEARSE_KEPT ? met : REHEARSE_KEPT);
	if (slot >= REHEARSE_KEPT)
		return -1;
	fill(&rehearsal->kept[kind][slot], features, digest);
	return (long)slot;
}

struct rehearsed rehearse_learn(struct rehearsal *rehearsal, struct model *model,
        const struct model_features *features, int is_spam, const uint8_t digest[REHEARSE_DIGEST])
{
	int kind = is_spam != 0, other = !kind;
	struct rehearsed out = {.again = -1};

	out.steps = model_learn(model, features, kind);
	if (rehearsal->last == kind + 1 && rehearsal->count[other]) {
		out.again = (long)draw(rehearsal, rehearsal->count[other]);
		out.again_steps =
		        model_rehearse(model, &rehearsal->kept[other][out.again].features, other);
	}
	rehearsal->last = kind + 1;
	out.slot = keep(rehearsal, &model->facts, features, kind, digest);
	return out;
}

long rehearse_drop(struct rehearsal *rehearsal, int is_spam, const uint8_t digest[REHEARSE_DIGEST])
{
	int kind = is_spam != 0;
	struct rehearse_kept *kept = rehearsal->kept[kind], *last;
	size_t at;

	for (at = 0; at < rehearsal->count[kind]; at++)
		if (!memcmp(kept[at].digest, digest, REHEARSE_DIGEST))
			break;
	if (at == rehearsal->count[kind])
		return -1;
	last = &kept[--rehearsal->count[kind]];
	free(kept[at].features.list);
	kept[at] = *last;
	*last = (struct rehearse_kept){{0}, {NULL, 0, 0}};
	return (long)at;
}

void rehearse_fini(struct rehearsal *rehearsal)
{
	size_t kind, at;

	for (kind = 0; kind < 2; kind++)
		for (at = 0; at < rehearsal->count[kind]; at++)
			free(rehearsal->kept[kind][at].features.list);
	memset(rehearsal, 0, sizeof(*rehearsal));
}

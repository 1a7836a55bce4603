/*
 * What is learned of mail: a weight for each of 2^20 hashed features, how often words were seen in
 * spam and in ham, and a few numbers for the whole. Plain memory: who keeps it on disk, and who
 * makes features of a message, is elsewhere.
 *
 * The logit of a message (0: as likely spam as ham, positive: spam) is the sum of logistic
 * regressions, trained on every message once, and of a chi-square test over the counts of words,
 * which knows something sooner; its share fades as more is learned. The sum is then calibrated by
 * what it said of messages before these were learned.
 *
 * A model may come from a file or from another host, so whatever is in it is taken for numbers of
 * any value: an answer is always finite and within MODEL_LOGIT_MAX.
 */
#ifndef LIB_MODEL_MODEL_H
#define LIB_MODEL_MODEL_H

#include <stddef.h>
#include <stdint.h>

enum {
	MODEL_BITS = 20,
	MODEL_RECORDS = 1 << MODEL_BITS,
	MODEL_CHUNK = 248, /* records that are kept and sent as one */
	MODEL_CHUNKS = (MODEL_RECORDS + MODEL_CHUNK - 1) / MODEL_CHUNK,
	MODEL_FEATURES_MAX = 1 << 15, /* of one message */
	MODEL_FEATURES_VERSION = 2,   /* how they are made; others can't be compared */
	MODEL_LOGIT_MAX = 30,
	MODEL_SAID = 400, /* messages of either kind that the calibration is made of */
};

struct model_record {
	float weight;
	uint16_t spam, ham; /* messages with this word */
};

/* The numbers for the whole. */
struct model_facts {
	uint64_t generation; /* one more with each change */
	uint64_t epoch;      /* random; another after a reset, an import or a start */
	uint64_t seed;       /* of the features' hashes */
	uint64_t spam, ham;  /* messages learned */
	double slope, shift; /* of the calibration: slope * raw + shift */
	double weight, toll; /* points for each calibrated logit, and points on top of them */
	int64_t changed_ms;  /* wall clock; 0: nothing was learned ever */
	/* What was said of the last messages of ham and of spam before they were learned, the
	 * oldest overwritten: thousandths of a logit. */
	int16_t said[2][MODEL_SAID];
	uint64_t said_count[2]; /* ever */
};

struct model {
	struct model_facts facts;
	struct model_record *records; /* MODEL_RECORDS of them */
};

/* What is seen in different places of a mail is learned apart, a regression for each, and put
 * together at the end: where one group alone tells kinds apart, the others learn all the same. */
enum model_group { MODEL_HEADER, MODEL_TEXT, MODEL_HEADER_RUNS, MODEL_TEXT_RUNS, MODEL_GROUPS };

/* A feature is the index of a record, and its group in the bits above. */
static inline uint32_t model_feature(uint32_t index, uint32_t group)
{
	return index | group << MODEL_BITS;
}
static inline uint32_t model_index(uint32_t feature)
{
	return feature & (MODEL_RECORDS - 1);
}
static inline uint32_t model_group_of(uint32_t feature)
{
	return feature >> MODEL_BITS;
}

/* No record twice. The first `words` are words, which are counted. */
struct model_features {
	uint32_t *list;
	size_t count, words;
};

/* How far each group's sum was moved by one lesson. */
struct model_steps {
	float of[MODEL_GROUPS];
};

/* An empty model with these random numbers. */
void model_init(struct model *model, uint64_t epoch, uint64_t seed);
void model_fini(struct model *model);

/* What the regressions and the counts say, before it is calibrated. */
double model_raw(const struct model *model, const struct model_features *features);
double model_logit(const struct model *model, const struct model_features *features);
double model_probability(double logit);

/* Learns it; gives the steps that were taken, which model_unlearn() takes back. */
struct model_steps model_learn(
        struct model *model, const struct model_features *features, int is_spam);
/* Learns it again: it was counted before. */
struct model_steps model_rehearse(
        struct model *model, const struct model_features *features, int is_spam);
void model_unlearn(struct model *model, const struct model_features *features, int is_spam,
        const struct model_steps *steps);

/* Are indexes and groups in range, the counts in bounds? For what came from outside. */
int model_features_are_sane(const struct model_features *features);

#endif

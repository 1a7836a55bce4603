/*
 * The words that keys know, where they know only some; what they mean is in lazaret.yaml(5). Those
 * of actions and traits are declared in table.h. Internal to lib/config.
 */
#ifndef LIB_CONFIG_CHOICES_H
#define LIB_CONFIG_CHOICES_H

#include "lib/config/table.h"

extern const struct choice choice_log_levels[], choice_log_targets[], choice_sandbox_words[],
        choice_pattern_matches[], choice_whole_words[], choice_heuristics[], choice_inside_words[],
        choice_directions[], choice_item_reasons[], choice_operator_actions[], choice_over_quota[],
        choice_every_words[], choice_allow_words[], choice_score_sets[], choice_bayes[],
        choice_teach_words[], choice_then_words[];

#endif

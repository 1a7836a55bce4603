#include "lib/config/choices.h"

#include "lib/base/log.h"
#include "lib/config/config.h"

const struct choice table_actions[] = {
        {"none", ACTION_NONE, "note it and go on"},
        {"allow", ACTION_ALLOW, "let it pass this check; the virus scan is never switched off"},
        {"tag", ACTION_TAG, "deliver, with header fields that say so"},
        {"cut", ACTION_CUT, "take the part out, keep it, leave a text in its place"},
        {"redirect", ACTION_REDIRECT, "deliver to policy.redirect_to instead"},
        {"quarantine", ACTION_QUARANTINE, "hold the whole message"},
        {"discard", ACTION_DISCARD, "hold a copy, tell the MTA all is well, tell nobody"},
        {"reject", ACTION_REJECT, "refuse it with a code and a text"},
        {"defer", ACTION_DEFER, "ask the MTA to try again later"},
        {NULL, 0, NULL},
};

const struct choice choice_log_levels[] = {
        {"debug", LOG_LEVEL_DEBUG, "each step of each message"},
        {"info", LOG_LEVEL_INFO, "what became of each message"},
        {"warning", LOG_LEVEL_WARNING, "what somebody should look at"},
        {"error", LOG_LEVEL_ERROR, "what somebody must look at"},
        {NULL, 0, NULL},
};

const struct choice choice_log_targets[] = {
        {"stderr", LOG_TO_STDERR, "standard error, for a service manager to collect"},
        {"syslog", LOG_TO_SYSLOG, "syslog, facility mail"},
        {NULL, 0, NULL},
};

const struct choice choice_sandbox_words[] = {
        {"required", SANDBOX_REQUIRED, "scanners do not start without a seccomp filter"},
        {"best_effort", SANDBOX_BEST_EFFORT, "they start with what the kernel gives them"},
        {NULL, 0, NULL},
};

const struct choice choice_score_sets[] = {
        {"auto", SCORE_SET_AUTO,
                "2 with spam.model.bayes: points, for mail of which the model says something; else "
                "0"},
        {"0", SCORE_SET_0, "for rules that ask nobody"},
        {"1", SCORE_SET_1, "for rules that may ask the network"},
        {"2", SCORE_SET_2, "for rules beside a model that has learnt"},
        {"3", SCORE_SET_3, "for both"},
        {NULL, 0, NULL},
};

const struct choice choice_bayes[] = {
        {"off", BAYES_OFF, "they are not run; the model adds its points"},
        {"names", BAYES_NAMES,
                "they hit, and other rules see them, without points; the model adds its points"},
        {"points", BAYES_POINTS, "they add the points of their score lines; the model adds none"},
        {NULL, 0, NULL},
};

const struct choice choice_pattern_matches[] = {
        {"exact", MATCH_EXACT, "the whole text"},
        {"prefix", MATCH_PREFIX, "the text begins so"},
        {"glob", MATCH_GLOB, "the whole text, with *, ? and [a-z]"},
        {"regex", MATCH_REGEX, "a Perl-like expression, found anywhere"},
        {NULL, 0, NULL},
};

const struct choice choice_whole_words[] = {
        {"needed", WHOLE_NEEDED,
                "unless its form, a second parser and the signatures leave nothing to be seen in "
                "it beyond its parts"},
        {"always", WHOLE_ALWAYS, "each message, which about doubles the cost of a text"},
        {NULL, 0, NULL},
};

const struct choice choice_heuristics[] = {
        {"phishing", 0,
                "links that show one of the watched domains and lead elsewhere (.pdb and .wdb in "
                "the database)"},
        {"cloaked", 0, "links whose place is hidden by encoding"},
        {"ssl_mismatch", 0, "links that show https: and lead to http:"},
        {"macros", 0, "every macro; attachments.rules with traits: [macro] tell more"},
        {"broken", 0, "damaged programs"},
        {"broken_media", 0, "damaged pictures"},
        {NULL, 0, NULL},
};

const struct choice choice_inside_words[] = {
        {"also", INSIDE_ALSO, "in the mail and in containers"},
        {"never", INSIDE_NEVER, "not in containers"},
        {"only", INSIDE_ONLY, "in containers and nowhere else"},
        {NULL, 0, NULL},
};

const struct choice choice_directions[] = {
        {"any", DIRECTION_ANY, "whoever sends it"},
        {"in", DIRECTION_IN, "from outsiders"},
        {"out", DIRECTION_OUT, "from those who are authenticated or in site.networks"},
        {NULL, 0, NULL},
};

const struct choice table_traits[] = {
        {"encrypted", TRAIT_ENCRYPTED,
                "needs a password, in whole or for some member; S/MIME and OpenPGP, too"},
        {"macro", TRAIT_MACRO, "an office document with macros: VBA, Excel 4 or Basic"},
        {"script", TRAIT_SCRIPT,
                "runs something when it is shown: JavaScript or a program to start in a PDF, a "
                "script in a picture"},
        {"smuggled", TRAIT_SMUGGLED,
                "HTML with a script that puts a file together and offers to save it"},
        {"embedded", TRAIT_EMBEDDED, "a document with another file in it"},
        {"external", TRAIT_EXTERNAL,
                "fetches a template or an object from elsewhere when it is opened"},
        {"disguised", TRAIT_DISGUISED,
                "a program, or macros, under the name of something that runs nothing"},
        {"mismatch", TRAIT_MISMATCH, "its content is of another kind than its name says"},
        {"ambiguous", TRAIT_AMBIGUOUS, "two honest programs would see different contents"},
        {"broken", TRAIT_BROKEN, "a container that is damaged, or of a kind that can't be read"},
        {NULL, 0, NULL},
};

const struct choice choice_over_quota[] = {
        {"oldest", OVER_QUOTA_OLDEST,
                "what is oldest in the lowest class goes to make room: first spam, report; then "
                "subject, "
                "access, size; then heuristic, attachment, pua; then unscanned, undeliverable; "
                "virus last"},
        {"refuse", OVER_QUOTA_REFUSE, "mail that would have to be kept is deferred"},
        {NULL, 0, NULL},
};

const struct choice choice_item_reasons[] = {
        {"virus", 0, NULL},
        {"pua", 0, NULL},
        {"heuristic", 0, NULL},
        {"attachment", 0, NULL},
        {"subject", 0, NULL},
        {"spam", 0, NULL},
        {"access", 0, NULL},
        {"size", 0, NULL},
        {"unscanned", 0, NULL},
        {"undeliverable", 0, NULL},
        {"report", 0, NULL},
        {NULL, 0, NULL},
};

const struct choice choice_operator_actions[] = {
        {"list", 0, "see which items there are, and what goes out for them"},
        {"show", 0, "see all that is known of one"},
        {"export", 0, "read what was kept of one: the mail itself"},
        {"release", 0, "have one delivered"},
        {"delete", 0, "delete one"},
        {"hold", 0, "put one under legal hold, and lift that"},
        {"learn", 0, "teach the statistical model, which is one for all domains"},
        {"report", 0, "teach it what users report: with qctl learn --report alone"},
        {"stats", 0, "see the counts, which are of all domains"},
        {"audit", 0, "read the audit, which is of all domains: only without domains"},
        {"all", 0, "whatever an administrator may"},
        {NULL, 0, NULL},
};

const struct choice choice_every_words[] = {
        {"daily", EVERY_DAY, "each day"},
        {"weekly", EVERY_WEEK, "each Monday"},
        {NULL, 0, NULL},
};

const struct choice choice_allow_words[] = {
        {"never", ALLOW_NEVER, "nothing is released, and they are told so"},
        {"ask", ALLOW_ASK, "the administrator is told, and releases it or not"},
        {"release", ALLOW_RELEASE, "it is released to who asks"},
        {NULL, 0, NULL},
};

const struct choice choice_teach_words[] = {
        {"learn", TEACH_LEARN, "what is attached is learned at once"},
        {"never", TEACH_NEVER, "it is mail like any other: for those whom a later rule would let"},
        {NULL, 0, NULL},
};

const struct choice choice_then_words[] = {
        {"deliver", THEN_DELIVER, "it is delivered, so that somebody reads it"},
        {"discard", THEN_DISCARD,
                "the quarantine has it, under the reason report, and nobody gets it; but what "
                "has no message attached is delivered"},
        {NULL, 0, NULL},
};

/*
 * The table of commands. The man page and the completion name every row; a test looks.
 */
#include "qctl/qctl.h"

const struct argument_option common_options[] = {
        {"c", "FILE", "the configuration (" LAZARET_SYSCONFDIR "/lazaret/lazaret.yaml)"},
        {"config", "FILE", NULL},
        {"json", NULL, "one JSON object a line"},
        {"help", NULL, "shows this"},
        {0},
};

const struct argument_option selecting_options[] = {
        {"sender", "ADDRESS", "reverse-path: an address, @domain, .domain, a glob, or <>"},
        {"recipient", "ADDRESS", "a blocked recipient: likewise"},
        {"domain", "DOMAIN", "of the sender or of a recipient; .domain: and below it"},
        {"subject", "WORDS", "all of them in the subject"},
        {"reason", "WORD",
                "virus, pua, heuristic, attachment, subject, spam, access, size, unscanned, "
                "undeliverable"},
        {"virus", "NAME", "a virus that was found, or a glob"},
        {"file", "NAME", "all of its words in the name of one part"},
        {"hash", "HEX", "SHA-256 of a part's content"},
        {"text", "TEXT", "anywhere in the subject or the name of a part; slow"},
        {"larger-than", "SIZE", "the message, as 800k or 25M"},
        {"smaller-than", "SIZE", "likewise"},
        {"score", "N", "at least so many points"},
        {"since", "TIME", "stored at or after: 2h (ago), 3d, yesterday, 2026-11-22"},
        {"until", "TIME", "stored before"},
        {"state", "STATE", "pending, held, released or unconfirmed; may be repeated"},
        {0},
};

static const struct argument_option list_options[] = {
        {"limit", "N", "at most so many, newest first (50; 0: all)"},
        {"after", "CURSOR", "goes on where a former list stopped"},
        {0},
};

static const struct argument_option rescan_options[] = {
        {"all", NULL, "also what was kept with the signatures of now"},
        {"limit", "N", "at most so many, newest first (all)"},
        {0},
};

static const struct argument_option no_options[] = {{0}};

static const struct argument_option export_options[] = {
        {"part", "N", "of one item: the n-th part that was cut, as it stood in the message"},
        {"mbox", NULL, "one behind the other to standard output, \"From \" quoted (mboxrd)"},
        {"eml", "DIR", "each into DIR/ID.eml"},
        {"limit", "N", "at most so many, newest first (all)"},
        {0},
};

static const struct argument_option release_options[] = {
        {"to", "ADDRESS", "instead of to the blocked recipients; may be repeated"},
        {"again", NULL, "though it was released before"},
        {"by", "NAME", "who asks (your account)"},
        {"why", "TEXT", "the reason, kept with the release"},
        {"wait", NULL, "until it is delivered or has failed"},
        {"timeout", "TIME", "of --wait (60s)"},
        {0},
};

static const struct argument_option delete_options[] = {
        {"by", "NAME", "who asks (your account)"},
        {"why", "TEXT", "the reason"},
        {0},
};

static const struct argument_option notices_options[] = {
        {"state", "STATE", "waiting, due, leased, done or dead; may be repeated"},
        {"limit", "N", "at most so many, of the newest items first (50; 0: all)"},
        {0},
};

static const struct argument_option stats_options[] = {
        {"days", "N", "of the last N days (7)"},
        {0},
};

static const struct argument_option reload_options[] = {
        {"wait", "TIME", "at most so long for the new scanners (120s)"},
        {0},
};

static const struct argument_option explain_options[] = {
        {"from", "ADDRESS", "reverse-path (none: the null reverse-path)"},
        {"to", "ADDRESS", "a recipient; may be repeated"},
        {"client", "IP", "the address it came from"},
        {"helo", "NAME", "what that called itself"},
        {0},
};

static const struct argument_option model_options[] = {
        {"by", "NAME", "who asks (your account)"},
        {0},
};

static const struct argument_option check_options[] = {
        {"offline", NULL, "only the configuration and this host's folders, no programs"},
        {0},
};

const struct command commands[] = {
        {"list", "", 0, 0, "shows what is in the quarantine, newest first", "", list_options,
                command_list, selecting_options},
        {"show", "ID…", 1, 1000, "shows all that is known of an item",
                "An id may be shortened to four or more characters while it is unambiguous.\n",
                no_options, command_show},
        {"export", "[ID…]", 0, 1000, "writes the original bytes of one item, or of many",
                "One id alone: to standard output, the whole message where it was kept. Several, "
                "or what the options\nchoose: with --mbox, --eml or --json (what is known of "
                "them, one object a line). Handle with care: it\nwas held for a reason.\n",
                export_options, command_export, selecting_options},
        {"release", "ID…", 1, 1000, "delivers an item's original message",
                "Exactly once for each set of recipients; asked for again, it says so and does "
                "nothing.\n",
                release_options, command_release},
        {"rescan", "[ID…]", 0, 1000, "looks again at what is kept, with the signatures of now",
                "Tells of each item in which a virus or the reason has changed; alters nothing.\n"
                "Exits with 1 if there is such a change, 2 if an item could not be looked at.\n",
                rescan_options, command_rescan, selecting_options},
        {"delete", "ID…", 1, 1000, "removes items for ever", "", delete_options, command_delete},
        {"notices", "[render ID]", 0, 2, "lists notices and releases, or shows a notice as mail",
                "render writes what would be sent, with the templates of now; nothing is sent.\n",
                notices_options, command_notices},
        {"stats", "", 0, 0, "counts: what there is, what happened on each day, the brokers", "",
                stats_options, command_stats},
        {"reload", "", 0, 0, "has every worker read signatures, rules and lists again",
                "New scanners are started beside the old ones and take over when they are ready. "
                "What is broken is\nrefused with its error, and the old ones stay.\n",
                reload_options, command_reload},
        {"explain", "FILE", 1, 1, "scans a mail in a file and tells what would become of it",
                "Nothing is stored or sent.\n", explain_options, command_explain},
        {"learn", "spam|ham|forget FILE…", 2, 1000000, "trains the statistical model with mails",
                "A FILE is a mail, an mbox, or a folder of such files. The same mail again is no "
                "other lesson; as the\nother kind it corrects the first; forget takes it back. "
                "Nothing of a mail is kept but hashes.\nExits with 1 if a mail could not be "
                "read.\n",
                no_options, command_learn},
        {"model", "show|fit SPAM HAM|export FILE|import FILE|reset", 1, 3,
                "shows, weighs, copies or empties the statistical model",
                "fit reads mails, as learn does, and finds how many points the model's word is "
                "worth beside the rules.\nAn import or a reset takes the place of what was "
                "learned, and forgets which mails "
                "those were.\n",
                model_options, command_model},
        {"verify", "[FOLDER]", 0, 1, "looks through the whole quarantine, or a backup of it",
                "Every record, part and index against its hash, while it is in use. Only on its "
                "host.\n",
                no_options, command_verify},
        {"backup", "FOLDER", 1, 1, "copies the quarantine of one moment, while it is in use",
                "Into a folder that is empty or not there, and looks through the copy. Only on its "
                "host.\n",
                no_options, command_backup},
        {"restore", "FOLDER", 1, 1, "puts a backup in the quarantine's place",
                "While qstore does not run. What was there is kept beside it.\n", no_options,
                command_restore},
        {"check", "", 0, 0, "checks the configuration, folders, accounts and programs", "",
                check_options, command_check},
        {"keys", "new FILE", 2, 2, "makes a CURVE key pair for tcp:// endpoints",
                "Writes FILE (secret, mode 0600) and FILE.pub, a line for the other hosts' "
                "allowed_keys.\n",
                no_options, command_keys},
        {0},
};

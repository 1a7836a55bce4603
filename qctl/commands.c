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
                "undeliverable, request, report"},
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
        {"on-hold", NULL, "under legal hold"},
        {"requested", NULL, "a recipient asks for its release"},
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

static const struct argument_option preview_options[] = {
        {"part", "N", "the n-th part that was cut"},
        {"lines", "N", "of text at most (100; 0: 10000)"},
        {0},
};

static const struct argument_option export_options[] = {
        {"part", "N", "of one item: the n-th part that was cut, as it stood in the message"},
        {"mbox", NULL, "one behind the other to standard output, \"From \" quoted (mboxrd)"},
        {"eml", "DIR", "each into DIR/ID.eml"},
        {"limit", "N", "at most so many, newest first (all)"},
        {"why", "TEXT", "why it is read, for the audit"},
        {0},
};

static const struct argument_option release_options[] = {
        {"to", "ADDRESS", "instead of to the blocked recipients; may be repeated"},
        {"part", "N", "the n-th part that was cut alone, in a mail of its own"},
        {"file", "PATH", "with --part: into this file instead; else it chooses, as below"},
        {"zip-password", "FILE", "packs the part with the password in it; -: as it is typed"},
        {"again", NULL, "though it was released before"},
        {"learn", NULL, "the statistical model learns each as ham"},
        {"dry-run", NULL, "only tells what would be done, and what the fresh scan says"},
        {"suggest", NULL, "releases nothing: prints the rule that would have let it through"},
        {"yes", "N", "so many items are meant: nobody is asked"},
        {"force", NULL, "though the fresh scan finds a virus or can't look; needs a reason"},
        {"reason", "TEXT", "why, kept with the release; or, to choose, as below"},
        {"why", "TEXT", "the same"},
        {"by", "NAME", "who asks (your account)"},
        {"limit", "N", "at most so many, newest first (all)"},
        {"wait", NULL, "until it is delivered or has failed"},
        {"timeout", "TIME", "of --wait (60s)"},
        {0},
};

static const struct argument_option delete_options[] = {
        {"by", "NAME", "who asks (your account)"},
        {"why", "TEXT", "the reason"},
        {0},
};

static const struct argument_option hold_options[] = {
        {"by", "NAME", "who asks (your account)"},
        {"why", "TEXT", "the reason, kept with the item; needed"},
        {"limit", "N", "at most so many, newest first (all)"},
        {0},
};

static const struct argument_option erase_options[] = {
        {"person", "ADDRESS", "whom"},
        {"why", "TEXT", "the reason, kept on record; needed, and without the address"},
        {"by", "NAME", "who asks (your account)"},
        {"dry-run", NULL, "only tells what would be done"},
        {"list", NULL, "what is on record, newest first; with --person, of this one"},
        {0},
};

static const struct argument_option notices_options[] = {
        {"state", "STATE", "waiting, due, leased, done, dead or gathered; may be repeated"},
        {"limit", "N", "at most so many, of the newest items first (50; 0: all)"},
        {"all", NULL, "retry, drop: all that are dead"},
        {"by", "NAME", "retry, drop: who asks (your account)"},
        {0},
};

static const struct argument_option stats_options[] = {
        {"days", "N", "of the last N days (7)"},
        {"quotas", NULL, "instead: what domains and recipients have of their quotas"},
        {0},
};

static const struct argument_option reload_options[] = {
        {"wait", "TIME", "at most so long for the new scanners (120s)"},
        {0},
};

static const struct argument_option audit_options[] = {
        {"item", "ID", "of this item, or of those whose id begins so"},
        {"who", "WHO", "by whom: a part of it, as uid=1000 or a key's name"},
        {"action", "WORD",
                "store, view, export, release, ask, pass, amend, learn, delete, hold, erase, "
                "displace, "
                "expire, carry, delivered, gave-up, refused, policy, backup, restore, trim"},
        {"since", "TIME", "at or after: 2h (ago), 3d, yesterday, 2026-11-22"},
        {"until", "TIME", "before"},
        {"limit", "N", "at most so many, newest first (50; 0: all)"},
        {"after", "N", "goes on where a former list stopped"},
        {"head", "FILE", "of verify: heads that were kept elsewhere"},
        {0},
};

static const struct argument_option show_options[] = {
        {"why", "TEXT", "why it is looked at, for the audit"},
        {0},
};

static const struct argument_option explain_options[] = {
        {"from", "ADDRESS", "reverse-path (none: the null reverse-path)"},
        {"to", "ADDRESS", "a recipient; may be repeated"},
        {"client", "IP", "the address it came from"},
        {"helo", "NAME", "what that called itself"},
        {0},
};

static const struct argument_option learn_options[] = {
        {"report", NULL, "users say so: what was taught without this holds against it"},
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
                show_options, command_show},
        {"preview", "ID", 1, 1, "shows what an item is made of and its text, safely",
                "Why it is here, its parts with names and hashes, and its text; HTML as text. It "
                "is read "
                "as scanners\nread it, without any right, and nothing but printable characters is "
                "shown.\n",
                preview_options, command_preview},
        {"export", "[ID…]", 0, 1000, "writes the original bytes of one item, or of many",
                "One id alone: to standard output, the whole message where it was kept. Several, "
                "or what the options\nchoose: with --mbox, --eml or --json (what is known of "
                "them, one object a line). Handle with care: it\nwas held for a reason.\n",
                export_options, command_export, selecting_options},
        {"release", "[ID…]", 0, 1000, "delivers items' original messages",
                "Each once for each set of recipients; asked for again, it says so and does "
                "nothing. Each is scanned\nbefore; a virus, or what can't be scanned, is refused. "
                "Without ids those that options choose, once their\nnumber is confirmed.\n",
                release_options, command_release, selecting_options},
        {"rescan", "[ID…]", 0, 1000, "looks again at what is kept, with the signatures of now",
                "Tells of each item in which a virus or the reason has changed; alters nothing.\n"
                "Exits with 1 if there is such a change, 2 if an item could not be looked at.\n",
                rescan_options, command_rescan, selecting_options},
        {"delete", "ID…", 1, 1000, "removes items for ever", "", delete_options, command_delete},
        {"hold", "[ID…]", 0, 1000, "puts items under legal hold: they stay whatever happens",
                "Those named, or what the options choose. They neither expire nor make room, and "
                "are neither deleted\nnor erased, before unhold lifts it.\n",
                hold_options, command_hold, selecting_options},
        {"unhold", "[ID…]", 0, 1000, "lifts a legal hold", "", hold_options, command_unhold,
                selecting_options},
        {"erase", "", 0, 0, "takes a person out of all that is kept, and puts that on record",
                "What he has sent, or is the only recipient of, is removed; what others have, "
                "too, goes on without him.\nWhat is under legal hold stays, and is named. Run "
                "again, it goes on where it was left off.\n",
                erase_options, command_erase},
        {"notices", "[render ID | retry ID | drop ID]", 0, 2,
                "lists notices and releases, shows a notice as mail, tries again",
                "render writes what would be sent, with the templates of now; nothing is sent.\n"
                "retry has one that is dead tried again, as if it had just become due; drop "
                "removes one that\nis dead or has not been sent yet.\n",
                notices_options, command_notices},
        {"stats", "", 0, 0, "counts: what there is, what happened on each day, the brokers", "",
                stats_options, command_stats},
        {"reload", "", 0, 0, "has every worker read signatures, rules and lists again",
                "New scanners are started beside the old ones and take over when they are ready. "
                "What is broken is\nrefused with its error, and the old ones stay.\n",
                reload_options, command_reload},
        {"explain", "FILE", 1, 1, "scans a mail in a file and tells what would become of it",
                "Nothing is stored or sent.\n", explain_options, command_explain},
        {"rules", "check|list|show NAME|compile", 1, 2, "tells about the spam rules",
                "check: how many rules are run and how many aren't, and why; each line that was "
                "passed over, with file\nand line (exits with 1 then). list: every rule with its "
                "points. show: all of one. compile: makes the\ndatabase that bodies are matched "
                "with fast; it takes a minute, and all works without it.\n",
                no_options, command_rules},
        {"learn", "spam|ham|forget FILE…", 2, 1000000, "trains the statistical model with mails",
                "A FILE is a mail, an mbox, a Maildir, or a folder of such files; - is standard "
                "input. The same mail again\nis no other lesson; as the other kind it corrects "
                "the first; forget takes it back. Nothing of a mail is kept\nbut hashes. Exits "
                "with 1 if a mail could not be read. Where the quarantine goes away, it still "
                "tells what was\nlearned until then; what is unanswered may be learned or not, and "
                "can be given again.\n",
                learn_options, command_learn},
        {"model", "show|fit SPAM HAM|export FILE|import FILE|reset", 1, 3,
                "shows, weighs, copies or empties the statistical model",
                "fit reads mails, as learn does, and finds how many points the model's word is "
                "worth beside the rules.\nWhere that is worse than what counts now, it is not "
                "kept, and the exit status is 1.\nAn import or a reset takes the place of what "
                "was learned, and forgets which mails those were.\n",
                model_options, command_model},
        {"verify", "[FOLDER]", 0, 1, "looks through quarantine and model, or a backup of them",
                "Every record, part and index against its hash, while it is in use. Only on its "
                "host.\n",
                no_options, command_verify},
        {"backup", "FOLDER", 1, 1, "copies quarantine and model, while they are in use",
                "Into a folder that is empty or not there, and looks through the copy. Only on its "
                "host.\n",
                no_options, command_backup},
        {"restore", "FOLDER", 1, 1, "puts a backup in the quarantine's place",
                "While qstore does not run. The model of the backup, if it has one, takes its "
                "place, too.\n"
                "What was there is kept beside it.\n",
                no_options, command_restore},
        {"audit", "[list|verify|head]", 0, 1,
                "shows what was done, by whom and why, or proves that it is whole",
                "list: newest first. verify: looks whether an entry was changed, taken out or "
                "added; with --head\nFILE also that nothing before those heads was cut off or made "
                "anew. head: prints one line to keep\nelsewhere. Exits with 1 if it is broken.\n",
                audit_options, command_audit},
        {"check", "", 0, 0, "checks the configuration, folders, accounts and programs", "",
                check_options, command_check},
        {"keys", "new FILE", 2, 2, "makes a CURVE key pair for tcp:// endpoints",
                "Writes FILE (secret, mode 0600) and FILE.pub, a line for the other hosts' "
                "allowed_keys.\n",
                no_options, command_keys},
        {0},
};

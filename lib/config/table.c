#include "lib/config/table.h"

#include "lib/base/log.h"
#include "lib/config/rows.h"

/* What may happen to a message as a whole, and to a single part of it. */
#define WHOLE (BIT(TAG) | BIT(REDIRECT) | BIT(QUARANTINE) | BIT(DISCARD) | BIT(REJECT) | BIT(DEFER))
#define PART (WHOLE | BIT(CUT))

static const struct field site_fields[] = {
        {"name", FIELD_TEXT, AT(site, name), NULL, "mail.example.org", FORM_HOST,
                .prose = "This host's name, in HELO, in the Message-ID of notices and in header "
                         "fields."},
        {"admin", FIELD_TEXT, AT(site, admin), NULL, "postmaster@example.org", FORM_ADDRESS,
                .prose = "The administrator's address: notices to the administrator go there, and "
                         "notices come from it."},
        {"title", FIELD_TEXT, AT(site, title), "<site.name>", "Example Ltd", FORM_ANY,
                .prose = "What people know us by, in the texts of notices and as the name that "
                         "they come from."},
        {"domains", FIELD_LIST, AT(site, domains), "[]", "[example.org]", FORM_DOMAIN,
                .prose = "Domains of our own recipients. Senders in them count as internal where "
                         "the client is one of ours."},
        {"networks", FIELD_LIST, AT(site, networks), "[127.0.0.0/8, \"::1/128\"]", NULL,
                FORM_NETWORK,
                .prose = "Networks of our own clients. Everybody else who is not authenticated is "
                         "an outsider."},
        {"run_dir", FIELD_TEXT, AT(site, run_dir), "/run/lazaret", NULL, FORM_PATH,
                .prose = "Folder of sockets and scratch files. Its sub-folders guard who may talk "
                         "to whom by their permissions."},
        {"state_dir", FIELD_TEXT, AT(site, state_dir), "/var/lib/lazaret", NULL, FORM_PATH,
                .prose = "Folder of what must survive a restart: the quarantine. Never a network "
                         "file system: LMDB would break."},
        {"user", FIELD_TEXT, AT(site, user), "", "lazaret", FORM_USER,
                .prose = "Account that the programs change to when started as root, once they have "
                         "opened what only root may: all but the scanners, and but lazaret and the "
                         "keeper, which start others. Empty: stay as started."},
        {"scan_user", FIELD_TEXT, AT(site, scan_user), "", "lazaret-scan", FORM_USER,
                .prose = "Account of the scanners, which meet the hostile bytes: better one that "
                         "owns no file at all. Empty: the user above."},
        {"front_group", FIELD_TEXT, AT(site, front_group), "", "lazaret-submit", FORM_USER,
                .prose = "Group that may open the submitter's socket: the group of the account "
                         "that the MTA runs qsubmit as. Empty: the group that qfront is started "
                         "with."},
};
static const struct section site_section = SECTION(site, site_fields);

static const struct field log_fields[] = {
        {"level", FIELD_CHOICE, AT(log, level), "info", .choices = choice_log_levels,
                .prose = "The least that is logged."},
        {"to", FIELD_CHOICE, AT(log, to), "stderr", .choices = choice_log_targets,
                .prose = "Where the lines go."},
};
static const struct section log_section = SECTION(log, log_fields);

static const struct field curve_fields[] = {
        {"secret_key", FIELD_TEXT, AT(curve, secret_key), "", "keys/host.key", FORM_PATH,
                .prose = "File with this host's key pair, made by \"qctl keys new\". Needed for "
                         "every tcp:// endpoint. Read before root is given up; refused when others "
                         "than its owner may open it."},
        {"allowed_keys", FIELD_TEXT, AT(curve, allowed_keys), "", "keys/allowed", FORM_PATH,
                .prose = "File with the public keys that may connect to the tcp:// endpoints we "
                         "listen on, \"key name [roles]\" a line. Roles are some of worker, front, "
                         "notifier and tool, with commas between; without them a key is of "
                         "programs, and can't do what people do with qctl. Without the file CURVE "
                         "would encrypt but keep nobody out. A change is seen at the next "
                         "connection, so site.user must be able to read it."},
        {"server_keys", FIELD_TEXT, AT(curve, server_keys), "", "keys/servers", FORM_PATH,
                .prose = "File with the public keys of the tcp:// endpoints we connect to, "
                         "\"endpoint key\" a line."},
        {"allow_plain_tcp", FIELD_BOOL, AT(curve, allow_plain_tcp), "false",
                .prose = "Allows tcp:// without encryption and without any authentication: whoever "
                         "reaches the port reads mail and decides what is clean. For a network "
                         "that nobody else is on."},
};
static const struct section curve_section = SECTION(curve, curve_fields);

static const struct field front_fields[] = {
        {"socket", FIELD_TEXT, AT(front, socket), "<site.run_dir>/front/front.sock", NULL,
                FORM_SOCKET, .prose = "Unix socket on which qfront waits for qsubmit."},
        {"brokers", FIELD_LIST, AT(front, brokers), "[ipc://<site.run_dir>/broker/front.ipc]", NULL,
                FORM_ENDPOINT, .prose = "Brokers, in the order in which they are tried."},
        {"quarantine", FIELD_TEXT, AT(front, quarantine),
                "ipc://<site.run_dir>/quarantine/store.ipc", NULL, FORM_ENDPOINT,
                .prose = "The quarantine, where deliveries are confirmed."},
        {"next_hop", FIELD_TEXT, AT(front, next_hop), NULL, "127.0.0.1:10026", FORM_HOST_PORT,
                .prose = "Where scanned mail goes by SMTP: the MTA's re-injection port, which must "
                         "not filter again."},
        {"deadline", FIELD_TIME, AT(front, deadline_ms), "300s", .least = 10 * SECOND,
                .most = 333 * SECOND,
                .prose = "From a message's arrival to our answer; then the MTA is asked to try "
                         "again later. Postfix kills a filter after 1000 s and bounces the "
                         "message, so we stay under a third of that."},
        {"silence", FIELD_TIME, AT(front, silence_ms), "10s", .least = 1 * SECOND,
                .most = 5 * MINUTE,
                .prose = "A broker that says nothing for so long is passed over for the next one."},
        {"next_hop_timeout", FIELD_TIME, AT(front, next_hop_timeout_ms), "120s",
                .least = 1 * SECOND, .most = 10 * MINUTE,
                .prose = "For each reply of the next hop."},
        {"max_messages", FIELD_NUMBER, AT(front, max_messages), "200", .least = 1, .most = 100000,
                .prose = "Messages in hand at once; beyond, the MTA is asked to try again later. "
                         "At least the number of filter processes that the MTA runs."},
        {"max_bytes", FIELD_SIZE, AT(front, max_bytes), "512M", .least = MIB, .most = TIB,
                .prose = "Bytes of the messages in hand."},
        {"connections", FIELD_NUMBER, AT(front, connections), "20", .least = 1, .most = 1000,
                .prose = "Connections to the next hop that are kept open for reuse."},
};
static const struct section front_section = SECTION(front, front_fields);

static const struct field broker_fields[] = {
        {"fronts", FIELD_LIST, AT(broker, fronts), "[ipc://<site.run_dir>/broker/front.ipc]", NULL,
                FORM_ENDPOINT,
                .prose = "Endpoints on which the broker listens for submitters and qctl."},
        {"workers", FIELD_LIST, AT(broker, workers), "[ipc://<site.run_dir>/broker/worker.ipc]",
                NULL, FORM_ENDPOINT, .prose = "Endpoints on which the broker listens for workers."},
        {"max_messages", FIELD_NUMBER, AT(broker, max_messages), "1000", .least = 1,
                .most = 1000000,
                .prose = "Messages in flight; beyond, submitters are told to try elsewhere or "
                         "later."},
        {"max_bytes", FIELD_SIZE, AT(broker, max_bytes), "1G", .least = MIB, .most = TIB,
                .prose = "Bytes of the messages in flight: the broker holds them in memory."},
        {"heartbeat", FIELD_TIME, AT(broker, heartbeat_ms), "1s", .least = 100, .most = MINUTE,
                .prose = "How often broker and worker tell each other that they live."},
        {"silence", FIELD_TIME, AT(broker, silence_ms), "5s", .least = 500, .most = 5 * MINUTE,
                .prose = "A worker that says nothing for so long is dead, and what it had is given "
                         "to another. Several heartbeats."},
        {"attempts", FIELD_NUMBER, AT(broker, attempts), "2", .least = 1, .most = 10,
                .prose = "How often a message is tried that kills its scanner. After that its "
                         "parts are looked at singly, and policy.unscanned decides on those that "
                         "kill."},
        {"drain", FIELD_TIME, AT(broker, drain_ms), "30s", .most = 10 * MINUTE,
                .prose = "At the end, time for what is still in flight."},
};
static const struct section broker_section = SECTION(broker, broker_fields);

static const struct field workers_fields[] = {
        {"brokers", FIELD_LIST, AT(workers, brokers), "[ipc://<site.run_dir>/broker/worker.ipc]",
                NULL, FORM_ENDPOINT,
                .prose = "Brokers that this pool works for: all of them at once."},
        {"quarantine", FIELD_TEXT, AT(workers, quarantine),
                "ipc://<site.run_dir>/quarantine/store.ipc", NULL, FORM_ENDPOINT,
                .prose = "The quarantine that keeps what is cut."},
        {"scanners", FIELD_NUMBER, AT(workers, scanners), "auto", .most = 1024, .word = "auto",
                .prose = "Scanner processes; auto is one a core. Of several, a quarter and at "
                         "least one is never given a message of more than 1 MiB, so that small "
                         "ones never wait for a batch of large ones."},
        {"queue", FIELD_NUMBER, AT(workers, queue), "6", .most = 1000,
                .prose = "Messages taken beyond those being scanned, so that a scanner never waits "
                         "for the next one."},
        {"timeout", FIELD_TIME, AT(workers, timeout_ms), "90s", .least = 1 * SECOND,
                .most = 5 * MINUTE,
                .prose = "For one message in a scanner. At three quarters of it the scanner stops "
                         "by itself, and what it has not looked at is unscanned (timeout). One "
                         "that does not stop is killed at the end, the message is tried again, and "
                         "after broker.attempts its parts are looked at singly. All attempts "
                         "together "
                         "should fit into front.deadline."},
        {"start_timeout", FIELD_TIME, AT(workers, start_timeout_ms), "10m", .least = 1 * SECOND,
                .most = DAY,
                .prose = "For reading signatures, rules and lists before scanners start. What is "
                         "not read by then, as from a disk that does not answer, is refused, and "
                         "the scanners that there are serve on."},
        {"memory", FIELD_SIZE, AT(workers, memory), "1G", .least = 64 * MIB, .most = TIB,
                .prose = "Of one scanner, beyond the signatures that all share."},
        {"max_jobs", FIELD_NUMBER, AT(workers, max_jobs), "10000", .most = 1000000000,
                .prose = "Messages after which a scanner is replaced by a fresh one; 0 is never."},
        {"tmp_dir", FIELD_TEXT, AT(workers, tmp_dir), "<site.run_dir>/tmp", NULL, FORM_PATH,
                .prose = "Folder under which each scanner has scratch space of its own: best a "
                         "tmpfs."},
        {"sandbox", FIELD_CHOICE, AT(workers, sandbox), "required", .choices = choice_sandbox_words,
                .prose = "What is done where the kernel, or a container around it, gives scanners "
                         "no seccomp filter. What else is missing is said at the start and by "
                         "qctl check, and stops nothing."},
        {"keep_crashes", FIELD_NUMBER, AT(workers, keep_crashes), "5", .most = 100,
                .prose = "Messages that killed a scanner and are kept under site.state_dir in "
                         "crashes, each in a folder with a report, and with a core where the "
                         "kernel writes those into the folder that a process works in. When there "
                         "are so many, no more are kept until you remove some. They hold mail. 0 "
                         "is none, and no cores."},
};
static const struct section workers_section = SECTION(workers, workers_fields);

static const struct field size_fields[] = {
        {"max_size", FIELD_SIZE, AT(size, max_size), "50M", .least = 64 * KIB,
                .most = 2 * GIB - MIB,
                .prose = "The largest message that is scanned and delivered. At least the MTA's "
                         "own limit (message_size_limit), which refuses earlier and better."},
        {"action", FIELD_CHOICE, AT(size, action), "reject", .choices = table_actions,
                .allowed = WHOLE, .prose = "What happens to a larger one."},
        {"code", FIELD_NUMBER, AT(size, code), "552", .least = 500, .most = 599,
                .prose = "SMTP code of a rejection."},
        {"text", FIELD_TEXT, AT(size, text), "Message is larger than this site accepts", NULL,
                FORM_REPLY, .prose = "Text of a rejection."},
};
static const struct section size_section = SECTION(size, size_fields);

static const struct field access_rule_fields[] = {
        {"name", FIELD_TEXT, AT(access_rule, name), "rule<number>", NULL, FORM_NAME,
                .prose = "Shown in logs, notices and by qctl explain."},
        {"senders", FIELD_LIST, AT(access_rule, senders), "[]", NULL, FORM_MAIL_GLOB,
                .prose = "Reverse-paths: user@domain, @domain, .domain (and all below it), a "
                         "pattern, or <> for the null one. They can be forged, as From can: where "
                         "an allow is to mean somebody, name networks as well."},
        {"senders_file", FIELD_TEXT, AT(access_rule, senders_file), "", NULL, FORM_PATH,
                .prose = "A file with more of them, one a line, that is read again when it "
                         "changes."},
        {"from", FIELD_LIST, AT(access_rule, from), "[]", NULL, FORM_MAIL_GLOB,
                .prose = "The same, for the addresses in the From field."},
        {"networks", FIELD_LIST, AT(access_rule, networks), "[]", NULL, FORM_NETWORK,
                .prose = "Addresses of the client."},
        {"networks_file", FIELD_TEXT, AT(access_rule, networks_file), "", NULL, FORM_PATH,
                .prose = "A file with more of them, one a line, that is read again when it "
                         "changes."},
        {"hosts", FIELD_LIST, AT(access_rule, hosts), "[]", NULL, FORM_GLOB,
                .prose = "The client's name or HELO: a name, .domain or a pattern."},
        {"recipients", FIELD_LIST, AT(access_rule, recipients), "[]", NULL, FORM_MAIL_GLOB,
                .prose = "Written like senders: the rule is for these recipients only."},
        {"recipients_file", FIELD_TEXT, AT(access_rule, recipients_file), "", NULL, FORM_PATH,
                .prose = "A file with more of them, one a line, that is read again when it "
                         "changes."},
        {"outsiders", FIELD_BOOL, AT(access_rule, outsiders), "false",
                .prose = "Only for clients that are outside site.networks and not authenticated."},
        {"action", FIELD_CHOICE, AT(access_rule, action), "reject", .choices = table_actions,
                .allowed = WHOLE | BIT(NONE) | BIT(ALLOW),
                .prose = "What happens. allow skips the checks of subject and spam for these "
                         "recipients, never the virus scan."},
        {"code", FIELD_NUMBER, AT(access_rule, code), "550", .least = 500, .most = 599,
                .prose = "SMTP code of a rejection."},
        {"text", FIELD_TEXT, AT(access_rule, text), "Not accepted here", NULL, FORM_REPLY,
                .prose = "Text of a rejection."},
};
static const struct section access_rule_section = SECTION(access_rule, access_rule_fields);

static const struct field access_fields[] = {
        {"rules", FIELD_RULES, AT(access, count), "[]",
                "- name: partners\n  senders: [\"@partner.example\", .partner.example]\n  action: "
                "allow\n"
                "- name: insiders-only\n  recipients: [everybody@example.org]\n  outsiders: true\n "
                " action: reject\n",
                .section = &access_rule_section,
                .prose = "All conditions that a rule names must hold, in a list any. The first "
                         "rule that matches a recipient decides for that recipient."},
        {"null_sender_one_recipient", FIELD_BOOL, AT(access, null_sender_one_recipient), "true",
                .prose = "A null reverse-path with more than one recipient is rejected: bounces "
                         "have one (RFC 5321 section 3.6.3)."},
};
static const struct section access_section = SECTION(access, access_fields);

static const struct field subject_rule_fields[] = {
        {"name", FIELD_TEXT, AT(subject_rule, name), "rule<number>", NULL, FORM_NAME,
                .prose = "Shown in logs, notices and by qctl explain."},
        {"field", FIELD_TEXT, AT(subject_rule, field), "Subject", NULL, FORM_FIELD,
                .prose = "The header field that is looked at, decoded and as it came."},
        {"match", FIELD_CHOICE, AT(subject_rule, match), "exact", .choices = choice_pattern_matches,
                .prose = "How patterns are meant; never with regard to case."},
        {"patterns", FIELD_LIST, AT(subject_rule, patterns), "[]", NULL, FORM_ANY,
                .prose = "The rule applies where any of them matches."},
        {"patterns_file", FIELD_TEXT, AT(subject_rule, patterns_file), "", NULL, FORM_PATH,
                .prose = "A file with more of them, one a line, that is read again when it "
                         "changes."},
        {"strip_prefixes", FIELD_BOOL, AT(subject_rule, strip_prefixes), "false",
                .prose = "Takes off Re:, Fwd:, AW: and the like, and [list] tags, before it "
                         "compares."},
        {"action", FIELD_CHOICE, AT(subject_rule, action), "quarantine", .choices = table_actions,
                .allowed = WHOLE | BIT(NONE) | BIT(ALLOW),
                .prose = "What happens. Behind a queue, discard is better than reject: the MTA "
                         "turns a refusal into a bounce to a sender who may be forged. allow ends "
                         "the search: no later rule of this section is tried."},
        {"code", FIELD_NUMBER, AT(subject_rule, code), "553", .least = 500, .most = 599,
                .prose = "SMTP code of a rejection."},
        {"text", FIELD_TEXT, AT(subject_rule, text), "Message refused by local policy", NULL,
                FORM_REPLY, .prose = "Text of a rejection."},
        {"notify", FIELD_BOOL, AT(subject_rule, notify), "false",
                .prose = "Whether a hit makes notices: a worm's flood must not make a flood of "
                         "notices."},
};
static const struct section subject_rule_section = SECTION(subject_rule, subject_rule_fields);

static const struct field subject_fields[] = {
        {"rules", FIELD_RULES, AT(subject, count), "[]",
                "- name: worm\n  match: prefix\n  patterns: [I love you, Your document]\n  "
                "strip_prefixes: true\n"
                "  action: discard\n",
                .section = &subject_rule_section,
                .prose = "Patterns over the Subject or another header field. The first rule that "
                         "matches decides."},
};
static const struct section subject_section = SECTION(subject, subject_fields);

static const struct field attachment_rule_fields[] = {
        {"name", FIELD_TEXT, AT(attachment_rule, name), "rule<number>", NULL, FORM_NAME,
                .prose = "Shown in logs, notices and by qctl explain."},
        {"match", FIELD_CHOICE, AT(attachment_rule, match), "glob",
                .choices = choice_pattern_matches,
                .prose = "How names are meant; never with regard to case."},
        {"names", FIELD_LIST, AT(attachment_rule, names), "[]", NULL, FORM_ANY,
                .prose = "Patterns over every name that a mail program might see, without trailing "
                         "dots and blanks, and as it was written. One with a slash is held "
                         "against the whole path to it, such as 2/report.docx/word/x.bin."},
        {"types", FIELD_LIST, AT(attachment_rule, types), "[]", NULL, FORM_GLOB,
                .prose = "Patterns over the declared types."},
        {"true_types", FIELD_LIST, AT(attachment_rule, true_types), "[]", NULL, FORM_GLOB,
                .prose = "Patterns over the types that the content itself shows, as \"file "
                         "--mime-type\" prints them. Names, types and true types are three ways "
                         "to say what is meant: any of them will do, and without all three "
                         "everything is. The keys below narrow it down: all of them must hold."},
        {"traits", FIELD_LIST, AT(attachment_rule, traits), "[]", "[macro, smuggled]",
                .choices = table_traits, .prose = "What it must have, any of these."},
        {"larger_than", FIELD_SIZE, AT(attachment_rule, larger_than), "0", .most = TIB,
                .prose = "Its least size, once it is decoded and unpacked."},
        {"smaller_than", FIELD_SIZE, AT(attachment_rule, smaller_than), "0", .most = TIB,
                .prose = "Likewise; 0 is no condition."},
        {"inside", FIELD_CHOICE, AT(attachment_rule, inside), "also",
                .choices = choice_inside_words,
                .prose = "Members of archives and other containers. What is cut is the part that "
                         "holds the member."},
        {"direction", FIELD_CHOICE, AT(attachment_rule, direction), "any",
                .choices = choice_directions, .prose = "Whose mail it is for."},
        {"senders", FIELD_LIST, AT(attachment_rule, senders), "[]", NULL, FORM_MAIL_GLOB,
                .prose = "Only in mail with such a reverse-path, written as those of access rules. "
                         "It can be forged."},
        {"recipients", FIELD_LIST, AT(attachment_rule, recipients), "[]", NULL, FORM_MAIL_GLOB,
                .prose = "The recipients it is for; everybody's where none are named. A message "
                         "with others, too, is treated for each by his own rules."},
        {"action", FIELD_CHOICE, AT(attachment_rule, action), "cut", .choices = table_actions,
                .allowed = PART | BIT(NONE) | BIT(ALLOW),
                .prose = "What happens. allow lets it pass the rules below, never the virus scan; "
                         "for it all names must match, or all declared types, not just one. Where "
                         "it asks for the trait encrypted, ambiguous or broken, it also takes the "
                         "place of what policy.unscanned says of that: it is delivered, and its "
                         "header says that it was not scanned."},
        {"text", FIELD_TEXT, AT(attachment_rule, text),
                "Attachments of this kind are not accepted here", NULL, FORM_REPLY,
                .prose = "Why, for the text left in its place and for rejections."},
};
static const struct section attachment_rule_section =
        SECTION(attachment_rule, attachment_rule_fields);

/* What a double click runs, on the desktops that mail is read on; collected from what Outlook and
 * Gmail block and from what droppers of the last years came as. Names in lower case, as they are
 * compared. */
#define RULE_EXECUTABLES                                                                           \
	"- name: executables\n"                                                                    \
	"  names: ['*.exe', '*.com', '*.scr', '*.pif', '*.cpl', '*.msi', '*.msp',\n"               \
	"    '*.mst', '*.msu', '*.msix', '*.msixbundle', '*.appx', '*.appxbundle',\n"              \
	"    '*.appinstaller', '*.dll', '*.sys', '*.ocx', '*.drv', '*.vxd', '*.ax',\n"             \
	"    '*.cmd', '*.gadget', '*.application', '*.xbap', '*.jar', '*.jnlp', '*.apk',\n"        \
	"    '*.app', '*.command', '*.xll', '*.wll', '*.{*-*-*-*-*}']\n"                           \
	"  true_types: [application/x-dosexec,\n"                                                  \
	"    application/vnd.microsoft.portable-executable, application/x-msdownload,\n"           \
	"    application/x-executable, application/x-pie-executable,\n"                            \
	"    application/x-sharedlib, application/x-object, application/x-mach-binary,\n"          \
	"    application/x-msi, application/java-archive, application/x-java-applet,\n"            \
	"    application/vnd.android.package-archive]\n"                                           \
	"  action: cut\n"                                                                          \
	"  text: Programs are not accepted by mail here\n"

#define RULE_SCRIPTS                                                                               \
	"- name: scripts\n"                                                                        \
	"  names: ['*.bat', '*.ps1', '*.ps1xml', '*.ps2', '*.psc1', '*.psd1', '*.psm1',\n"         \
	"    '*.vb', '*.vbs', '*.vbe', '*.vbscript', '*.js', '*.jse', '*.mjs', '*.ws',\n"          \
	"    '*.wsf', '*.wsc', '*.wsh', '*.sct', '*.shb', '*.shs', '*.hta', '*.msh',\n"            \
	"    '*.msh1', '*.msh2', '*.mshxml', '*.scf', '*.lnk', '*.url', '*.website',\n"            \
	"    '*.webloc', '*.desktop', '*.reg', '*.inf', '*.ins', '*.isp', '*.chm',\n"              \
	"    '*.hlp', '*.hpj', '*.msc', '*.theme', '*.themepack', '*.diagcab',\n"                  \
	"    '*.diagcfg', '*.diagpkg', '*.settingcontent-ms', '*.appcontent-ms',\n"                \
	"    '*.appref-ms', '*.library-ms', '*.search-ms', '*.searchconnector-ms',\n"              \
	"    '*.pcd', '*.xnk', '*.mad', '*.maf', '*.mag', '*.mam', '*.mar', '*.mas',\n"            \
	"    '*.mde', '*.ade', '*.iqy', '*.slk', '*.rdp', '*.applescript', '*.scpt',\n"            \
	"    '*.workflow', '*.terminal', '*.inetloc', '*.fileloc', '*.mobileconfig',\n"            \
	"    '*.py', '*.pyc', '*.pyo', '*.pyw', '*.pyz', '*.pyzw', '*.pl', '*.sh',\n"              \
	"    '*.csh', '*.ksh', '*.osd', '*.prf', '*.grp', '*.vsw', '*.job', '*.fxp',\n"            \
	"    '*.udl', '*.xla', '*.xlam']\n"                                                        \
	"  true_types: [application/x-ms-shortcut, text/x-msdos-batch,\n"                          \
	"    application/vnd.ms-htmlhelp, application/x-mswinurl,\n"                               \
	"    application/x-ms-shell-command, application/x-desktop,\n"                             \
	"    application/x-ms-library, application/x-ms-search,\n"                                 \
	"    application/x-ms-settingcontent, application/x-ms-mmc,\n"                             \
	"    application/x-ms-wsf, application/x-ms-application-reference,\n"                      \
	"    application/x-rdp, application/x-applescript, application/hta,\n"                     \
	"    text/scriptlet, text/x-ms-encoded-script, text/x-ms-iqy,\n"                           \
	"    text/x-ms-regedit]\n"                                                                 \
	"  action: cut\n"                                                                          \
	"  text: Scripts and shortcuts are not accepted by mail here\n"

#define RULE_IMAGES                                                                                \
	"- name: disk-images\n"                                                                    \
	"  names: ['*.iso', '*.img', '*.vhd', '*.vhdx', '*.udf', '*.wim', '*.dmg',\n"              \
	"    '*.pkg', '*.mpkg']\n"                                                                 \
	"  true_types: [application/x-iso9660-image]\n"                                            \
	"  action: cut\n"                                                                          \
	"  text: Disk images are not accepted by mail here\n"

/* What signed documents have inside that looks like nothing honest to a filter by type. */
#define RULE_SIGNED                                                                                \
	"- name: signed-documents\n"                                                               \
	"  names: ['*.doc?/[[]trash]/*.dat', '*.xls?/[[]trash]/*.dat',\n"                          \
	"    '*.ppt?/[[]trash]/*.dat',\n"                                                          \
	"    '*.asice', '*.asics', '*.sce', '*.scs', '*.bdoc', '*.edoc', '*.adoc']\n"              \
	"  action: allow\n"                                                                        \
	"  text: What Office and eIDAS containers keep beside what was signed\n"

#define RULE_DISGUISED                                                                             \
	"- name: disguised\n"                                                                      \
	"  traits: [disguised]\n"                                                                  \
	"  action: cut\n"                                                                          \
	"  text: A program under the name of something else\n"

#define RULE_SMUGGLED                                                                              \
	"- name: smuggled\n"                                                                       \
	"  traits: [smuggled]\n"                                                                   \
	"  action: cut\n"                                                                          \
	"  text: A page that makes a file on the computer that shows it\n"

/* Those of outsiders only: colleagues send each other macros. */
#define RULE_MACROS                                                                                \
	"- name: macros\n"                                                                         \
	"  traits: [macro]\n"                                                                      \
	"  direction: in\n"                                                                        \
	"  action: cut\n"                                                                          \
	"  text: Documents with macros are not accepted from outside\n"

static const struct field attachments_fields[] = {
        {"rules", FIELD_RULES, AT(attachments, count),
                RULE_SIGNED RULE_EXECUTABLES RULE_SCRIPTS RULE_IMAGES RULE_DISGUISED RULE_SMUGGLED
                        RULE_MACROS,
                .section = &attachment_rule_section,
                .prose = "The first rule that matches a part or a member decides. Rules that are "
                         "given take the place of the default ones: copy these from the sample and "
                         "change them."},
        {"exceptions", FIELD_RULES, AT(attachments, exception_count), "[]",
                "- name: partner-tool\n  names: [tool.exe]\n  senders: [\"@partner.example\"]\n  "
                "action: allow\n",
                .section = &attachment_rule_section,
                .prose = "Rules that are tried before the others, and leave the default ones where "
                         "they are. What qctl release --suggest prints goes here."},
        {"max_parts", FIELD_NUMBER, AT(attachments, max_parts), "1000", .least = 1, .most = 100000,
                .prose = "MIME parts of a message; beyond, policy.unscanned.limit decides, as for "
                         "the limits that follow."},
        {"max_depth", FIELD_NUMBER, AT(attachments, max_depth), "20", .least = 1, .most = 100,
                .prose = "Levels of MIME parts and of containers in containers."},
        {"max_members", FIELD_NUMBER, AT(attachments, max_members), "5000", .least = 1,
                .most = 1000000, .prose = "Members of all containers of a message."},
        {"max_expanded", FIELD_SIZE, AT(attachments, max_expanded), "256M", .least = MIB,
                .most = 64 * GIB, .prose = "Bytes of all members of a message, unpacked."},
        {"max_ratio", FIELD_NUMBER, AT(attachments, max_ratio), "200", .least = 2, .most = 100000,
                .prose = "How many times its packed size a container may unpack to: more is a "
                         "bomb. Small ones are spared."},
        {"max_time", FIELD_TIME, AT(attachments, max_time_ms), "20s", .least = 100,
                .most = 5 * MINUTE,
                .prose = "For taking one message apart. Under three quarters of workers.timeout, "
                         "or that ends it first (timeout)."},
};
static const struct section attachments_section = SECTION(attachments, attachments_fields);

static const struct field virus_fields[] = {
        {"enabled", FIELD_BOOL, AT(virus, enabled), "true",
                .prose = "Whether libclamav looks at mail."},
        {"database", FIELD_TEXT, AT(virus, database), "/var/lib/clamav", NULL, FORM_PATH,
                .prose = "Folder of the signatures that freshclam keeps. New ones are taken up "
                         "without a pause."},
        {"max_scan_size", FIELD_SIZE, AT(virus, max_scan_size), "200M", .least = MIB,
                .most = 2 * GIB,
                .prose = "Bytes that libclamav looks at for one piece of content, unpacked."},
        {"max_file_size", FIELD_SIZE, AT(virus, max_file_size), "64M", .least = MIB,
                .most = 2 * GIB - 1,
                .prose = "The largest single file that libclamav looks at. At least size.max_size, "
                         "or large mail counts as unscanned."},
        {"max_files", FIELD_NUMBER, AT(virus, max_files), "2000", .least = 1, .most = 1000000,
                .prose = "Files in one piece of content."},
        {"max_recursion", FIELD_NUMBER, AT(virus, max_recursion), "12", .least = 1, .most = 100,
                .prose = "Levels of files in files."},
        {"max_scan_time", FIELD_TIME, AT(virus, max_scan_time_ms), "30s", .least = 100,
                .most = 5 * MINUTE,
                .prose = "For all of a message; what is left then is unscanned (timeout). Under "
                         "workers.timeout, so that a slow message costs no scanner."},
        {"pua", FIELD_BOOL, AT(virus, pua), "false",
                .prose = "Also finds possibly unwanted applications (PUA); expect false alarms. "
                         "policy.pua says what happens to them."},
        {"heuristics", FIELD_LIST, AT(virus, heuristics), "[phishing]", NULL, FORM_ANY,
                .choices = choice_heuristics,
                .prose = "What libclamav suspects beyond its signatures; policy.heuristic says "
                         "what happens then. Limits and passwords are no suspicion: what met one "
                         "is unscanned."},
        {"whole", FIELD_CHOICE, AT(virus, whole), "needed", .choices = choice_whole_words,
                .prose = "Which messages libclamav also sees as they stand, beside their parts."},
        {"name_decided", FIELD_BOOL, AT(virus, name_decided), "true",
                .prose = "Also scans what other checks have already cut, held or discarded, so "
                         "that the quarantine and the notices name the virus. false saves the "
                         "work where policy.virus could not change the outcome."},
        {"remember", FIELD_NUMBER, AT(virus, remember), "65536", .most = 100000000,
                .prose = "Contents found clean that are known by their SHA-256 to all scanners of "
                         "a host, until the signatures change: an attachment that comes again is "
                         "not scanned again. About 41 bytes each; 0 remembers nothing."},
        {"alarm_age", FIELD_TIME, AT(virus, alarm_age_ms), "2d", .most = 3650 * DAY,
                .prose = "Age of the signatures past which qworker warns, at its start and then "
                         "hourly, and qctl with it. It is that of daily.cvd or daily.cld; without "
                         "one, of the newest packed file, else of the newest file. 0: never."},
        {"max_age", FIELD_TIME, AT(virus, max_age_ms), "7d", .most = 3650 * DAY,
                .prose = "Age past which they are outdated: mail is scanned all the same, and is "
                         "unscanned (database), so that policy.unscanned.database decides. 0: "
                         "never."},
};
static const struct section virus_section = SECTION(virus, virus_fields);

static const struct field report_fields[] = {
        {"spam_to", FIELD_LIST, AT(report, spam_to), "[]", "[spam@example.org]", FORM_MAIL_GLOB,
                .prose = "Addresses to which spam that came through is sent on. The site must "
                         "accept mail to them, and send it through this filter."},
        {"ham_to", FIELD_LIST, AT(report, ham_to), "[]", "[ham@example.org]", FORM_MAIL_GLOB,
                .prose = "Addresses to which is sent on what was called spam and is none."},
        {"users", FIELD_LIST, AT(report, users), "[\"*\"]", NULL, FORM_GLOB,
                .prose = "Who may: names as which senders have authenticated themselves to the "
                         "MTA, or patterns. Empty: no name is enough."},
        {"networks", FIELD_LIST, AT(report, networks), "[]", "[192.0.2.0/24]", FORM_NETWORK,
                .prose = "Clients that may without a name. Whatever forwards mail of others, as "
                         "a second MX does, must not be among them."},
        {"allow", FIELD_CHOICE, AT(report, allow), "learn", .choices = choice_teach_words,
                .prose = "What happens with what is attached."},
        {"then", FIELD_CHOICE, AT(report, then), "deliver", .choices = choice_then_words,
                .prose = "What happens with the report itself."},
};
static const struct section reports_section = SECTION(report, report_fields);

static const struct field model_fields[] = {
        {"enabled", FIELD_BOOL, AT(model, enabled), "true",
                .prose = "Whether the model adds points to those of the rules."},
        {"path", FIELD_TEXT, AT(model, path), "<site.state_dir>/model", NULL, FORM_PATH,
                .prose = "Folder in which qstore keeps the model. Never on a network file system."},
        {"least", FIELD_NUMBER, AT(model, least), "100", .least = 1, .most = 1000000,
                .prose = "Messages of spam, and as many of ham, that it must have learned before "
                         "it counts. Until then the rules alone score, and X-Spam-Status says so."},
        {"weight", FIELD_POINTS, AT(model, weight), "2", .most = 100,
                .prose = "Points for each step of the model's logit, which is 0 where spam and ham "
                         "are as likely and 4.6 where spam is a hundred times as likely. \"qctl "
                         "model fit\" finds what fits a site, and then goes before this."},
        {"toll", FIELD_POINTS, AT(model, toll), "0", .most = 100,
                .prose = "Points that are added to those, so that a message without points by "
                         "rules needs so much less to be spam. Fitted as weight is."},
        {"most", FIELD_POINTS, AT(model, most), "9", .least = 1, .most = 1000,
                .prose = "The most points that the model adds or takes away. With the defaults of "
                         "policy it can mark a message alone, but not hold it."},
        {"learn_releases", FIELD_BOOL, AT(model, learn_releases), "false",
                .prose = "Whole messages that qctl releases are learned as ham, as with its "
                         "--learn; not what was released though a virus was found."},
        {"bayes", FIELD_CHOICE, AT(model, bayes), "off", .choices = choice_bayes,
                .prose = "What rules come to that ask the model as SpamAssassin's ask its Bayes: "
                         "BAYES_00 to BAYES_99 and BAYES_999, and a site's own with check_bayes. "
                         "Nothing is counted twice."},
        {"poll", FIELD_TIME, AT(model, poll_ms), "30s", .least = 1 * SECOND, .most = HOUR,
                .prose = "How often a worker asks the quarantine whether the model has changed."},
        {"reports", FIELD_RULES, AT(model, reports), "[]",
                "- spam_to: [spam@example.org]\n  ham_to: [ham@example.org]\n  then: discard\n",
                .section = &reports_section,
                .prose =
                        "Who teaches the model by mail: with whole messages attached, as \"forward "
                        "as attachment\" and \"report junk\" of mail programs make them. The first "
                        "rule that names recipient and sender decides; without one it is mail "
                        "like any other. Spam rules, the model and subject.rules do not hold "
                        "against a report what is in it; viruses and attachments do."},
        {"report_messages", FIELD_NUMBER, AT(model, report_messages), "20", .least = 1, .most = 50,
                .prose = "The most messages that are learned of one report, its first ones."},
        {"report_mails", FIELD_NUMBER, AT(model, report_mails), "50", .least = 1, .most = 100000,
                .prose = "The most reports of one sender in a day (UTC) that anything is learned "
                         "of. The sender is the name, else the client's address."},
};
static const struct section model_section = SECTION(model, model_fields);

static const struct field spam_fields[] = {
        {"enabled", FIELD_BOOL, AT(spam, enabled), "true",
                .prose = "Whether mail is scored by rules."},
        {"rules", FIELD_LIST, AT(spam, rules), "[<datadir>/rules]", NULL, FORM_PATH,
                .prose = "Files in SpamAssassin's syntax, and folders of such files (*.cf), in "
                         "this order."},
        {"score_set", FIELD_CHOICE, AT(spam, score_set), "auto", .choices = choice_score_sets,
                .prose = "Which of the four numbers counts that a score line may give. Rules that "
                         "ask the network are not run, whichever it is."},
        {"max_size", FIELD_SIZE, AT(spam, max_size), "512k", .least = 4 * KIB, .most = GIB,
                .prose = "The most text of a message that the rules see. What is beyond is "
                         "unscanned (limit), but not where it is in an attached file."},
        {"model", FIELD_SECTION, AT(spam, model), "{}", .section = &model_section,
                .prose = "The statistical model, which \"qctl learn\" trains."},
};
static const struct section spam_section = SECTION(spam, spam_fields);

#define UNSCANNED(word, normal, allow, why)                                                        \
	{                                                                                          \
#word, FIELD_CHOICE, AT(unscanned, word), normal, .choices = table_actions,        \
		                                                  .allowed = allow, .prose = why   \
	}

static const struct field unscanned_fields[] = {
        UNSCANNED(limit, "quarantine", PART | BIT(NONE),
                "A limit was met: parts, depth, members, bytes, ratio, text. Where only the spam "
                "rules met one, the message is tagged at the most."),
        UNSCANNED(error, "defer", WHOLE | BIT(NONE),
                "A check failed for reasons of its own; it may work later."),
        UNSCANNED(timeout, "quarantine", PART | BIT(NONE),
                "A check took too long, or a scanner "
                "that did not end had to be killed."),
        UNSCANNED(encrypted, "tag", PART | BIT(NONE),
                "Content that nobody but the recipient can open. Much honest mail is so; it is "
                "also how malware travels with its password in the text."),
        UNSCANNED(format, "quarantine", PART | BIT(NONE),
                "A container that could not be read to its end."),
        UNSCANNED(malformed, "tag", PART | BIT(NONE),
                "A part in a transfer encoding that is not known: it was looked at as it "
                "stands."),
        UNSCANNED(ambiguous, "quarantine", PART | BIT(NONE),
                "Content that two readers may understand differently, so that what we scanned may "
                "not be what is opened."),
        UNSCANNED(crash, "quarantine", PART | BIT(NONE),
                "Scanners that looked at it died. What is left out is the one part that they died "
                "of, where it can be found."),
        UNSCANNED(memory, "quarantine", PART | BIT(NONE),
                "It took more memory than there is, or than workers.memory allows."),
        UNSCANNED(database, "defer", WHOLE | BIT(NONE), "There are no usable signatures."),
};
static const struct section unscanned_section = SECTION(unscanned, unscanned_fields);

/* The first row is there in `policies` only: the others are shared. */
static const struct field policy_fields[] = {
        {"recipients", FIELD_LIST, AT(policy, recipients), NULL, NULL, FORM_MAIL_GLOB,
                .prose = "Whom this is for: user@domain, @domain, .domain or a pattern."},
        {"virus", FIELD_CHOICE, AT(policy, virus), "cut", .choices = table_actions,
                .allowed = BIT(CUT) | BIT(QUARANTINE) | BIT(DISCARD) | BIT(REJECT) | BIT(REDIRECT),
                .prose = "What happens to a virus."},
        {"pua", FIELD_CHOICE, AT(policy, pua), "cut", .choices = table_actions,
                .allowed = PART | BIT(NONE),
                .prose = "What happens to a possibly unwanted application, where virus.pua looks "
                         "for them."},
        {"heuristic", FIELD_CHOICE, AT(policy, heuristic), "tag", .choices = table_actions,
                .allowed = PART | BIT(NONE),
                .prose = "What happens where libclamav suspects something (virus.heuristics). "
                         "Honest mail is suspected, too."},
        {"virus_code", FIELD_NUMBER, AT(policy, virus_code), "554", .least = 500, .most = 599,
                .prose = "SMTP code where it is rejected."},
        {"virus_text", FIELD_TEXT, AT(policy, virus_text), "Message contains malware", NULL,
                FORM_REPLY, .prose = "Text where it is rejected."},
        {"unscanned", FIELD_SECTION, AT(policy, unscanned), "{}", .section = &unscanned_section,
                .prose = "What happens to mail that could not be scanned, by the reason. It is "
                         "never called clean, and with none the header fields and the log still "
                         "say so."},
        {"spam_tag", FIELD_POINTS, AT(policy, spam_tag), "5", .most = 1000,
                .prose = "Points at or above which header fields say that it is spam; 0 is never, "
                         "as for those that follow."},
        {"spam_redirect", FIELD_POINTS, AT(policy, spam_redirect), "0", .most = 1000,
                .prose = "Points at or above which it goes to redirect_to."},
        {"spam_quarantine", FIELD_POINTS, AT(policy, spam_quarantine), "10", .most = 1000,
                .prose = "Points at or above which it is held."},
        {"spam_reject", FIELD_POINTS, AT(policy, spam_reject), "0", .most = 1000,
                .prose = "Points at or above which it is refused. Behind a queue the MTA would "
                         "bounce it to a forged sender."},
        {"spam_text", FIELD_TEXT, AT(policy, spam_text), "Message looks like spam", NULL,
                FORM_REPLY, .prose = "Text where spam is rejected."},
        {"subject_prefix", FIELD_TEXT, AT(policy, subject_prefix), "", "[SPAM] ", FORM_REPLY,
                .prose = "Put before the Subject of spam that is delivered with a tag. It breaks "
                         "signatures over the Subject; header fields do not."},
        {"redirect_to", FIELD_TEXT, AT(policy, redirect_to), "", "spam@example.org", FORM_ADDRESS,
                .prose = "Mailbox for what is redirected."},
        {"cut_signed", FIELD_BOOL, AT(policy, cut_signed), "false",
                .prose = "Cuts from multipart/signed, too, though that breaks the signature, and "
                         "says so in the part's place. false holds such a message whole."},
        {"keep_original", FIELD_BOOL, AT(policy, keep_original), "true",
                .prose = "Keeps the whole message where parts are cut, so that it can be released "
                         "as it was; false keeps the parts only."},
};
static const struct section policies_section = SECTION(policy, policy_fields);
static const struct section policy_section = {sizeof(struct config_policy),
        sizeof(policy_fields) / sizeof(*policy_fields) - 1, policy_fields + 1};

/* In the order in which they are read: what stands in a `<key>` comes before it, `policy` before
 * `policies`. */
static const struct field root_fields[] = {
        {"site", FIELD_SECTION, offsetof(struct config, site), "{}", .section = &site_section,
                .prose = "Who we are."},
        {"log", FIELD_SECTION, offsetof(struct config, log), "{}", .section = &log_section,
                .prose = "One line an event, the message's id first."},
        {"curve", FIELD_SECTION, offsetof(struct config, curve), "{}", .section = &curve_section,
                .prose = "Keys for programs on several hosts. On one host, ipc:// endpoints need "
                         "none."},
        {"front", FIELD_SECTION, offsetof(struct config, front), "{}", .section = &front_section,
                .prose = "qfront, on the MTA's host."},
        {"broker", FIELD_SECTION, offsetof(struct config, broker), "{}", .section = &broker_section,
                .prose = "qbroker, which gives each message to a free worker."},
        {"workers", FIELD_SECTION, offsetof(struct config, workers), "{}",
                .section = &workers_section, .prose = "qworker and its scanners."},
        {"size", FIELD_SECTION, offsetof(struct config, size), "{}", .section = &size_section,
                .prose = "Size of messages."},
        {"access", FIELD_SECTION, offsetof(struct config, access), "{}", .section = &access_section,
                .prose = "Lists of senders, clients and recipients that are allowed or denied."},
        {"subject", FIELD_SECTION, offsetof(struct config, subject), "{}",
                .section = &subject_section,
                .prose = "Forbidden subjects and other header fields."},
        {"attachments", FIELD_SECTION, offsetof(struct config, attachments), "{}",
                .section = &attachments_section,
                .prose = "Names and types of attachments, and what they may unpack to."},
        {"virus", FIELD_SECTION, offsetof(struct config, virus), "{}", .section = &virus_section,
                .prose = "libclamav."},
        {"spam", FIELD_SECTION, offsetof(struct config, spam), "{}", .section = &spam_section,
                .prose = "Rules that score mail."},
        {"policy", FIELD_SECTION, offsetof(struct config, policy), "{}", .section = &policy_section,
                .prose = "What findings mean. Where several apply to a recipient, the strictest "
                         "wins: defer, reject, discard, quarantine, redirect, in this order; tags "
                         "and cuts add up."},
        {"policies", FIELD_RULES, offsetof(struct config, policies), "[]",
                "- recipients: [\"@sales.example.org\"]\n  spam_quarantine: 15\n  unscanned:\n    "
                "encrypted: none\n",
                .section = &policies_section,
                .prose = "Other policies for some recipients. What one leaves out is as in policy; "
                         "the first that matches counts."},
        {"quarantine", FIELD_SECTION, offsetof(struct config, quarantine), "{}",
                .section = &table_quarantine, .prose = "qstore, which keeps what was held or cut."},
        {"notifier", FIELD_SECTION, offsetof(struct config, notifier), "{}",
                .section = &table_notifier,
                .prose = "qnotify, which carries notices and released mail."},
};
const struct section table_root = {
        sizeof(struct config), sizeof(root_fields) / sizeof(*root_fields), root_fields};

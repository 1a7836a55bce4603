#include "tests/unit/workers/qscan/scanning.h"

#include "workers/qscan/policy.h"

/* The beginning of a program that Windows starts. */
static const unsigned char program[128] = {[0] = 'M', [1] = 'Z', [60] = 64, [64] = 'P', [65] = 'E'};

static struct scanning scanning;
static struct buf mail;
static char folder[PATH_MAX];

static int make_folder(void **state)
{
	snprintf(folder, sizeof(folder), "/tmp/test_attachments.XXXXXX");
	return mkdtemp(folder) ? 0 : -1;
}

static int drop_folder(void **state)
{
	char line[PATH_MAX + 16];

	buf_fini(&mail);
	snprintf(line, sizeof(line), "rm -r %s", folder);
	return system(line);
}

/* Runs a command in a private folder that holds x.exe, a program, and a.txt, and mails what it
 * made under `name`. */
static void mail_packed(const char *command, const char *made, const char *name)
{
	char line[PATH_MAX + 1024];
	struct buf bytes = {0}, fields = {0};

	snprintf(line, sizeof(line), "%s/x.exe", folder);
	assert_int_equal(file_write(line, program, sizeof(program), 0600, NULL), RESULT_OK);
	snprintf(line, sizeof(line), "cd %s && echo hello >a.txt && (%s) >/dev/null", folder,
	        command);
	assert_int_equal(system(line), 0);
	snprintf(line, sizeof(line), "%s/%s", folder, made);
	assert_int_equal(file_read(line, 64 << 20, &bytes, NULL), RESULT_OK);
	buf_add_format(&fields,
	        "Content-Type: application/octet-stream\r\n"
	        "Content-Disposition: attachment; filename=\"%s\"\r\n",
	        name);
	make_mail(&mail, fields.data, bytes.data, bytes.size);
	snprintf(line, sizeof(line), "rm -rf %s/*", folder);
	assert_int_equal(system(line), 0);
	buf_fini(&bytes);
	buf_fini(&fields);
}

static void run_packed(const char *command, const char *made, const char *name)
{
	mail_packed(command, made, name);
	scanning_run(&scanning, mail.data, mail.size);
}

static void run_named(const char *fields, const void *bytes, size_t size)
{
	make_mail(&mail, fields, bytes, size);
	scanning_run(&scanning, mail.data, mail.size);
}

static void open_defaults(const char *yaml)
{
	scanning_open(&scanning, yaml, &filter_map, &filter_attachments, NULL);
}

static void clean_mail_has_no_finding(void **state)
{
	open_defaults("");
	scanning_text(&scanning, "Received: x\r\nSubject: hi\r\n\r\nHello MZ\r\n");
	assert_string_equal(all_found(&scanning), "");
	assert_int_equal(scanning.scan.content_count, 1);
	assert_string_equal(scanning.scan.contents[0].true_type, "text/plain");
	run_named("Content-Type: image/png; name=a.png\r\n", "\x89PNG\r\n\x1a\n\0\0\0\rIHDR", 16);
	assert_string_equal(all_found(&scanning), "");
	scanning_close(&scanning);
}

/* Section B of what evades filters, each with names that are harmless twins. */
static void every_name_of_a_part_is_tried(void **state)
{
	static const char *const evil[] = {
	        "Content-Type: a/b; name=x.exe\r\nContent-Disposition: attachment; "
	        "filename=x.txt\r\n",
	        "Content-Type: a/b; name=x.txt\r\nContent-Disposition: attachment; "
	        "filename=x.exe\r\n",
	        "Content-Disposition: attachment; filename=x.txt; filename=x.exe\r\n",
	        "Content-Disposition: attachment; filename=x.txt; filename*=utf-8''x%2eexe\r\n",
	        "Content-Disposition: attachment; filename*1=xe; filename*0=x.e\r\n",
	        "Content-Disposition: attachment; filename=\"=?utf-8?B?eC5leGU=?=\"\r\n",
	        "Content-Disposition: attachment; filename=x.txt;.exe\r\n",
	        "Content-Disposition: attachment; filename=\"x.exe. \"\r\n",
	        "Content-Disposition: attachment; filename=\"x.exe::$DATA\"\r\n",
	        "Content-Disposition: attachment; filename=\"..\\\\..\\\\x.EXE\"\r\n",
	        "Content-Disposition: attachment; filename*=utf-8''x%E2%80%AE.exe\r\n",
	        "Content-Disposition: attachment; "
	        "filename*=utf-8''x.%EF%BD%85%EF%BD%98%EF%BD%85\r\n",
	        "Content-Disposition: attachment; filename=\"invoice.pdf.exe\"\r\n",
	        "Content-Disposition: attachment; "
	        "filename=\"x.{20D04FE0-3AEA-1069-A2D8-08002B30309D}\"\r\n",
	};
	static const char *const clean[] = {
	        "Content-Disposition: attachment; filename=\"invoice.exe.pdf\"\r\n",
	        "Content-Disposition: attachment; filename=\"exe\"\r\n",
	        "Content-Disposition: attachment; filename=\"report.txt\"\r\n"};

	open_defaults("");
	for (size_t at = 0; at < sizeof(evil) / sizeof(evil[0]); at++) {
		const struct finding *finding;

		run_named(evil[at], "hello", 5);
		finding = found(&scanning, "ATTACHMENT_EXECUTABLES");
		if (!finding)
			fail_msg("%s", evil[at]);
		assert_int_equal(finding->part, 2);
		assert_int_equal(finding->action, ACTION_CUT);
		assert_string_equal(finding->rule, "attachments.executables");
		assert_string_equal(finding->reason, "attachment");
		assert_int_equal(count_of(&scanning, "ATTACHMENT_EXECUTABLES"), 1);
	}
	for (size_t at = 0; at < sizeof(clean) / sizeof(clean[0]); at++) {
		run_named(clean[at], "hello", 5);
		if (found(&scanning, "ATTACHMENT_EXECUTABLES"))
			fail_msg("%s%s", clean[at], all_found(&scanning));
	}
	scanning_close(&scanning);
}

static void a_program_is_one_whatever_it_says(void **state)
{
	open_defaults("");
	run_named("Content-Type: application/pdf; name=invoice.pdf\r\n", program, sizeof(program));
	assert_non_null(found(&scanning, "ATTACHMENT_EXECUTABLES"));
	assert_int_equal(found(&scanning, "ATTACHMENT_EXECUTABLES")->action, ACTION_CUT);
	assert_non_null(found(&scanning, "TRAIT_DISGUISED"));
	assert_int_equal(found(&scanning, "TRAIT_DISGUISED")->action, ACTION_NONE);
	assert_int_equal(found(&scanning, "TRAIT_DISGUISED")->part, 2);
	run_named("Content-Type: application/pdf; name=invoice.pdf\r\n", "%PDF-1.4\n", 9);
	assert_string_equal(all_found(&scanning), "");
	run_named("Content-Type: a/b; name=thing.bin\r\n", program, sizeof(program));
	assert_non_null(found(&scanning, "ATTACHMENT_EXECUTABLES"));
	assert_null(found(&scanning, "TRAIT_DISGUISED"));
	scanning_close(&scanning);
}

static void rules_go_by_types_too(void **state)
{
	open_defaults("attachments: {rules: [{name: media, types: ['video/*'], action: quarantine,"
	              " text: too much}]}\n");
	run_named("Content-Type: video/mp4; name=a.mp4\r\n", "x", 1);
	assert_int_equal(found(&scanning, "ATTACHMENT_MEDIA")->action, ACTION_QUARANTINE);
	assert_string_equal(found(&scanning, "ATTACHMENT_MEDIA")->text, "too much");
	assert_string_equal(found(&scanning, "ATTACHMENT_MEDIA")->detail, "type video/mp4");
	run_named("Content-Type: a/b; name=x.exe\r\n", "x", 1);
	assert_string_equal(all_found(&scanning), "");
	scanning_close(&scanning);
}

/* Else a second name, that some other program opens it by, would be a pass. */
static void a_rule_that_allows_is_for_all_names_and_types_of_a_part(void **state)
{
	static const char *const evil[] = {"Content-Type: a/b; name=x.asice\r\n"
	                                   "Content-Disposition: attachment; filename=x.exe\r\n",
	        "Content-Type: a/b; name=x.exe\r\n"
	        "Content-Disposition: attachment; filename=x.asice\r\n",
	        "Content-Disposition: attachment; filename=x.asice\r\n"
	        "Content-Description: x.exe\r\n",
	        "Content-Type: a/b; name=x.exe\r\n"
	        "Content-Disposition: attachment; filename=\"x.docx/[trash]/1.dat\"\r\n",
	        "Content-Disposition: attachment; filename=\"x.exe:x.asice\"\r\n",
	        "Content-Disposition: attachment; filename=\"x.docx/[trash]/x.exe:1.dat\"\r\n",
	        "Content-Disposition: attachment; "
	        "filename=\"x.asice.{20D04FE0-3AEA-1069-A2D8-08002B30309D}\"\r\n"};
	static const char *const allowed[] = {
	        "Content-Type: a/b; name=x.asice\r\n"
	        "Content-Disposition: attachment; filename=\"X.ASICE\"\r\n"
	        "Content-Description: y.bdoc\r\n",
	        "Content-Disposition: attachment; filename=\"../x.asice\"\r\n",
	        "Content-Disposition: attachment; filename*=utf-8''x%E2%80%8B.asice\r\n"};

	open_defaults("");
	for (size_t at = 0; at < sizeof(evil) / sizeof(evil[0]); at++) {
		run_named(evil[at], program, sizeof(program));
		if (!found(&scanning, "ATTACHMENT_EXECUTABLES"))
			fail_msg("%s", evil[at]);
	}
	for (size_t at = 0; at < sizeof(allowed) / sizeof(allowed[0]); at++) {
		run_named(allowed[at], program, sizeof(program));
		if (found(&scanning, "ATTACHMENT_EXECUTABLES"))
			fail_msg("%s%s", allowed[at], all_found(&scanning));
	}
	scanning_close(&scanning);
	open_defaults("attachments: {rules: [{types: [a/b], action: allow}, "
	              "{name: rest, names: ['*']}]}\n");
	run_named("Content-Type: a/b; name=x\r\n", "x", 1);
	assert_null(found(&scanning, "ATTACHMENT_REST"));
	run_named("Content-Type: a/b; name=x\r\nContent-Type: c/d\r\n", "x", 1);
	assert_non_null(found(&scanning, "ATTACHMENT_REST"));
	scanning_close(&scanning);
	open_defaults("attachments: {rules: [{names: [noname.exe], action: allow}, "
	              "{name: rest, types: ['application/*']}]}\n");
	run_named("Content-Type: application/x-exe\r\n", "x", 1);
	assert_null(found(&scanning, "ATTACHMENT_REST"));
	run_named("Content-Type: application/hta\r\n", "x", 1);
	assert_non_null(found(&scanning, "ATTACHMENT_REST"));
	scanning_close(&scanning);
}

static void the_first_rule_decides(void **state)
{
	open_defaults("attachments: {rules: [{name: good, names: ['setup*.exe'], action: allow},"
	              " {name: programs, names: ['*.exe'], action: cut}]}\n");
	run_named("Content-Type: a/b; name=setup1.exe\r\n", program, sizeof(program));
	assert_string_equal(all_found(&scanning), "");
	run_named("Content-Type: a/b; name=x.exe\r\n", program, sizeof(program));
	assert_int_equal(count_of(&scanning, "ATTACHMENT_PROGRAMS"), 1);
	scanning_close(&scanning);
}

/* Section C: each container with a program in it, and its twin without. */
static void members_of_containers_are_held_against_the_rules(void **state)
{
	static const struct {
		const char *command, *made, *name, *where;
	} table[] = {
	        {"zip -q p.zip a.txt x.exe", "p.zip", "p.zip", "2/p.zip/x.exe"},
	        {"7z a -m0=bzip2 p.7z x.exe", "p.7z", "p.7z", "2/p.7z/x.exe"},
	        {"tar czf p.tgz x.exe", "p.tgz", "p.tgz", "2/p.tgz/p.tar/x.exe"},
	        {"gzip x.exe", "x.exe.gz", "x.exe.gz", "2/x.exe.gz/x.exe"},
	        {"zip -q i.zip x.exe && 7z a m.7z i.zip && tar cJf p.txz m.7z", "p.txz", "p.txz",
	                "2/p.txz/p.tar/m.7z/i.zip/x.exe"},
	        {"zip -q p.zip x.exe", "p.zip", "picture.jpg", "2/picture.jpg/x.exe"},
	};

	open_defaults("");
	for (size_t at = 0; at < sizeof(table) / sizeof(table[0]); at++) {
		const struct finding *finding;

		run_packed(table[at].command, table[at].made, table[at].name);
		finding = found(&scanning, "ATTACHMENT_EXECUTABLES");
		if (!finding || strcmp(finding->where, table[at].where))
			fail_msg("%s%s", table[at].command, all_found(&scanning));
		assert_int_equal(finding->part, 2);
	}
	run_packed("zip -q i.zip a.txt && 7z a m.7z i.zip && tar cJf p.txz m.7z", "p.txz", "p.txz");
	assert_string_equal(all_found(&scanning), "");
	scanning_close(&scanning);
}

static void a_rule_may_leave_containers_alone(void **state)
{
	open_defaults(
	        "attachments: {rules: [{name: programs, names: ['*.exe'], inside: never}]}\n");
	run_packed("zip -q p.zip x.exe", "p.zip", "p.zip");
	assert_null(found(&scanning, "ATTACHMENT_PROGRAMS"));
	run_named("Content-Type: a/b; name=x.exe\r\n", "x", 1);
	assert_non_null(found(&scanning, "ATTACHMENT_PROGRAMS"));
	scanning_close(&scanning);
}

static void what_cannot_be_opened_is_unscanned(void **state)
{
	static const struct {
		const char *command, *made;
		enum unscanned why;
	} table[] = {
	        {"zip -q -P word p.zip a.txt", "p.zip", UNSCANNED_ENCRYPTED},
	        {"7z a -pword -mhe=on p.7z a.txt", "p.7z", UNSCANNED_ENCRYPTED},
	        {"zip -q p.zip a.txt && head -c 60 p.zip >q.zip", "q.zip", UNSCANNED_FORMAT},
	        {"zip -q p.zip a.txt && cat p.zip p.zip >q.zip", "q.zip", UNSCANNED_AMBIGUOUS},
	        {"cp /usr/share/clamav-testfiles/clam.arj .", "clam.arj", UNSCANNED_FORMAT},
	        {"truncate -s 30M z && gzip z", "z.gz", UNSCANNED_LIMIT},
	};

	open_defaults("");
	for (size_t at = 0; at < sizeof(table) / sizeof(table[0]); at++) {
		const struct finding *finding = NULL;

		run_packed(table[at].command, table[at].made, table[at].made);
		for (size_t n = 0; n < scanning.scan.finding_count; n++)
			if (scanning.scan.findings[n].unscanned == table[at].why)
				finding = &scanning.scan.findings[n];
		if (!finding)
			fail_msg("%s%s", table[at].command, all_found(&scanning));
		assert_int_equal(finding->part, 2);
		assert_true(!strncmp(finding->where, "2/", 2));
	}
	scanning_close(&scanning);
}

static void limits_are_told(void **state)
{
	open_defaults("attachments: {max_depth: 3}\n");
	run_packed("zip -q 1.zip x.exe && zip -q 2.zip 1.zip && zip -q 3.zip 2.zip &&"
	           " zip -q 4.zip 3.zip",
	        "4.zip", "4.zip");
	assert_non_null(found(&scanning, "UNSCANNED_LIMIT"));
	assert_null(found(&scanning, "ATTACHMENT_EXECUTABLES"));
	run_packed(
	        "zip -q 1.zip x.exe && zip -q 2.zip 1.zip && zip -q 3.zip 2.zip", "3.zip", "3.zip");
	assert_null(found(&scanning, "UNSCANNED_LIMIT"));
	assert_non_null(found(&scanning, "ATTACHMENT_EXECUTABLES"));
	scanning_close(&scanning);
	open_defaults("attachments: {max_members: 2}\n");
	run_packed("touch b && zip -q p.zip a.txt b x.exe", "p.zip", "p.zip");
	assert_non_null(found(&scanning, "UNSCANNED_LIMIT"));
	scanning_close(&scanning);
}

/* A container of one member whose name is long, and so is that container's, and so on: each member
 * would have all of them in its path. */
static void long_names_and_paths_are_a_limit(void **state)
{
	enum { LEVELS = 5, LENGTH = 2040, LONG = 4000 };
	static const char pack[] =
	        "import zipfile\n"
	        "def pack(out, name, data):\n"
	        "    with zipfile.ZipFile(out, 'w') as z: z.writestr(name, data)\n"
	        "    return open(out, 'rb').read()\n";
	char command[700];

	open_defaults("");
	for (int levels = LEVELS - 2; levels <= LEVELS; levels += 2) {
		snprintf(command, sizeof(command),
		        "python3 -c \"%sd = b'x'\nfor i in range(%d): d = pack('a.zip', 'n' * %d + "
		        "'.zip', d)\"",
		        pack, levels, LENGTH);
		run_packed(command, "a.zip", "a.zip");
		assert_int_equal(found(&scanning, "UNSCANNED_LIMIT") != NULL, levels == LEVELS);
	}
	snprintf(command, sizeof(command),
	        "python3 -c \"%spack('a.zip', 'n' * %d + '.exe', b'x')\"", pack, LONG);
	run_packed(command, "a.zip", "a.zip");
	assert_non_null(found(&scanning, "UNSCANNED_LIMIT"));
	assert_int_equal(found(&scanning, "UNSCANNED_LIMIT")->part, 2);
	assert_non_null(found(&scanning, "ATTACHMENT_EXECUTABLES"));
	scanning_close(&scanning);
}

static void rules_take_no_longer_than_there_is_time(void **state)
{
	struct scan *scan = &scanning.scan;

	open_defaults("");
	run_packed("zip -q a.zip x.exe", "a.zip", "a.zip");
	assert_null(found(&scanning, "UNSCANNED_TIMEOUT"));
	scan->deadline_us = 0;
	filter_attachments.scan(scanning.states[1], scan);
	assert_int_equal(count_of(&scanning, "ATTACHMENT_EXECUTABLES"), 1);
	assert_string_equal(scan->findings[scan->finding_count - 1].symbol, "UNSCANNED_TIMEOUT");
	assert_string_equal(
	        scan->findings[scan->finding_count - 1].detail, "no time left for the rules");
	scanning_close(&scanning);
}

static void run_mail_with_decoded_parts(size_t size)
{
	static const char head[] = "Content-Transfer-Encoding: quoted-printable\r\n\r\n";
	char *text = alloc_zero(size + 1, 1);
	struct buf inner = {0};

	memset(text, ',', size); /* no base64 */
	for (size_t at = 76; at < size; at += 77)
		text[at] = '\n';
	buf_add_format(&inner,
	        "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n%s%s\r\n"
	        "--b\r\n%s%s\r\n--b--\r\n",
	        head, text, head, text);
	run_named("Content-Type: a/b; name=a.txt\r\n", inner.data, inner.size);
	buf_fini(&inner);
	free(text);
}

static void what_is_decoded_in_mail_inside_mail_is_unpacked_too(void **state)
{
	open_defaults("attachments: {max_expanded: 1M}\n");
	run_mail_with_decoded_parts(200 << 10);
	assert_string_equal(all_found(&scanning), "");
	run_mail_with_decoded_parts(600 << 10);
	assert_non_null(found(&scanning, "UNSCANNED_LIMIT"));
	assert_int_equal(found(&scanning, "UNSCANNED_LIMIT")->part, 2);
	scanning_close(&scanning);
}

/* And lines that look like fields are no limit in a text that is no mail. */
static void more_files_in_a_text_than_are_looked_at_are_told(void **state)
{
	static const char file[] = "begin 644 a.txt\n%:&5L;&\\\n`\nend\n\n";
	struct buf text = {0};

	open_defaults("attachments: {max_parts: 6}\n");
	buf_add_string(&text, "hello\n\n");
	for (int files = 1; files <= 8; files++) {
		buf_add_string(&text, file);
		run_named("Content-Type: a/b; name=a.dat\r\n", text.data, text.size);
		if ((found(&scanning, "UNSCANNED_LIMIT") != NULL) != (files > 5))
			fail_msg("%d files%s", files, all_found(&scanning));
	}
	buf_clear(&text);
	for (int line = 0; line < 1200; line++)
		buf_add_format(&text, "key-%d: value\n", line);
	run_named("Content-Type: a/b; name=a.txt\r\n", text.data, text.size);
	assert_string_equal(all_found(&scanning), "");
	buf_fini(&text);
	scanning_close(&scanning);
}

static void time_is_a_limit_too(void **state)
{
	open_defaults("");
	mail_packed("zip -q p.zip x.exe", "p.zip", "p.zip");
	scan_init(&scanning.scan, scanning.config, &scanning.submission, mail.data, mail.size);
	scanning.is_scanned = 1;
	filter_map.scan(NULL, &scanning.scan);
	scanning.scan.deadline_us = 1;
	filter_attachments.scan(scanning.states[1], &scanning.scan);
	assert_non_null(found(&scanning, "UNSCANNED_TIMEOUT"));
	scanning_close(&scanning);
}

/* Office documents and their like are ZIPs with odd members; they must pass. */
static void documents_pass(void **state)
{
	open_defaults("");
	run_packed("mkdir -p word/_rels _rels && echo '<Types/>' >'[Content_Types].xml' &&"
	           " echo x >_rels/.rels && echo x >word/document.xml && printf '\\1\\2' "
	           ">word/vbaProject.bin"
	           " && zip -qr p.docx '[Content_Types].xml' _rels word",
	        "p.docx", "p.docx");
	assert_string_equal(all_found(&scanning), "");
	run_packed("mkdir -p word && echo '<Types/>' >'[Content_Types].xml' && cp x.exe word/x.bin"
	           " && zip -qr p.docx '[Content_Types].xml' word",
	        "p.docx", "p.docx");
	assert_non_null(found(&scanning, "ATTACHMENT_EXECUTABLES"));
	scanning_close(&scanning);
}

static void winmail_dat_is_opened(void **state)
{
	open_defaults("");
	run_packed("cp /usr/share/clamav-testfiles/clam.tnef winmail.dat", "winmail.dat",
	        "winmail.dat");
	assert_non_null(found(&scanning, "ATTACHMENT_EXECUTABLES"));
	scanning_close(&scanning);
}

static const char inner[] = "From: b@example.org\r\nSubject: inner\r\n"
                            "Content-Type: application/x; name=x.exe\r\n\r\nprogram\r\n";

static void mail_inside_mail_is_read(void **state)
{
	static const char *const fields[] = {"Content-Type: message/rfc822\r\n",
	        "Content-Type: application/octet-stream; name=x.eml\r\n",
	        "Content-Type: text/plain; name=x.eml\r\n"};

	open_defaults("");
	for (size_t at = 0; at < 3; at++) {
		run_named(fields[at], inner, sizeof(inner) - 1);
		if (!found(&scanning, "ATTACHMENT_EXECUTABLES"))
			fail_msg("%s%s", fields[at], all_found(&scanning));
		assert_int_equal(found(&scanning, "ATTACHMENT_EXECUTABLES")->part, 2);
		assert_int_equal(count_of(&scanning, "ATTACHMENT_EXECUTABLES"), 1);
	}
	scanning_close(&scanning);
}

static void an_encoded_multipart_is_read(void **state)
{
	static const char body[] =
	        "--i\r\nContent-Type: a/b; name=x.exe\r\n\r\nprogram\r\n--i--\r\n";

	open_defaults("");
	run_named("Content-Type: multipart/mixed; boundary=i\r\n", body, sizeof(body) - 1);
	assert_non_null(found(&scanning, "ATTACHMENT_EXECUTABLES"));
	assert_int_equal(found(&scanning, "ATTACHMENT_EXECUTABLES")->part, 2);
	scanning_close(&scanning);
}

/* The name is that of a file in uuencoded text, which a base64 part holds; the bytes as they stand
 * are what is seen by who doesn't decode. */
static void text_that_may_be_encoded_is_looked_at_as_it_stands_as_well(void **state)
{
	static const char text[] = "Hello\r\nbegin 644 x.exe\r\n#0V%T\r\n`\r\nend\r\n";
	size_t at, as_it_stands = 0;

	open_defaults("");
	buf_clear(&mail);
	buf_add_string(&mail, "Subject: x\r\nContent-Type: text/plain\r\n"
	                      "Content-Transfer-Encoding: base64 foo\r\n\r\n");
	add_base64(&mail, text, sizeof(text) - 1);
	scanning_run(&scanning, mail.data, mail.size);
	assert_non_null(found(&scanning, "ATTACHMENT_EXECUTABLES"));
	for (at = 0; at < scanning.scan.content_count; at++)
		as_it_stands += scanning.scan.contents[at].bytes >= scanning.scan.bytes &&
		                scanning.scan.contents[at].bytes < scanning.scan.bytes + mail.size;
	assert_int_equal(as_it_stands, 1);
	scanning_close(&scanning);
}

static void a_part_without_a_name_has_the_one_that_clients_give_it(void **state)
{
	open_defaults("");
	run_named("Content-Type: application/x-msdownload\r\n", "hello", 5);
	assert_non_null(found(&scanning, "ATTACHMENT_EXECUTABLES"));
	run_named("Content-Type: application/hta\r\n", "hello", 5);
	assert_non_null(found(&scanning, "ATTACHMENT_SCRIPTS"));
	/* Old mail programs send much under this type; its name says better what it is. */
	run_named("Content-Type: application/x-msdownload; name=a.txt\r\n", "hello", 5);
	assert_string_equal(all_found(&scanning), "");
	scanning_close(&scanning);
}

static void a_picture_with_a_script_is_disguised(void **state)
{
	static const char live[] = "<svg xmlns='a'><script>alert(1)</script></svg>";
	static const char still[] = "<svg xmlns='a'><circle r='4'/></svg>";

	open_defaults("");
	run_named("Content-Type: image/svg+xml; name=a.svg\r\n", live, sizeof(live) - 1);
	assert_non_null(found(&scanning, "ATTACHMENT_DISGUISED"));
	run_named("Content-Type: image/svg+xml; name=a.svg\r\n", still, sizeof(still) - 1);
	assert_string_equal(all_found(&scanning), "");
	/* A page may show such a picture, and have scripts of its own. */
	run_named("Content-Type: text/html; name=a.html\r\n", live, sizeof(live) - 1);
	assert_null(found(&scanning, "ATTACHMENT_DISGUISED"));
	scanning_close(&scanning);
}

static void a_piece_of_an_archive_is_unscanned(void **state)
{
	static const struct {
		const char *name;
		int is_told;
	} table[] = {{"a.z01", 1}, {"a.r00", 1}, {"a.7z.002", 1}, {"x.exe.br", 1}, {"a.dat", 0},
	        {"a.1234", 0}, {"a.doc", 0}, {"notes.001", 0}};
	size_t at;

	open_defaults("");
	for (at = 0; at < sizeof(table) / sizeof(table[0]); at++) {
		const char *bytes =
		        strcmp(table[at].name, "notes.001") ? "\1\2\3\4\xff\xfe" : "words";
		char *fields = alloc_format(
		        "Content-Type: application/octet-stream; name=%s\r\n", table[at].name);

		run_named(fields, bytes, strlen(bytes));
		if ((found(&scanning, "UNSCANNED_FORMAT") != NULL) != table[at].is_told)
			fail_msg("%s:%s", table[at].name, all_found(&scanning));
		free(fields);
	}
	scanning_close(&scanning);
}

static void mail_in_mail_in_mail_ends_at_the_limit(void **state)
{
	struct buf level = {0}, next = {0};
	int at;

	buf_add_string(&level, inner);
	for (at = 0; at < 30; at++) {
		make_mail(&next, "Content-Type: message/rfc822\r\n", level.data, level.size);
		buf_clear(&level);
		buf_add(&level, next.data, next.size);
	}
	open_defaults("");
	scanning_run(&scanning, level.data, level.size);
	assert_non_null(found(&scanning, "UNSCANNED_LIMIT"));
	assert_true(scanning.scan.content_count < 200);
	scanning_close(&scanning);
	buf_fini(&level);
	buf_fini(&next);
}

static void what_is_encrypted_by_mail_programs_is_told(void **state)
{
	static const char cms[] = "\x30\x80\x06\x09\x2a\x86\x48\x86\xf7\x0d\1\7\3\xa0\x80";

	open_defaults("");
	run_named("Content-Type: application/pkcs7-mime; name=smime.p7m\r\n", cms, sizeof(cms) - 1);
	assert_non_null(found(&scanning, "UNSCANNED_ENCRYPTED"));
	scanning_text(&scanning, "Subject: x\r\n\r\n-----BEGIN PGP MESSAGE-----\r\n\r\nabc\r\n"
	                         "-----END PGP MESSAGE-----\r\n");
	assert_non_null(found(&scanning, "UNSCANNED_ENCRYPTED"));
	scanning_close(&scanning);
}

static void what_is_signed_is_opened(void **state)
{
	struct buf cms = {0};

	/* ContentInfo of signed-data, with the content in two pieces. */
	buf_add(&cms, "\x30\x80\x06\x09\x2a\x86\x48\x86\xf7\x0d\1\7\2\xa0\x80\x30\x80\2\1\1\x31\0",
	        22);
	buf_add(&cms, "\x30\x80\x06\x09\x2a\x86\x48\x86\xf7\x0d\1\7\1\xa0\x80\x24\x80\4\x14", 19);
	buf_add(&cms, inner, 20);
	buf_add_char(&cms, 4);
	buf_add_char(&cms, (char)(sizeof(inner) - 1 - 20));
	buf_add(&cms, inner + 20, sizeof(inner) - 1 - 20);
	buf_add(&cms, "\0\0\0\0\0\0\0\0\0\0\0\0", 12);
	open_defaults("");
	run_named("Content-Type: application/pkcs7-mime; name=smime.p7m\r\n", cms.data, cms.size);
	assert_non_null(found(&scanning, "ATTACHMENT_EXECUTABLES"));
	assert_int_equal(found(&scanning, "ATTACHMENT_EXECUTABLES")->part, 2);
	scanning_close(&scanning);
	buf_fini(&cms);
}

/* A text that was packed is read as the client reads it who opens it. */
static void texts_in_archives_are_opened_as_mail_and_for_files_in_them(void **state)
{
	static const char *const texts[] = {
	        "printf 'Content-Type : a/b; name=x.exe\\n\\nhello\\n' >a.eml",
	        "(for i in $(seq 600); do echo X-A: bbbbbbbbbbbbbbbbbbbb; done;"
	        " printf 'Content-Type: a/b; name=x.exe\\n\\nhello\\n') >a.eml",
	        "printf 'Content-Type: a/b; name=x.exe\\r\\rhello\\r' >a.eml",
	        "printf 'see\\n\\nbegin 644 x.exe\\n#86)C\\n`\\nend\\n' >a.eml",
	        "printf '=ybegin line=128 size=5 name=x.exe\\n\\222\\217\\226\\226\\231\\n"
	        "=yend size=5\\n' >a.eml",
	};
	char line[600];

	open_defaults("");
	for (size_t at = 0; at < sizeof(texts) / sizeof(texts[0]); at++) {
		snprintf(line, sizeof(line), "%s; zip -q a.zip a.eml", texts[at]);
		run_packed(line, "a.zip", "a.zip");
		if (!found(&scanning, "ATTACHMENT_EXECUTABLES"))
			fail_msg("%s%s", texts[at], all_found(&scanning));
	}
	run_packed("printf 'A note: x.exe\\n\\nbegin at once\\n' >a.eml; zip -q a.zip a.eml",
	        "a.zip", "a.zip");
	assert_string_equal(all_found(&scanning), "");
	scanning_close(&scanning);
}

/* Our own door sends a blank where a bare CR was. */
static void a_body_is_looked_at_as_it_is_sent_on(void **state)
{
	open_defaults("");
	scanning_text(&scanning, "Subject: x\r\n\r\nalpha\rbeta\r\n");
	assert_int_equal(scanning.scan.content_count, 2);
	assert_memory_equal(scanning.scan.contents[0].bytes, "alpha\rbeta\r\n", 12);
	assert_memory_equal(scanning.scan.contents[1].bytes, "alpha beta\r\n", 12);
	assert_int_equal(scanning.scan.contents[1].size, 12);
	scanning_text(&scanning, "Subject: x\r\n\r\nalpha\r\nbeta\r\n");
	assert_int_equal(scanning.scan.content_count, 1);
	scanning_close(&scanning);
}

static void what_was_packed_has_the_rest_of_the_name(void **state)
{
	static const struct {
		const char *name, *path;
	} table[] = {{"a.exe.gz", "2/a.exe.gz/a.exe"}, {"a.tgz", "2/a.tgz/a.tar"},
	        {"a.svgz", "2/a.svgz/a.svg"}, {"a.txt", "2/a.txt/a"}};

	open_defaults("");
	for (size_t at = 0; at < sizeof(table) / sizeof(table[0]); at++) {
		run_packed("gzip -nc a.txt >a.gz", "a.gz", table[at].name);
		assert_string_equal(scanning.scan.contents[scanning.scan.content_count - 1].path,
		        table[at].path);
	}
	scanning_close(&scanning);
}

/* ---------------------------------------------------------------- what rules may ask for */

#define RULE(rest) "attachments: {rules: [{name: one, " rest "}]}\n"

/* Browsers and PDF readers skip what is in front. */
static void a_file_that_begins_like_mail_is_still_what_it_is(void **state)
{
	static const char page[] =
	        "<html><script>var b = atob(\"%s\"); var a = document.createElement(\"a\"); "
	        "a.href = URL.createObjectURL(new Blob([b])); a.download = \"x.exe\"; "
	        "a.click();</script></html>";
	static const char *const fronts[] = {"", "Content-Type: text/plain\n\n",
	        "Content-Type: text/plain\nX: %s\n\nhello\n",
	        "Content-Type: multipart/mixed; boundary=b\n\n%s\n--b\n\nhello\n--b--\n"};
	char letters[2001] = "", *smuggling, *file;

	for (size_t at = 0; at + 17 < sizeof(letters); at += 16)
		memcpy(letters + at, "TVqQAAMAAAAEAAAA", 17);
	smuggling = alloc_format(page, letters);
	open_defaults("");
	for (size_t at = 0; at < sizeof(fronts) / sizeof(fronts[0]); at++) {
		const char *hole = strstr(fronts[at], "%s");

		file = hole ? alloc_format("%.*s%s%s", (int)(hole - fronts[at]), fronts[at],
		                      smuggling, hole + 2)
		            : alloc_format("%s%s", fronts[at], smuggling);
		run_named("Content-Type: a/b; name=x.html\r\n", file, strlen(file));
		if (!found(&scanning, "ATTACHMENT_SMUGGLED"))
			fail_msg("%.60s%s", file, all_found(&scanning));
		free(file);
	}
	run_named("Content-Type: a/b; name=x.html\r\n",
	        "Content-Type: text/plain\n\n<html><script>a.click();</script></html>", 65);
	assert_string_equal(all_found(&scanning), "");
	free(smuggling);
	scanning_close(&scanning);
}

static const struct finding *found_by(const char *yaml, const char *name, const char *content)
{
	char *fields = alloc_format("Content-Type: a/b; name=\"%s\"\r\n", name);

	if (scanning.config)
		scanning_close(&scanning);
	open_defaults(yaml);
	run_named(fields, content, strlen(content));
	free(fields);
	return found(&scanning, "ATTACHMENT_ONE");
}

static void names_may_be_meant_in_four_ways(void **state)
{
	assert_non_null(found_by(RULE("names: ['*.txt']"), "a.TXT", "x"));
	assert_null(found_by(RULE("names: ['*.tx']"), "a.txt", "x"));
	assert_non_null(found_by(RULE("match: exact, names: [a.txt]"), "A.txt. ", "x"));
	assert_null(found_by(RULE("match: exact, names: [txt]"), "a.txt", "x"));
	assert_non_null(found_by(RULE("match: prefix, names: [invoice]"), "Invoice-1.txt", "x"));
	assert_null(found_by(RULE("match: prefix, names: [invoice]"), "my-invoice.txt", "x"));
	assert_non_null(
	        found_by(RULE("match: regex, names: ['^scan_\\d{4,}\\.']"), "SCAN_2026.txt", "x"));
	assert_null(found_by(RULE("match: regex, names: ['^scan_\\d{4,}\\.']"), "scan_7.txt", "x"));
	scanning_close(&scanning);
}

static void a_regular_expression_that_takes_too_long_is_no_pass(void **state)
{
	char name[200];

	memset(name, 'a', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	assert_null(found_by(RULE("match: regex, names: ['^(a+)+\\d$']"), name, "x"));
	assert_non_null(found(&scanning, "UNSCANNED_LIMIT"));
	assert_string_equal(found(&scanning, "UNSCANNED_LIMIT")->rule, "attachments.one");
	assert_int_equal(found(&scanning, "UNSCANNED_LIMIT")->part, 2);
	scanning_close(&scanning);
}

/* Of the last name the pattern gives up only where it is held against what would be opened. */
static void what_a_pattern_left_open_is_not_forgotten_for_the_next_name(void **state)
{
#define HARD "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa@"
	static const struct {
		const char *pattern, *fields;
	} table[] = {
	        {"^(a+)+$", "Content-Type: a/b; name=z.txt\r\n"
	                    "Content-Disposition: attachment; filename=" HARD "\r\n"},
	        {"^(a+)+$",
	                "Content-Disposition: attachment; filename*=utf-8''%E2%80%8B" HARD "\r\n"},
	        {"/(a+)+$", "Content-Disposition: attachment; filename=" HARD "\r\n"},
	};
	char *yaml;

	for (size_t at = 0; at < sizeof(table) / sizeof(table[0]); at++) {
		yaml = alloc_format("attachments: {rules: [{match: regex, names: ['%s']}]}\n",
		        table[at].pattern);
		open_defaults(yaml);
		run_named(table[at].fields, "x", 1);
		if (!found(&scanning, "UNSCANNED_LIMIT"))
			fail_msg("%s%s", table[at].fields, all_found(&scanning));
		run_named("Content-Type: a/b; name=z.txt\r\n", "x", 1);
		assert_string_equal(all_found(&scanning), "");
		scanning_close(&scanning);
		free(yaml);
	}
#undef HARD
}

static void a_wrong_regular_expression_stops_the_start(void **state)
{
	struct config *config = scanning_config(RULE("match: regex, names: ['(']"));
	void *opened = NULL;
	struct err err;

	assert_int_equal(
	        filter_attachments.open(config, &opened, NULL, NULL, &err), RESULT_PERMANENT);
	assert_null(opened);
	assert_non_null(strstr(err.text, "rule one: \"(\""));
	config_free(&config);
}

static void sizes_are_those_of_the_decoded_content(void **state)
{
	assert_non_null(found_by(RULE("larger_than: 10"), "a.txt", "0123456789"));
	assert_null(found_by(RULE("larger_than: 11"), "a.txt", "0123456789"));
	assert_non_null(
	        found_by(RULE("names: ['*.txt'], smaller_than: 11"), "a.txt", "0123456789"));
	assert_null(found_by(RULE("names: ['*.txt'], smaller_than: 10"), "a.txt", "0123456789"));
	assert_null(found_by(RULE("names: ['*.doc'], larger_than: 1"), "a.txt", "0123456789"));
	scanning_close(&scanning);
}

static void rules_look_into_containers_or_not(void **state)
{
	static const struct {
		const char *yaml;
		int zipped, bare;
	} table[] = {
	        {RULE("names: ['*.exe'], inside: also"), 1, 1},
	        {RULE("names: ['*.exe'], inside: never"), 0, 1},
	        {RULE("names: ['*.exe'], inside: only"), 1, 0},
	};

	for (size_t at = 0; at < sizeof(table) / sizeof(table[0]); at++) {
		open_defaults(table[at].yaml);
		run_packed("zip -q a.zip x.exe", "a.zip", "a.zip");
		assert_int_equal(found(&scanning, "ATTACHMENT_ONE") != NULL, table[at].zipped);
		run_packed("true", "x.exe", "x.exe");
		assert_int_equal(found(&scanning, "ATTACHMENT_ONE") != NULL, table[at].bare);
		scanning_close(&scanning);
	}
}

static void a_pattern_with_a_slash_is_for_the_path(void **state)
{
	open_defaults(RULE("names: ['*/a.zip/sub/*']"));
	run_packed("mkdir sub; cp a.txt sub; zip -qr a.zip a.txt sub/a.txt", "a.zip", "a.zip");
	assert_string_equal(found(&scanning, "ATTACHMENT_ONE")->where, "2/a.zip/sub/a.txt");
	assert_int_equal(count_of(&scanning, "ATTACHMENT_ONE"), 1);
	scanning_close(&scanning);
}

static void the_direction_is_the_clients(void **state)
{
	open_defaults(RULE("names: ['*.txt'], direction: in"));
	run_named("Content-Type: a/b; name=a.txt\r\n", "x", 1);
	assert_non_null(found(&scanning, "ATTACHMENT_ONE"));
	scanning.submission.client_address = "198.51.100.7";
	run_named("Content-Type: a/b; name=a.txt\r\n", "x", 1);
	assert_null(found(&scanning, "ATTACHMENT_ONE"));
	scanning_close(&scanning);
	open_defaults(RULE("names: ['*.txt'], direction: out"));
	run_named("Content-Type: a/b; name=a.txt\r\n", "x", 1);
	assert_null(found(&scanning, "ATTACHMENT_ONE"));
	scanning.submission.sasl_username = "somebody";
	run_named("Content-Type: a/b; name=a.txt\r\n", "x", 1);
	assert_non_null(found(&scanning, "ATTACHMENT_ONE"));
	scanning_close(&scanning);
}

static void each_recipient_has_the_first_rule_that_is_for_him(void **state)
{
	open_defaults(
	        "attachments:\n  rules:\n"
	        "  - {name: lab, names: ['*.txt'], recipients: ['@lab.example.net'], "
	        "action: allow}\n"
	        "  - {name: sales, names: ['*.txt'], recipients: [s@example.net], action: tag}\n"
	        "  - {name: rest, names: ['*.txt']}\n");
	scanning_add_recipient(&scanning, "x@lab.example.net");
	scanning_add_recipient(&scanning, "s@example.net");
	run_named("Content-Type: a/b; name=a.txt\r\n", "x", 1);
	assert_false(finding_concerns(found(&scanning, "ATTACHMENT_SALES"), 0));
	assert_false(finding_concerns(found(&scanning, "ATTACHMENT_SALES"), 1));
	assert_true(finding_concerns(found(&scanning, "ATTACHMENT_SALES"), 2));
	assert_true(finding_concerns(found(&scanning, "ATTACHMENT_REST"), 0));
	assert_false(finding_concerns(found(&scanning, "ATTACHMENT_REST"), 1));
	assert_false(finding_concerns(found(&scanning, "ATTACHMENT_REST"), 2));
	scanning_close(&scanning);
}

static int is_quarantined(size_t recipient)
{
	const struct finding *finding;

	for (size_t at = 0; at < scanning.scan.finding_count; at++) {
		finding = &scanning.scan.findings[at];
		if (finding->action == ACTION_QUARANTINE && finding_concerns(finding, recipient))
			return 1;
	}
	return 0;
}

static void rules_of_one_name_are_still_two_rules(void **state)
{
	open_defaults(
	        "attachments:\n  rules:\n"
	        "  - {name: a-b, names: ['*.txt'], recipients: [r@example.net], action: tag}\n"
	        "  - {name: a_b, names: ['*.txt'], recipients: [s@example.net], "
	        "action: quarantine}\n"
	        "  - {name: a-b, names: ['*.txt'], action: quarantine}\n");
	scanning_add_recipient(&scanning, "s@example.net");
	scanning_add_recipient(&scanning, "t@example.net");
	run_named("Content-Type: a/b; name=a.txt\r\n", "x", 1);
	assert_false(is_quarantined(0));
	assert_true(is_quarantined(1));
	assert_true(is_quarantined(2));
	scanning_close(&scanning);
}

/* As it stands it is a text, and the first rule is for it; with its encoding undone it is none. */
static void a_rule_is_told_again_where_it_is_for_others(void **state)
{
	open_defaults("attachments:\n  rules:\n"
	              "  - {name: texts, true_types: [text/plain], recipients: [r@example.net], "
	              "action: tag}\n"
	              "  - {name: all, names: ['*.dat'], action: quarantine}\n");
	scanning_add_recipient(&scanning, "s@example.net");
	run_named("Content-Type: a/b; name=a.dat\r\nContent-Transfer-Encoding: 7bit\r\n",
	        "%PDF-1.4\n%\xe2\xe3\xcf\xd3\n1 0 obj\n", 22);
	assert_true(is_quarantined(0));
	assert_true(is_quarantined(1));
	scanning_close(&scanning);
}

static void an_encrypted_archive_is_a_trait_that_rules_ask_for(void **state)
{
	static const char pack[] = "7z a -psecret -mem=ZipCrypto a.zip a.txt";
	static const char open[] = "zip -q a.zip a.txt";

	open_defaults(RULE("traits: [encrypted], action: quarantine"));
	run_packed(pack, "a.zip", "a.zip");
	assert_int_equal(found(&scanning, "ATTACHMENT_ONE")->action, ACTION_QUARANTINE);
	assert_string_equal(found(&scanning, "ATTACHMENT_ONE")->detail, "trait encrypted");
	assert_int_equal(count_of(&scanning, "ATTACHMENT_ONE"), 1);
	run_packed(open, "a.zip", "a.zip");
	assert_null(found(&scanning, "ATTACHMENT_ONE"));
	scanning_close(&scanning);
}

/* That it was not scanned is said, and policy asks for nothing. */
static void an_allowed_encrypted_archive_is_still_not_called_scanned(void **state)
{
	const struct finding *finding;

	open_defaults(RULE("names: ['*.zip'], traits: [encrypted], recipients: [s@example.net], "
	                   "action: allow"));
	scanning_add_recipient(&scanning, "s@example.net");
	run_packed("7z a -psecret -mem=ZipCrypto a.zip a.txt", "a.zip", "a.zip");
	finding = found(&scanning, "UNSCANNED_ENCRYPTED");
	assert_non_null(finding);
	assert_int_equal(
	        policy_asks(&scanning.config->policy, &scanning.scan, finding, 0), ACTION_TAG);
	assert_int_equal(
	        policy_asks(&scanning.config->policy, &scanning.scan, finding, 1), ACTION_NONE);
	scanning_close(&scanning);
}

/* By its name alone a rule says nothing about what could not be scanned. */
static void a_rule_that_asks_for_no_trait_allows_no_encrypted_archive(void **state)
{
	open_defaults(RULE("names: ['*.zip'], action: allow"));
	run_packed("7z a -psecret -mem=ZipCrypto a.zip a.txt", "a.zip", "a.zip");
	assert_int_equal(policy_asks(&scanning.config->policy, &scanning.scan,
	                         found(&scanning, "UNSCANNED_ENCRYPTED"), 0),
	        ACTION_TAG);
	scanning_close(&scanning);
}

static void contents_of_another_kind_than_their_names_are_named(void **state)
{
	static const struct {
		const char *name, *content;
		int mismatch;
	} table[] = {
	        {"a.pdf", "<html><body>log in</body></html>", 1},
	        {"a.pdf", "%PDF-1.4\n", 0},
	        {"a.jpg", "\x89PNG\r\n\x1a\n\1\1\1\rIHDR", 0},
	        {"a.jpg", "%PDF-1.4\n", 1},
	        {"a.doc", "{\\rtf1 hello}", 0},
	        {"a.xls", "<html><table></table></html>", 0},
	        {"a.txt", "hello", 0},
	        {"a.unknown", "%PDF-1.4\n", 0},
	};

	for (size_t at = 0; at < sizeof(table) / sizeof(table[0]); at++) {
		found_by("", table[at].name, table[at].content);
		if ((found(&scanning, "TRAIT_MISMATCH") != NULL) != table[at].mismatch)
			fail_msg("%s: %s%s", table[at].name, table[at].content,
			        all_found(&scanning));
	}
	scanning_close(&scanning);
}

/* Word and Excel leave such members in documents that were signed: bytes of any kind. */
static void the_rests_in_a_signed_document_are_no_programs(void **state)
{
	open_defaults("");
	run_packed("mkdir '[trash]'; cp x.exe '[trash]/0000.dat'; zip -qr a.docx '[trash]'",
	        "a.docx", "a.docx");
	assert_null(found(&scanning, "ATTACHMENT_EXECUTABLES"));
	run_packed(
	        "mkdir other; cp x.exe other/0000.dat; zip -qr a.docx other", "a.docx", "a.docx");
	assert_non_null(found(&scanning, "ATTACHMENT_EXECUTABLES"));
	run_packed("mkdir '[trash]'; cp x.exe '[trash]/0000.dat'; zip -qr a.zip '[trash]'", "a.zip",
	        "a.zip");
	assert_non_null(found(&scanning, "ATTACHMENT_EXECUTABLES"));
	scanning_close(&scanning);
}

static void taking_apart_takes_no_longer_than_its_own_limit(void **state)
{
	open_defaults("attachments: {max_time: 100ms, max_expanded: 4G, max_ratio: 100000}\n");
	scanning.config->attachments.max_time_ms = 0;
	run_packed("zip -q a.zip a.txt", "a.zip", "a.zip");
	assert_non_null(found(&scanning, "UNSCANNED_LIMIT"));
	assert_null(found(&scanning, "UNSCANNED_TIMEOUT"));
	scanning_close(&scanning);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(clean_mail_has_no_finding),
	        cmocka_unit_test(every_name_of_a_part_is_tried),
	        cmocka_unit_test(a_program_is_one_whatever_it_says),
	        cmocka_unit_test(rules_go_by_types_too),
	        cmocka_unit_test(a_rule_that_allows_is_for_all_names_and_types_of_a_part),
	        cmocka_unit_test(the_first_rule_decides),
	        cmocka_unit_test(members_of_containers_are_held_against_the_rules),
	        cmocka_unit_test(a_rule_may_leave_containers_alone),
	        cmocka_unit_test(what_cannot_be_opened_is_unscanned),
	        cmocka_unit_test(limits_are_told),
	        cmocka_unit_test(long_names_and_paths_are_a_limit),
	        cmocka_unit_test(rules_take_no_longer_than_there_is_time),
	        cmocka_unit_test(what_is_decoded_in_mail_inside_mail_is_unpacked_too),
	        cmocka_unit_test(more_files_in_a_text_than_are_looked_at_are_told),
	        cmocka_unit_test(time_is_a_limit_too),
	        cmocka_unit_test(documents_pass),
	        cmocka_unit_test(winmail_dat_is_opened),
	        cmocka_unit_test(mail_inside_mail_is_read),
	        cmocka_unit_test(an_encoded_multipart_is_read),
	        cmocka_unit_test(text_that_may_be_encoded_is_looked_at_as_it_stands_as_well),
	        cmocka_unit_test(a_part_without_a_name_has_the_one_that_clients_give_it),
	        cmocka_unit_test(a_picture_with_a_script_is_disguised),
	        cmocka_unit_test(a_piece_of_an_archive_is_unscanned),
	        cmocka_unit_test(mail_in_mail_in_mail_ends_at_the_limit),
	        cmocka_unit_test(what_is_encrypted_by_mail_programs_is_told),
	        cmocka_unit_test(what_is_signed_is_opened),
	        cmocka_unit_test(a_file_that_begins_like_mail_is_still_what_it_is),
	        cmocka_unit_test(what_was_packed_has_the_rest_of_the_name),
	        cmocka_unit_test(names_may_be_meant_in_four_ways),
	        cmocka_unit_test(a_regular_expression_that_takes_too_long_is_no_pass),
	        cmocka_unit_test(what_a_pattern_left_open_is_not_forgotten_for_the_next_name),
	        cmocka_unit_test(a_wrong_regular_expression_stops_the_start),
	        cmocka_unit_test(sizes_are_those_of_the_decoded_content),
	        cmocka_unit_test(rules_look_into_containers_or_not),
	        cmocka_unit_test(a_pattern_with_a_slash_is_for_the_path),
	        cmocka_unit_test(the_direction_is_the_clients),
	        cmocka_unit_test(each_recipient_has_the_first_rule_that_is_for_him),
	        cmocka_unit_test(rules_of_one_name_are_still_two_rules),
	        cmocka_unit_test(a_rule_is_told_again_where_it_is_for_others),
	        cmocka_unit_test(an_encrypted_archive_is_a_trait_that_rules_ask_for),
	        cmocka_unit_test(an_allowed_encrypted_archive_is_still_not_called_scanned),
	        cmocka_unit_test(a_rule_that_asks_for_no_trait_allows_no_encrypted_archive),
	        cmocka_unit_test(contents_of_another_kind_than_their_names_are_named),
	        cmocka_unit_test(the_rests_in_a_signed_document_are_no_programs),
	        cmocka_unit_test(taking_apart_takes_no_longer_than_its_own_limit),
	        cmocka_unit_test(texts_in_archives_are_opened_as_mail_and_for_files_in_them),
	        cmocka_unit_test(a_body_is_looked_at_as_it_is_sent_on),
	};

	return cmocka_run_group_tests(tests, make_folder, drop_folder);
}

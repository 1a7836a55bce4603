#include "tests/unit/workers/qscan/packing.h"

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
	        cmocka_unit_test(texts_in_archives_are_opened_as_mail_and_for_files_in_them),
	        cmocka_unit_test(a_body_is_looked_at_as_it_is_sent_on),
	};

	return cmocka_run_group_tests(tests, make_folder, drop_folder);
}

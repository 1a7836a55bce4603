#include "lib/filetype/filetype.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base/buf.h"
#include "lib/base/file.h"

static struct filetype *types;

static int open_types(void **state)
{
	return filetype_open(&types, NULL) ? -1 : 0;
}

static int close_types(void **state)
{
	filetype_close(&types);
	return types ? -1 : 0;
}

#define IS(literal, want)                                                                          \
	assert_string_equal(filetype_of(types, literal, sizeof(literal) - 1, &weak), want)

static void text_is_told_apart_by_how_it_begins(void **state)
{
	int weak;

	IS("Hello,\r\nall is well.\r\n", "text/plain");
	IS("caf\xc3\xa9", "text/plain");
	IS("caf\xe9", "text/plain");
	IS("\xef\xbb\xbf  <!DOCTYPE HTML>", "text/html");
	IS("some words <script>x()</script>", "text/html");
	IS("<svg xmlns=''><script/></svg>", "image/svg+xml");
	IS("<?xml version='1.0'?><a/>", "text/xml");
	IS("{\\rt1 }", "text/rtf");
	IS("#!/bin/sh\n", "text/x-shellscript");
	IS("@ECHO OFF\r\n", "text/x-msdos-batch");
	IS("[InternetShortcut]\r\nURL=x", "application/x-mswinurl");
	IS("BEGIN:VCALENDAR\r\n", "text/calendar");
	IS("%PDF-1.4\n", "application/pdf");
	IS("junk\n%PDF-1.4\n", "application/pdf");
	assert_false(weak);
}

static void what_a_system_opens_by_its_shape_has_a_type(void **state)
{
	int weak;

	IS("; a comment\r\n[{000214A0-0000-0000-C000-000000000046}]\r\nProp3=19,2\r\n"
	   "[InternetShortcut]\r\nURL=x",
	        "application/x-mswinurl");
	IS("[x]\r\na=b\r\n[InternetShortcut]\r\nURL=x", "application/x-mswinurl");
	IS("[Shell]\r\nCommand=2\r\n", "application/x-ms-shell-command");
	IS("#!/usr/bin/env xdg-open\n[Desktop Entry]\nName=x\nExec=sh\n", "application/x-desktop");
	IS("[Version]\r\nSignature=\"$CHICAGO$\"\r\n[DefaultInstall]\r\nRunPreSetupCommands=x\r\n",
	        "application/x-setupscript");
	IS("<?xml version=\"1.0\"?><libraryDescription xmlns='x'/>", "application/x-ms-library");
	IS("<?xml version=\"1.0\"?>\n<!-- x -->\n<persistedQuery version='1.0'/>",
	        "application/x-ms-search");
	IS("<searchConnectorDescription/>", "application/x-ms-search");
	IS("<PCSettings><SearchableContent/></PCSettings>", "application/x-ms-settingcontent");
	IS("<?xml version='1.0'?><MMC_ConsoleFile ConsoleVersion='3.0'/>", "application/x-ms-mmc");
	IS("<job id='x'><script language='JScript'>x()</script></job>", "application/x-ms-wsf");
	IS("<package><job><script language='VBScript'/></job></package>", "application/x-ms-wsf");
	IS("<?XML version='1.0'?><scriptlet><registration/></scriptlet>", "text/scriptlet");
	IS("<html><head><HTA:APPLICATION id='x'></head></html>", "application/hta");
	IS("Windows Registry Editor Version 5.00\r\n", "text/x-ms-regedit");
	IS("REGEDIT4\r\n", "text/x-ms-regedit");
	IS("WEB\r\n1\r\nhttp://www.example.org/x\r\n", "text/x-ms-iqy");
	IS("ID;PWXL;N;E\r\nP;PGeneral\r\n", "application/x-sylk");
	IS("#@~^AQAAAA==x", "text/x-ms-encoded-script");
	IS("screen mode id:i:2\r\nfull address:s:example.org\r\n", "application/x-rdp");
	IS("http://example.org/x.application#x.app, Culture=neutral, PublicKeyToken=0123, x",
	        "application/x-ms-application-reference");
	assert_false(weak);
}

static void what_speaks_of_such_files_is_none(void **state)
{
	int weak;

	IS("Look for a line with\r\n[InternetShortcut]\r\nURL=x\r\nin the file.", "text/plain");
	IS("It says:\r\n[Shell]\r\nCommand=2\r\n", "text/plain");
	IS("[Desktop Entry]\nName=a picture\nType=Link\n", "text/plain");
	IS("[Version]\r\nNumber=1\r\n", "text/plain");
	IS("[settings]\r\nshell=1\r\n", "text/plain");
	IS("<?xml version='1.0'?><invoice><job/><PCSettings/></invoice>", "text/xml");
	IS("<?xml version='1.0'?><package><metadata/></package>", "text/xml");
	IS("<?xml version='1.0'?><job><title>x</title></job>", "text/xml");
	IS("Windows Registry Editor is a program.", "text/plain");
	IS("The file begins with REGEDIT4.", "text/plain");
	IS("WEB\r\nis short for World Wide Web:", "text/plain");
	IS("ID;Product;Price\r\n1;Apples;2\r\n", "text/plain");
	IS("#@~^ are signs", "text/plain");
	IS("Note: the line\r\nfull address:s:example.org\r\nis what to change.", "text/plain");
	IS("http://example.org/x.application is our program", "text/plain");
	IS("FasdUAS is how they begin", "text/plain");
	IS("dex\n0 and more words, of which there are so many that a header would have room in "
	   "them, as it is not long at all.",
	        "text/plain");
}

static void shapes_are_seen_in_utf16_too(void **state)
{
	static const char text[] = "[InternetShortcut]\r\nURL=x\r\n";
	struct buf wide = {0};
	int weak;

	buf_add(&wide, "\xff\xfe", 2);
	for (size_t at = 0; text[at]; at++) {
		buf_add_char(&wide, text[at]);
		buf_add_char(&wide, 0);
	}
	assert_string_equal(
	        filetype_of(types, wide.data, wide.size, &weak), "application/x-mswinurl");
	buf_fini(&wide);
}

static void utf16_text_is_text(void **state)
{
	int weak;

	IS("\xff\xfe@\0e\0c\0h\0o\0 \0o\0f\0f\0", "text/x-msdos-batch");
	IS("\xfe\xff\0h\0i", "text/plain");
	assert_null(filetype_text("\xff\xfe\1\0\2\0", 6));
}

static void binary_bytes_are_no_text(void **state)
{
	assert_null(filetype_text("ab\0cd", 5));
	assert_null(filetype_text("\1\2\3\4", 4));
	assert_string_equal(filetype_text("", 0), "text/plain");
}

static void the_letters_mz_alone_make_no_program(void **state)
{
	int weak;

	IS("MZ is how this sentence begins, and it goes on for more than sixty-four letters.\n",
	        "text/plain");
	assert_null(filetype_program("MZ\1\2", 4));
	IS("MZ\xff\xff\xff\xff\1\2\3\4\5\6\7\10\11\12\13\14\15\16\17\20\1\1\1\1\1\1\1\1",
	        "application/octet-stream");
	assert_true(weak);
}

static void programs_are_known_by_their_headers(void **state)
{
	unsigned char pe[128] = "MZ", elf[64] = "\177ELF\2\1\1", mach[64] = "\xcf\xfa\xed\xfe";
	unsigned char dex[128] = "dex\n035";
	unsigned char java[64] = "\xca\xfe\xba\xbe\0\0\0\x34", fat[64] = "\xca\xfe\xba\xbe\0\0\0\2";
	struct buf clam = {0};

	pe[60] = 64;
	memcpy(pe + 64, "PE\0\0", 4);
	assert_string_equal(
	        filetype_program(pe, 128), "application/vnd.microsoft.portable-executable");
	assert_null(filetype_program(pe, 64));
	assert_string_equal(filetype_program(elf, 64), "application/x-executable");
	assert_string_equal(filetype_program(mach, 64), "application/x-mach-binary");
	assert_string_equal(filetype_program(java, 64), "application/x-java-applet");
	assert_string_equal(filetype_program(fat, 64), "application/x-mach-binary");
	assert_string_equal(filetype_program("L\0\0\0\1\24\2\0\0\0\0\0\300\0\0\0\0\0\0F", 20),
	        "application/x-ms-shortcut");
	assert_null(filetype_program(dex, 128));
	dex[36] = 112;
	assert_string_equal(filetype_program(dex, 128), "application/vnd.android.dex");
	assert_string_equal(
	        filetype_program("FasdUAS 1.101.10\0\0\0\1", 20), "application/x-applescript");
	assert_int_equal(
	        file_read("/usr/share/clamav-testfiles/clam.exe", 1 << 20, &clam, NULL), RESULT_OK);
	assert_non_null(filetype_program(clam.data, clam.size));
	buf_fini(&clam);
}

static void the_rest_is_libmagics(void **state)
{
	int weak;

	IS("\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\1\0\0\0\1\10\2\0\0\0", "image/png");
	assert_false(weak);
	IS("\x1f\x8b\10\0\0\0\0\0\0\3\1\2\3", "application/gzip");
	assert_false(weak);
	IS("\1\2\3\4\5\6\7\10", "application/octet-stream");
	assert_true(weak);
	IS("", "application/x-empty");
	assert_true(weak);
}

static void a_pdf_behind_binary_junk_is_a_pdf(void **state)
{
	int weak;

	IS("\1\2\3\4\0\0\0\0%PDF-1.7\n", "application/pdf");
	assert_false(weak);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(text_is_told_apart_by_how_it_begins),
	        cmocka_unit_test(what_a_system_opens_by_its_shape_has_a_type),
	        cmocka_unit_test(what_speaks_of_such_files_is_none),
	        cmocka_unit_test(shapes_are_seen_in_utf16_too),
	        cmocka_unit_test(utf16_text_is_text),
	        cmocka_unit_test(binary_bytes_are_no_text),
	        cmocka_unit_test(the_letters_mz_alone_make_no_program),
	        cmocka_unit_test(programs_are_known_by_their_headers),
	        cmocka_unit_test(the_rest_is_libmagics),
	        cmocka_unit_test(a_pdf_behind_binary_junk_is_a_pdf),
	};

	return cmocka_run_group_tests(tests, open_types, close_types);
}

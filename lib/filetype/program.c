#include "lib/filetype/filetype.h"

#include <stdint.h>
#include <string.h>

#include "lib/base/bytes.h"

/* A plain DOS program: its header must describe a file of about this size, so that a text which
 * begins with "MZ" is none. */
static int is_dos(const unsigned char *bytes, size_t size)
{
	size_t last = bytes_little16(bytes + 2), pages = bytes_little16(bytes + 4);
	size_t header = bytes_little16(bytes + 8) * 16;

	if (!pages || last > 511 || header < 28 || header > size)
		return 0;
	return (pages - 1) * 512 + last <= size + 512;
}

static const char *dos_or_windows(const unsigned char *bytes, size_t size)
{
	static const char *const newer[] = {"NE", "LE", "LX"};
	size_t at;

	if (size < 28 || (memcmp(bytes, "MZ", 2) && memcmp(bytes, "ZM", 2)))
		return NULL;
	if (size >= 64) {
		at = bytes_little32(bytes + 60);
		if (at <= size - 4 && !memcmp(bytes + at, "PE\0\0", 4))
			return "application/vnd.microsoft.portable-executable";
		for (size_t n = 0; n < sizeof(newer) / sizeof(newer[0]); n++)
			if (at >= 64 && at <= size - 4 && !memcmp(bytes + at, newer[n], 2))
				return "application/x-dosexec";
	}
	return is_dos(bytes, size) ? "application/x-dosexec" : NULL;
}

static const char *elf(const unsigned char *bytes, size_t size)
{
	if (size < 20 || memcmp(bytes, "\177ELF", 4) || bytes[4] < 1 || bytes[4] > 2 ||
	        bytes[5] < 1 || bytes[5] > 2)
		return NULL;
	return "application/x-executable";
}

/* 0xcafebabe is both a Mach-O for several machines and a Java class: the next number is a count of
 * machines, always small, or a class version, always at least 45. */
static const char *mach_or_java(const unsigned char *bytes, size_t size)
{
	uint32_t magic;

	if (size < 28)
		return NULL;
	magic = bytes_big32(bytes);
	if (magic == 0xcafebabe)
		return bytes_big32(bytes + 4) < 45 ? "application/x-mach-binary"
		                                   : "application/x-java-applet";
	if (magic == 0xfeedface || magic == 0xfeedfacf || magic == 0xcefaedfe ||
	        magic == 0xcffaedfe)
		return "application/x-mach-binary";
	return NULL;
}

static const char *shortcut(const unsigned char *bytes, size_t size)
{
	static const unsigned char head[] = {
	        0x4c, 0, 0, 0, 0x01, 0x14, 0x02, 0, 0, 0, 0, 0, 0xc0, 0, 0, 0, 0, 0, 0, 0x46};

	if (size < sizeof(head) || memcmp(bytes, head, sizeof(head)))
		return NULL;
	return "application/x-ms-shortcut";
}

/* Android's programs, with the version of their format in digits. */
static const char *dex(const unsigned char *bytes, size_t size)
{
	if (size < 112 || memcmp(bytes, "dex\n0", 5) || bytes[7] ||
	        bytes_little32(bytes + 36) != 112)
		return NULL;
	return "application/vnd.android.dex";
}

static const char *apple_script(const unsigned char *bytes, size_t size)
{
	return size > 16 && !memcmp(bytes, "FasdUAS 1.", 10) ? "application/x-applescript" : NULL;
}

const char *filetype_program(const void *bytes, size_t size)
{
	static const char *(*const shapes[])(const unsigned char *, size_t) = {
	        dos_or_windows, elf, mach_or_java, shortcut, dex, apple_script};
	const char *type = NULL;
	size_t at;

	for (at = 0; !type && at < sizeof(shapes) / sizeof(shapes[0]); at++)
		type = shapes[at](bytes, size);
	return type;
}

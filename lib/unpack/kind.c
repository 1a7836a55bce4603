#include "lib/unpack/kind.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/bytes.h"

enum {
	FOOTER_SIZE = 512,
	ZIP_END_SIZE = 22,
};

/* Bytes at an offset. Those too short to be trusted alone have a check of their own below. */
static const struct {
	struct kind kind;
	size_t offset;
	size_t length;
	const char *magic;
} table[] = {
        {{"zip", KIND_ZIP}, 0, 4, "PK\3\4"},
        {{"zip", KIND_ZIP}, 0, 4, "PK\5\6"},
        {{"zip", KIND_ZIP}, 0, 4, "PK\7\10"},
        {{"tnef", KIND_TNEF}, 0, 4, "\x78\x9f\x3e\x22"},
        {{"7z", KIND_ARCHIVE}, 0, 6, "7z\xbc\xaf\x27\x1c"},
        {{"rar", KIND_ARCHIVE}, 0, 7, "Rar!\x1a\7\0"},
        {{"rar5", KIND_ARCHIVE}, 0, 8, "Rar!\x1a\7\1\0"},
        {{"cab", KIND_ARCHIVE}, 0, 8, "MSCF\0\0\0\0"},
        {{"tar", KIND_ARCHIVE}, 257, 5, "ustar"},
        {{"iso", KIND_ARCHIVE}, 32769, 5, "CD001"},
        {{"cpio", KIND_ARCHIVE}, 0, 6, "070707"},
        {{"cpio", KIND_ARCHIVE}, 0, 6, "070701"},
        {{"cpio", KIND_ARCHIVE}, 0, 6, "070702"},
        {{"ar", KIND_ARCHIVE}, 0, 8, "!<arch>\n"},
        {{"xar", KIND_ARCHIVE}, 0, 4, "xar!"},
        {{"gzip", KIND_SINGLE}, 0, 3, "\x1f\x8b\10"},
        {{"bzip2", KIND_SINGLE}, 4, 6, "1AY&SY"},
        {{"bzip2", KIND_SINGLE}, 4, 6, "\x17\x72\x45\x38\x50\x90"},
        {{"xz", KIND_SINGLE}, 0, 6, "\xfd\x37zXZ\0"},
        {{"zstd", KIND_SINGLE}, 0, 4, "\x28\xb5\x2f\xfd"},
        {{"lz4", KIND_SINGLE}, 0, 4, "\4\x22\x4d\x18"},
        {{"lzip", KIND_SINGLE}, 0, 5, "LZIP\1"},
        {{"compress", KIND_SINGLE}, 0, 2, "\x1f\x9d"},
        {{"rpm", KIND_SINGLE}, 0, 4, "\xed\xab\xee\xdb"},
        {{"ace", KIND_NONE}, 7, 7, "**ACE**"},
        {{"alz", KIND_NONE}, 0, 4, "ALZ\1"},
        {{"egg", KIND_NONE}, 0, 4, "EGGA"},
        {{"wim", KIND_NONE}, 0, 8, "MSWIM\0\0\0"},
        {{"vhd", KIND_NONE}, 0, 8, "conectix"},
        {{"vhdx", KIND_NONE}, 0, 8, "vhdxfile"},
        {{"vmdk", KIND_NONE}, 0, 4, "KDMV"},
        {{"qcow", KIND_NONE}, 0, 4, "QFI\xfb"},
        {{"chm", KIND_NONE}, 0, 4, "ITSF"},
        {{"zoo", KIND_NONE}, 20, 4, "\xdc\xa7\xc4\xfd"},
        {{"stuffit", KIND_NONE}, 0, 8, "StuffIt "},
        {{"installshield", KIND_NONE}, 0, 4, "ISc("},
        {{"szdd", KIND_NONE}, 0, 8, "SZDD\x88\xf0\x27\x33"},
        {{"kwaj", KIND_NONE}, 0, 8, "KWAJ\x88\xf0\x27\xd1"},
        {{"squashfs", KIND_NONE}, 0, 4, "hsqs"},
        {{"udf", KIND_NONE}, 32769, 5, "BEA01"},
        {{"zpaq", KIND_NONE}, 0, 10, "7kSt\xa0\x31\x83\xd3\x8c\xb2"},
};

static int has(const unsigned char *bytes, size_t size, size_t at, const char *magic, size_t length)
{
	return at <= size && length <= size - at && !memcmp(bytes + at, magic, length);
}

/* Before POSIX a tar had no magic, only a sum of its first 512 bytes. */
static int is_old_tar(const unsigned char *bytes, size_t size)
{
	unsigned long sum = 0, claimed;
	char digits[9] = "";
	size_t at;

	if (size < 512 || !bytes[0] || bytes[148] < ' ' || bytes[148] > '7')
		return 0;
	memcpy(digits, bytes + 148, 8);
	claimed = strtoul(digits, NULL, 8);
	for (at = 0; at < 512; at++)
		sum += at >= 148 && at < 156 ? ' ' : bytes[at];
	return claimed && sum == claimed;
}

/* Method "-lh5-" and its kin at offset 2. */
static int is_lha(const unsigned char *bytes, size_t size)
{
	return size > 24 && bytes[2] == '-' && bytes[3] == 'l' &&
	       (bytes[4] == 'h' || bytes[4] == 'z') && bytes[6] == '-';
}

/* The two bytes must be followed by a main header: its length, and type 2. */
static int is_arj(const unsigned char *bytes, size_t size)
{
	unsigned length;

	if (!has(bytes, size, 0, "\x60\xea", 2) || size < 12)
		return 0;
	length = bytes_little16(bytes + 2);
	return length >= 30 && length <= 2600 && bytes[10] == 2;
}

/* Old binary cpio: two bytes, then fields of which the name's length can be checked. */
static int is_binary_cpio(const unsigned char *bytes, size_t size)
{
	unsigned length;

	if (size < 28)
		return 0;
	if (!memcmp(bytes, "\xc7\x71", 2))
		length = bytes_little16(bytes + 20);
	else if (!memcmp(bytes, "\x71\xc7", 2))
		length = bytes[21] | (unsigned)bytes[20] << 8;
	else
		return 0;
	return length && length < 1024 && 26 + length <= size && !bytes[26 + length - 1];
}

/* LZMA alone has no magic: its usual properties, a dictionary of a power of two, unknown length. */
static int is_lzma(const unsigned char *bytes, size_t size)
{
	return size > 13 && !memcmp(bytes, "\x5d\0\0", 3) &&
	       (!memcmp(bytes + 5, "\xff\xff\xff\xff\xff\xff\xff\xff", 8) ||
	               !memcmp(bytes + 9, "\0\0\0\0", 4)) &&
	       !bytes[13];
}

/* A Windows Installer file is an OLE document with a class of its own. */
static int is_msi(const unsigned char *bytes, size_t size)
{
	static const char class[] = "\x84\x10\x0c\0\0\0\0\0\xc0\0\0\0\0\0\0\x46";

	return has(bytes, size, 0, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", 8) &&
	       memmem(bytes, size, class, sizeof(class) - 1);
}

static int has_footer(const unsigned char *bytes, size_t size, const char *magic)
{
	return size >= FOOTER_SIZE && has(bytes, size, size - FOOTER_SIZE, magic, strlen(magic));
}

static int is_dmg(const unsigned char *bytes, size_t size)
{
	return has_footer(bytes, size, "koly");
}

static int is_fixed_vhd(const unsigned char *bytes, size_t size)
{
	return has_footer(bytes, size, "conectix");
}

static const struct {
	struct kind kind;
	int (*is)(const unsigned char *bytes, size_t size);
} checks[] = {
        {{"lha", KIND_ARCHIVE}, is_lha},
        {{"tar", KIND_ARCHIVE}, is_old_tar},
        {{"cpio", KIND_ARCHIVE}, is_binary_cpio},
        {{"lzma", KIND_SINGLE}, is_lzma},
        {{"arj", KIND_NONE}, is_arj},
        {{"msi", KIND_NONE}, is_msi},
        {{"dmg", KIND_NONE}, is_dmg},
        {{"vhd", KIND_NONE}, is_fixed_vhd},
};

const struct kind *kind_of(const unsigned char *bytes, size_t size)
{
	size_t at;

	for (at = 0; at < sizeof(table) / sizeof(table[0]); at++)
		if (has(bytes, size, table[at].offset, table[at].magic, table[at].length))
			return &table[at].kind;
	for (at = 0; at < sizeof(checks) / sizeof(checks[0]); at++)
		if (checks[at].is(bytes, size))
			return &checks[at].kind;
	return NULL;
}

/* An end record counts where its directory is found in front of it. */
int kind_ends_as_zip(const unsigned char *bytes, size_t size)
{
	const unsigned char *at = bytes, *end = bytes + size;

	while ((at = memmem(at, (size_t)(end - at), "PK\5\6", 4))) {
		if ((size_t)(end - at) >= ZIP_END_SIZE) {
			size_t length = bytes_little32(at + 12);

			if (length && length <= (size_t)(at - bytes) &&
			        !memcmp(at - length, "PK\1\2", 4))
				return 1;
		}
		at += 4;
	}
	return 0;
}

const struct kind *kind_hidden(const unsigned char *bytes, size_t size, size_t *at)
{
	static const struct {
		struct kind kind;
		size_t length;
		const char *magic;
	} hidden[] = {
	        {{"7z", KIND_ARCHIVE}, 6, "7z\xbc\xaf\x27\x1c"},
	        {{"rar", KIND_ARCHIVE}, 7, "Rar!\x1a\7\0"},
	        {{"rar5", KIND_ARCHIVE}, 8, "Rar!\x1a\7\1\0"},
	};
	const struct kind *kind = NULL;
	size_t nearest = size, n;

	for (n = 0; *at < size && n < sizeof(hidden) / sizeof(hidden[0]); n++) {
		const unsigned char *found =
		        memmem(bytes + *at, nearest - *at, hidden[n].magic, hidden[n].length);

		if (!found)
			continue;
		nearest = (size_t)(found - bytes);
		kind = &hidden[n].kind;
	}
	*at = nearest;
	return kind;
}

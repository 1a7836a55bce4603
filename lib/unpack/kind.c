#include "lib/unpack/kind.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/bytes.h"
#include "lib/unpack/disc.h"
#include "lib/unpack/piece.h"

enum {
	FOOTER_SIZE = 512,
	ZIP_END_SIZE = 22,
	ZIP64_LOCATOR_SIZE = 20,
	CAB_HEAD = 36,
	OLE_HEAD = 512,
	OLE_CLASS = 80,     /* in an entry of the directory */
	HEADER_MOST = 4096, /* of an archive, of which a sum is made */
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
        {{"lz4", KIND_SINGLE}, 0, 4, "\2\x21\x4c\x18"}, /* before it had frames */
        {{"lzip", KIND_SINGLE}, 0, 5, "LZIP\1"},
        {{"compress", KIND_SINGLE}, 0, 2, "\x1f\x9d"},
        {{"rpm", KIND_SINGLE}, 0, 4, "\xed\xab\xee\xdb"},
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
        {{"applesingle", KIND_APPLE}, 0, 6, "\0\5\x16\0\0\2"},
        {{"applesingle", KIND_APPLE}, 0, 6, "\0\5\x16\0\0\1"},
        {{"appledouble", KIND_APPLE}, 0, 6, "\0\5\x16\7\0\2"},
        {{"appledouble", KIND_APPLE}, 0, 6, "\0\5\x16\7\0\1"},
        {{"wim", KIND_NONE}, 0, 8, "WLPWM\0\0\0"},
        {{"lrzip", KIND_NONE}, 0, 5, "LRZI\0"},
        {{"rzip", KIND_NONE}, 0, 5, "RZIP\2"},
        {{"lzop", KIND_NONE}, 0, 9, "\x89LZO\0\r\n\x1a\n"},
        {{"installshield", KIND_NONE}, 0, 4, "\x13\x5d\x65\x8c"},
        {{"freearc", KIND_NONE}, 0, 4, "ArC\1"},
        {{"jar", KIND_NONE}, 14, 4, "\x1aJar"},
        {{"uc2", KIND_NONE}, 0, 4, "UC2\x1a"},
        {{"sqx", KIND_NONE}, 7, 5, "-sqx-"},
        {{"pst", KIND_NONE}, 0, 4, "!BDN"},
        {{"cramfs", KIND_NONE}, 16, 16, "Compressed ROMFS"},
        {{"romfs", KIND_NONE}, 0, 8, "-rom1fs-"},
        {{"ubi", KIND_NONE}, 0, 5, "UBI#\1"},
        {{"ubifs", KIND_NONE}, 0, 4, "\x31\x18\x10\6"},
        {{"jffs2", KIND_NONE}, 0, 4, "\x85\x19\3\x20"},
        {{"jffs2", KIND_NONE}, 0, 4, "\x85\x19\1\xe0"},
        {{"jffs2", KIND_NONE}, 0, 4, "\x85\x19\2\xe0"},
        {{"android-sparse", KIND_NONE}, 0, 6, "\x3a\xff\x26\xed\1\0"},
        {{"vdi", KIND_NONE}, 64, 4, "\x7f\x10\xda\xbe"},
        {{"vmdk", KIND_NONE}, 0, 8, "COWD\1\0\0\0"},
        {{"vmdk", KIND_NONE}, 0, 21, "# Disk DescriptorFile"},
        {{"dmg", KIND_NONE}, 0, 8, "encrcdsa"},
        {{"dmg", KIND_NONE}, 0, 8, "sprs\0\0\0\3"},
        {{"apfs", KIND_NONE}, 32, 4, "NXSB"},
        {{"btrfs", KIND_NONE}, 65600, 8, "_BHRfS_M"},
        {{"raw-cd", KIND_NONE}, 0, 12, "\0\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\0"},
        {{"pbzx", KIND_NONE}, 0, 6, "pbzx\0\0"},
        {{"pbzx", KIND_NONE}, 0, 6, "pbze\0\0"},
        {{"pbzx", KIND_NONE}, 0, 6, "pbz4\0\0"},
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

/* Method "-lh5-", "-lzs-", "-pm2-" and their kin at offset 2. */
static int is_lha(const unsigned char *bytes, size_t size)
{
	return size > 24 && bytes[2] == '-' && bytes[6] == '-' && bytes[20] <= 3 &&
	       ((bytes[3] == 'l' && (bytes[4] == 'h' || bytes[4] == 'z')) ||
	               (bytes[3] == 'p' && bytes[4] == 'm'));
}

/* A mark, a method, and a short name with its NUL; then a size. */
static int is_arc(const unsigned char *bytes, size_t size)
{
	const unsigned char *end;
	size_t at;

	if (size < 29 || bytes[0] != 0x1a || !bytes[1] || bytes[1] > 11)
		return 0;
	end = memchr(bytes + 2, '\0', 13);
	if (!end || end == bytes + 2)
		return 0;
	for (at = 2; bytes[at]; at++)
		if (bytes[at] <= ' ' || bytes[at] > 126)
			return 0;
	return bytes_little32(bytes + 15) <= size - 25;
}

/* Three letters, flags, and of a first member its kind of packing. */
static int is_lzx(const unsigned char *bytes, size_t size)
{
	return size > 41 && !memcmp(bytes, "LZX", 3) && bytes[3] < ' ' && !bytes[5] && !bytes[8] &&
	       (bytes[21] == 0 || bytes[21] == 2 || bytes[21] == 32);
}

/* A header's length, and the first field of all. */
static int is_apple_archive(const unsigned char *bytes, size_t size)
{
	return size > 10 && (!memcmp(bytes, "AA01", 4) || !memcmp(bytes, "YAA1", 4)) &&
	       bytes_little16(bytes + 4) >= 6 && !memcmp(bytes + 6, "TYP", 3);
}

static int is_stuffit(const unsigned char *bytes, size_t size)
{
	return has(bytes, size, 10, "rLau", 4) && bytes[0] == 'S';
}

static unsigned crc16(const unsigned char *bytes, size_t size)
{
	unsigned crc = 0, bit;

	for (; size; size--, bytes++) {
		crc ^= (unsigned)*bytes << 8;
		for (bit = 0; bit < 8; bit++)
			crc = (crc << 1 ^ (crc & 0x8000 ? 0x1021 : 0)) & 0xffff;
	}
	return crc;
}

/* The first version has neither a sum nor a mark, and nothing else in their places; the forks fill
 * the file. */
static int is_plain_macbinary(const unsigned char *bytes, size_t size)
{
	size_t data = bytes_big32(bytes + 83), resource = bytes_big32(bytes + 87), at;
	size_t ends = (data + 127) / 128 * 128 + (resource + 127) / 128 * 128 + 128;

	for (at = 99; at < 128; at++)
		if (bytes[at])
			return 0;
	for (at = 2; at < 2u + bytes[1]; at++)
		if (bytes[at] < ' ')
			return 0;
	return data + resource && size <= ends && ends - size < 128;
}

/* A Macintosh file's two forks behind a head of 128 bytes, with a sum or, later, a mark. */
static int is_macbinary(const unsigned char *bytes, size_t size)
{
	if (size < 128 || bytes[0] || bytes[1] < 1 || bytes[1] > 63 || bytes[74] || bytes[82] ||
	        !bytes[2])
		return 0;
	if (bytes_big32(bytes + 83) > size - 128 || bytes_big32(bytes + 87) > size - 128)
		return 0;
	return !memcmp(bytes + 102, "mBIN", 4) || is_plain_macbinary(bytes, size) ||
	       crc16(bytes, 124) == ((unsigned)bytes[124] << 8 | bytes[125]);
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

/* Its size and where its files are listed; then the version. What is reserved some readers want to
 * be zero, and Windows does not look. */
static int is_cab(const unsigned char *bytes, size_t size)
{
	return has(bytes, size, 0, "MSCF", 4) && size >= CAB_HEAD &&
	       bytes_little32(bytes + 8) >= CAB_HEAD && bytes_little32(bytes + 16) >= CAB_HEAD &&
	       bytes_little32(bytes + 16) < bytes_little32(bytes + 8) && bytes[25] == 1;
}

/* What is cut off inside its header, or has none. */
static int is_broken_cab(const unsigned char *bytes, size_t size)
{
	return has(bytes, size, 0, "MSCF\0\0\0\0", 8);
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

/* A Windows Installer file or patch is an OLE document whose root, the first entry of its directory
 * ([MS-CFB] 2.6.1), is of a class of its own. */
static int is_msi(const unsigned char *bytes, size_t size)
{
	static const char class[] = "\x10\x0c\0\0\0\0\0\xc0\0\0\0\0\0\0\x46";
	unsigned shift;
	uint64_t at;

	if (size < OLE_HEAD || !has(bytes, size, 0, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", 8))
		return 0;
	shift = bytes_little16(bytes + 30);
	if (shift < 7 || shift > 16)
		return 0;
	at = (((uint64_t)bytes_little32(bytes + 48) + 1) << shift) + OLE_CLASS;
	return at < size && (bytes[at] == 0x84 || bytes[at] == 0x86) &&
	       has(bytes, size, (size_t)at + 1, class, sizeof(class) - 1);
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
        {{"cab", KIND_ARCHIVE}, is_cab},
        {{"cab", KIND_ARCHIVE}, is_broken_cab},
        {{"arj", KIND_NONE}, is_arj},
        {{"msi", KIND_NONE}, is_msi},
        {{"dmg", KIND_NONE}, is_dmg},
        {{"vhd", KIND_NONE}, is_fixed_vhd},
        {{"arc", KIND_NONE}, is_arc},
        {{"lzx", KIND_NONE}, is_lzx},
        {{"apple-archive", KIND_NONE}, is_apple_archive},
        {{"stuffit", KIND_NONE}, is_stuffit},
        {{"macbinary", KIND_APPLE}, is_macbinary},
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
	return disc_kind(bytes, size);
}

/* zstd and lz4 share the frames that their programs pass over. */
size_t kind_skipped(const unsigned char *bytes, size_t size)
{
	size_t at = 0, length;

	while (size - at > 8 && (bytes[at] & 0xf0) == 0x50 &&
	        !memcmp(bytes + at + 1, "\x2a\x4d\x18", 3)) {
		length = bytes_little32(bytes + at + 4);
		if (length > size - at - 8)
			return 0;
		at += 8 + length;
	}
	return at;
}

/* A number of seven bits a byte, the lowest first. */
static unsigned long take_vint(const unsigned char *bytes, size_t size, size_t *at)
{
	unsigned long value = 0;
	unsigned shift = 0, byte;

	do {
		if (*at >= size || shift > 28)
			return 0;
		byte = bytes[(*at)++];
		value |= (unsigned long)(byte & 127) << shift;
		shift += 7;
	} while (byte & 128);
	return value;
}

/* The main header follows the signature: a sum, its length, type 1, flags, and the archive's. */
static int is_rar5_volume(const unsigned char *bytes, size_t size)
{
	size_t at = 12;
	unsigned long flags;

	take_vint(bytes, size, &at);
	if (take_vint(bytes, size, &at) != 1)
		return 0;
	flags = take_vint(bytes, size, &at);
	if (flags & 1)
		take_vint(bytes, size, &at);
	return take_vint(bytes, size, &at) & 1;
}

int kind_is_volume(const struct kind *kind, const unsigned char *bytes, size_t size)
{
	if (!strcmp(kind->name, "rar5"))
		return is_rar5_volume(bytes, size);
	if (!strcmp(kind->name, "rar"))
		return size > 11 && bytes[9] == 0x73 && (bytes[10] & 1);
	return !strcmp(kind->name, "cab") && size > 32 && (bytes_little16(bytes + 30) & 3);
}

/* An end record counts where its directory is found in front of it, or what says where that is in
 * a ZIP64. */
int kind_ends_as_zip(const unsigned char *bytes, size_t size)
{
	const unsigned char *at = bytes, *end = bytes + size;

	while ((at = memmem(at, (size_t)(end - at), "PK\5\6", 4))) {
		if ((size_t)(end - at) >= ZIP_END_SIZE) {
			size_t length = bytes_little32(at + 12);

			if (at - bytes >= ZIP64_LOCATOR_SIZE &&
			        !memcmp(at - ZIP64_LOCATOR_SIZE, "PK\6\7", 4))
				return 1;
			if (length && length <= (size_t)(at - bytes) &&
			        !memcmp(at - length, "PK\1\2", 4))
				return 1;
		}
		at += 4;
	}
	return 0;
}

/* Programs for archives have such letters in them, and libraries words; a header is more: here a
 * version, and where the list of members is. */
static int is_hidden_7z(const unsigned char *at, size_t before, size_t left)
{
	uint64_t offset, size;

	if (left < 32 || at[6] || at[7] > 9)
		return 0;
	offset = bytes_little64(at + 12);
	size = bytes_little64(at + 20);
	return offset <= left - 32 && size <= left - 32 - offset;
}

/* The main header: its type, and a length that has room for itself. */
static int is_hidden_rar(const unsigned char *at, size_t before, size_t left)
{
	return left >= 20 && at[9] == 0x73 && bytes_little16(at + 12) >= 13;
}

/* The main header, or in front of it the one that says that all is encrypted. */
static int is_hidden_rar5(const unsigned char *at, size_t before, size_t left)
{
	unsigned long type;
	size_t next = 12;

	if (left < 16 || !take_vint(at, left, &next))
		return 0;
	type = take_vint(at, left, &next);
	return type == 1 || type == 4;
}

static int is_hidden_cab(const unsigned char *at, size_t before, size_t left)
{
	return is_cab(at, left) && bytes_little32(at + 8) <= left;
}

/* The mark stands behind a sum, the header's length, its type and flags. */
static int is_hidden_ace(const unsigned char *at, size_t before, size_t left)
{
	return before >= 7 && !at[-3] && bytes_little16(at - 5) >= 20 &&
	       bytes_little16(at - 5) < 4096 && left > 20 && at[7] <= 20 && at[8] <= 20;
}

static int is_sound_7z(const unsigned char *bytes, size_t size)
{
	return size >= 32 &&
	       piece_crc32((struct piece){bytes + 12, 20}) == bytes_little32(bytes + 8);
}

static int is_sound_rar(const unsigned char *bytes, size_t size)
{
	size_t length = size >= 14 ? bytes_little16(bytes + 12) : 0;

	return length >= 13 && length <= HEADER_MOST && length <= size - 7 &&
	       (piece_crc32((struct piece){bytes + 9, length - 2}) & 0xffff) ==
	               bytes_little16(bytes + 7);
}

static int is_sound_rar5(const unsigned char *bytes, size_t size)
{
	size_t at = 12, length = size > 16 ? take_vint(bytes, size, &at) : 0;

	return length && length <= HEADER_MOST && length <= size - at &&
	       piece_crc32((struct piece){bytes + 12, at - 12 + length}) ==
	               bytes_little32(bytes + 8);
}

int kind_is_sound(const struct kind *kind, const unsigned char *bytes, size_t size)
{
	if (!strcmp(kind->name, "7z"))
		return is_sound_7z(bytes, size);
	if (!strcmp(kind->name, "rar"))
		return is_sound_rar(bytes, size);
	return !strcmp(kind->name, "rar5") && is_sound_rar5(bytes, size);
}

static const struct hidden {
	struct kind kind;
	size_t length;
	const char *magic;
	int (*is)(const unsigned char *at, size_t before, size_t left);
} hidden[] = {
        {{"7z", KIND_ARCHIVE}, 6, "7z\xbc\xaf\x27\x1c", is_hidden_7z},
        {{"rar", KIND_ARCHIVE}, 7, "Rar!\x1a\7\0", is_hidden_rar},
        {{"rar5", KIND_ARCHIVE}, 8, "Rar!\x1a\7\1\0", is_hidden_rar5},
        {{"cab", KIND_ARCHIVE}, 4, "MSCF", is_hidden_cab},
        {{"ace", KIND_NONE}, 7, "**ACE**", is_hidden_ace},
};

/* In front of `end`, which is behind all of it or behind another one's beginning. */
static const unsigned char *find_hidden(
        const struct hidden *one, const unsigned char *bytes, size_t size, size_t at, size_t end)
{
	const unsigned char *found = bytes + at;

	while ((found = memmem(found, (size_t)(bytes + end - found), one->magic, one->length))) {
		size_t before = (size_t)(found - bytes);

		if (one->is(found, before, size - before))
			return found;
		found++;
	}
	return NULL;
}

const struct kind *kind_hidden(const unsigned char *bytes, size_t size, size_t *at)
{
	const struct kind *kind = NULL;
	size_t nearest = size, n;

	for (n = 0; *at < size && n < sizeof(hidden) / sizeof(hidden[0]); n++) {
		const unsigned char *found = find_hidden(&hidden[n], bytes, size, *at, nearest);

		if (!found)
			continue;
		nearest = (size_t)(found - bytes);
		kind = &hidden[n].kind;
	}
	*at = nearest;
	return kind;
}

#include "lib/unpack/disc.h"

#include <stdint.h>
#include <string.h>

#include "lib/base/bytes.h"

enum {
	SECTOR = 512,
	DISC_SECTOR = 2048,
	DESCRIPTORS_AT = 16,
	DESCRIPTORS_MOST = 64, /* sectors with volume descriptors that are looked at */
	PARTITIONS_AT = 446,
	PARTITION_SIZE = 16,
	SUPERBLOCK_AT = 1024,
};

static int has(const unsigned char *bytes, size_t size, size_t at, const char *magic, size_t length)
{
	return at <= size && length <= size - at && !memcmp(bytes + at, magic, length);
}

static int is_power_of_two(uint32_t value)
{
	return value && !(value & (value - 1));
}

static uint32_t big16(const unsigned char *at)
{
	return (uint32_t)at[0] << 8 | at[1];
}

/* ---------------------------------------------------------------- boot sectors */

static int is_bootable(const unsigned char *bytes, size_t size)
{
	return has(bytes, size, 510, "\x55\xaa", 2);
}

/* A jump, and a parameter block whose every field is possible: the two bytes at the sector's end
 * are too little. */
static int is_fat(const unsigned char *bytes, size_t size)
{
	uint32_t sector, sectors, table;

	if (!is_bootable(bytes, size) ||
	        !((bytes[0] == 0xeb && bytes[2] == 0x90) || bytes[0] == 0xe9))
		return 0;
	sector = bytes_little16(bytes + 11);
	sectors = bytes_little16(bytes + 19) ? bytes_little16(bytes + 19)
	                                     : bytes_little32(bytes + 32);
	table = bytes_little16(bytes + 22) ? bytes_little16(bytes + 22)
	                                   : bytes_little32(bytes + 36);
	return is_power_of_two(sector) && sector >= 512 && sector <= 4096 &&
	       is_power_of_two(bytes[13]) && bytes_little16(bytes + 14) && bytes[16] >= 1 &&
	       bytes[16] <= 2 && bytes[21] >= 0xf0 && sectors && table && table < sectors;
}

static int is_exfat(const unsigned char *bytes, size_t size)
{
	return is_bootable(bytes, size) && !memcmp(bytes + 3, "EXFAT   ", 8);
}

static int is_ntfs(const unsigned char *bytes, size_t size)
{
	return is_bootable(bytes, size) && !memcmp(bytes + 3, "NTFS    ", 8);
}

/* Unused entries are zero throughout; used ones say active or not, a type, a start and a length. */
static int is_partition(const unsigned char *entry, int *used)
{
	static const unsigned char unused[PARTITION_SIZE];

	if (!memcmp(entry, unused, sizeof(unused)))
		return 1;
	(*used)++;
	return (entry[0] == 0 || entry[0] == 0x80) && entry[4] && bytes_little32(entry + 8) &&
	       bytes_little32(entry + 12);
}

static int is_partitioned(const unsigned char *bytes, size_t size)
{
	int used = 0, at;

	if (!is_bootable(bytes, size))
		return 0;
	for (at = 0; at < 4; at++)
		if (!is_partition(bytes + PARTITIONS_AT + at * PARTITION_SIZE, &used))
			return 0;
	return used > 0;
}

static int is_gpt(const unsigned char *bytes, size_t size)
{
	return has(bytes, size, SECTOR, "EFI PART", 8) || has(bytes, size, 4096, "EFI PART", 8);
}

static int is_apple_map(const unsigned char *bytes, size_t size)
{
	return has(bytes, size, 0, "ER", 2) && has(bytes, size, SECTOR, "PM\0\0", 4) &&
	       is_power_of_two(big16(bytes + 2));
}

/* ---------------------------------------------------------------- superblocks */

static int is_ext(const unsigned char *bytes, size_t size)
{
	const unsigned char *block = bytes + SUPERBLOCK_AT;

	return has(bytes, size, SUPERBLOCK_AT + 56, "\x53\xef", 2) && size >= 2 * SUPERBLOCK_AT &&
	       bytes_little32(block) && bytes_little32(block + 4) &&
	       bytes_little32(block + 20) <= 1 && bytes_little32(block + 24) <= 6 &&
	       bytes_little16(block + 58) <= 7 && bytes_little16(block + 60) <= 3 &&
	       bytes_little32(block + 76) <= 1;
}

static int is_hfs_plus(const unsigned char *bytes, size_t size)
{
	uint32_t block;

	if (size < 2 * SUPERBLOCK_AT || (!has(bytes, size, SUPERBLOCK_AT, "H+\0\4", 4) &&
	                                        !has(bytes, size, SUPERBLOCK_AT, "HX\0\5", 4)))
		return 0;
	block = bytes_big32(bytes + SUPERBLOCK_AT + 40);
	return block >= SECTOR && is_power_of_two(block);
}

static int is_hfs(const unsigned char *bytes, size_t size)
{
	const unsigned char *block = bytes + SUPERBLOCK_AT;
	uint32_t unit;

	if (size < 2 * SUPERBLOCK_AT || !has(bytes, size, SUPERBLOCK_AT, "BD", 2))
		return 0;
	unit = bytes_big32(block + 20);
	return unit && unit % SECTOR == 0 && big16(block + 18) && block[36] >= 1 && block[36] <= 27;
}

static const struct {
	struct kind kind;
	int (*is)(const unsigned char *bytes, size_t size);
} checks[] = {
        {{"ntfs", KIND_NONE}, is_ntfs},
        {{"exfat", KIND_NONE}, is_exfat},
        {{"fat", KIND_NONE}, is_fat},
        {{"gpt", KIND_NONE}, is_gpt},
        {{"mbr", KIND_NONE}, is_partitioned},
        {{"apm", KIND_NONE}, is_apple_map},
        {{"ext", KIND_NONE}, is_ext},
        {{"hfs", KIND_NONE}, is_hfs_plus},
        {{"hfs", KIND_NONE}, is_hfs},
};

const struct kind *disc_kind(const unsigned char *bytes, size_t size)
{
	size_t at;

	for (at = 0; at < sizeof(checks) / sizeof(checks[0]); at++)
		if (checks[at].is(bytes, size))
			return &checks[at].kind;
	return NULL;
}

int disc_has_udf(const unsigned char *bytes, size_t size)
{
	size_t sector, at;

	for (sector = DESCRIPTORS_AT; sector < DESCRIPTORS_AT + DESCRIPTORS_MOST; sector++) {
		at = sector * DISC_SECTOR + 1;
		if (has(bytes, size, at, "NSR02", 5) || has(bytes, size, at, "NSR03", 5))
			return 1;
	}
	return 0;
}

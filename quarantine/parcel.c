#include "quarantine/parcel.h"

#include <string.h>

#include "lib/base/text.h"
#include "quarantine/blob.h"
#include "quarantine/strings.h"

enum result parcel_keep(struct backend_txn *txn, Lz__Outgoing *outgoing,
        const struct parcel *parcel, struct err *err)
{
	char hex[DIGEST_HEX_ROOM];
	struct digest name;
	enum result result = blob_put(txn, parcel->bytes, parcel->size, NULL, &name, err);

	if (result)
		return result;
	text_hex(name.bytes, DIGEST_SIZE, hex);
	strings_set(&outgoing->parcel_sha256, hex);
	outgoing->parcel_size = parcel->size;
	return RESULT_OK;
}

int parcel_name(const Lz__Outgoing *outgoing, struct digest *out)
{
	const char *hex = outgoing->parcel_sha256;
	int high, low;
	size_t at;

	if (strlen(hex) != 2 * DIGEST_SIZE)
		return 0;
	for (at = 0; at < DIGEST_SIZE; at++) {
		high = text_hex_value((unsigned char)hex[2 * at]);
		low = text_hex_value((unsigned char)hex[2 * at + 1]);
		if (high < 0 || low < 0)
			return 0;
		out->bytes[at] = (unsigned char)(high << 4 | low);
	}
	return 1;
}

enum result parcel_drop(struct backend_txn *txn, Lz__Outgoing *outgoing, struct err *err)
{
	struct digest name;

	if (!parcel_name(outgoing, &name))
		return RESULT_OK;
	strings_set(&outgoing->parcel_sha256, "");
	outgoing->parcel_size = 0;
	return blob_drop(txn, &name, err);
}

enum result parcel_read(struct backend_txn *txn, const Lz__Outgoing *outgoing, uint64_t offset,
        uint64_t limit, struct buf *out, struct err *err)
{
	uint64_t size = outgoing->parcel_size;
	struct digest name;

	if (!parcel_name(outgoing, &name))
		return err_set(
		        err, RESULT_NONE, "the record %s carries nothing of its own", outgoing->id);
	if (offset >= size)
		return RESULT_OK;
	return blob_read(
	        txn, &name, offset, limit < size - offset ? limit : size - offset, out, err);
}

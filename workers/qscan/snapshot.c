#include "workers/qscan/snapshot.h"

#include <string.h>

enum result snapshot_take(struct snapshot *snapshot, struct pair_parcel *parcel, struct err *err)
{
	const size_t records = MODEL_RECORDS * sizeof(struct model_record);

	if (parcel->sizes[0] != sizeof(struct model_facts) || parcel->sizes[1] != records)
		return err_set(err, RESULT_PERMANENT, "a parcel that is no model");
	_Static_assert(sizeof(struct model_facts) % _Alignof(struct model_record) == 0,
	        "the records behind it are aligned");
	snapshot_fini(snapshot);
	snapshot->parcel = *parcel;
	*parcel = (struct pair_parcel){0};
	memcpy(&snapshot->model.facts, snapshot->parcel.parts[0], sizeof(struct model_facts));
	snapshot->model.records = (struct model_record *)(void *)snapshot->parcel.parts[1];
	return RESULT_OK;
}

const struct model *snapshot_model(const struct snapshot *snapshot)
{
	return snapshot && snapshot->model.records ? &snapshot->model : NULL;
}

void snapshot_fini(struct snapshot *snapshot)
{
	pair_parcel_free(&snapshot->parcel);
	*snapshot = (struct snapshot){0};
}

#include "protos/envelope.h"

#include "lib/base/alloc.h"

void envelope_to_item(const Lz__Submission *from, Lz__Item *item)
{
	item->message_id = alloc_string(from->message_id);
	item->queue_id = alloc_string(from->queue_id);
	item->reverse_path = alloc_string(from->reverse_path);
	item->client_address = alloc_string(from->client_address);
	item->client_name = alloc_string(from->client_name);
	item->helo = alloc_string(from->helo);
	item->sasl_username = alloc_string(from->sasl_username);
	item->envid = alloc_string(from->envid);
	item->ret = alloc_string(from->ret);
	item->size = from->size;
	item->eight_bit = from->eight_bit;
	item->smtputf8 = from->smtputf8;
}

Lz__Recipient *envelope_recipient(const Lz__Recipient *from)
{
	Lz__Recipient *recipient = alloc(sizeof(*recipient));

	lz__recipient__init(recipient);
	recipient->address = alloc_string(from->address);
	recipient->orcpt = alloc_string(from->orcpt);
	recipient->notify = alloc_string(from->notify);
	return recipient;
}

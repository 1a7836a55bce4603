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

Lz__Submission *envelope_of_item(const Lz__Item *item)
{
	Lz__Submission *submission = alloc(sizeof(*submission));
	size_t at;

	lz__submission__init(submission);
	submission->message_id = alloc_string(item->message_id);
	submission->queue_id = alloc_string(item->queue_id);
	submission->reverse_path = alloc_string(item->reverse_path);
	submission->client_address = alloc_string(item->client_address);
	submission->client_name = alloc_string(item->client_name);
	submission->helo = alloc_string(item->helo);
	submission->sasl_username = alloc_string(item->sasl_username);
	submission->envid = alloc_string(item->envid);
	submission->ret = alloc_string(item->ret);
	submission->size = item->size;
	submission->eight_bit = item->eight_bit;
	submission->smtputf8 = item->smtputf8;
	submission->recipients = alloc_zero(item->n_recipients, sizeof(*submission->recipients));
	for (at = 0; at < item->n_recipients; at++)
		submission->recipients[submission->n_recipients++] =
		        envelope_recipient(item->recipients[at]);
	return submission;
}

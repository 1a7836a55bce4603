#include "quarantine/story.h"

#include "lib/base/log.h"

static void tell_stored(const Lz__Store *request, const Lz__Stored *stored)
{
	size_t at;

	for (at = 0; at < request->n_items; at++)
		log_event(LOG_LEVEL_INFO, stored->message_id, "stored",
		        "item=%s reason=%s recipients=%zu parts=%zu", request->items[at]->id,
		        log_quote(request->items[at]->reason), request->items[at]->n_recipients,
		        request->items[at]->n_parts);
}

static void tell_asked(const Lz__Stored *stored)
{
	size_t at;

	for (at = 0; at < stored->n_asked; at++)
		log_event(LOG_LEVEL_INFO, stored->message_id, "request", "item=%s by=%s outcome=%s",
		        stored->asked[at]->item, log_quote(stored->asked[at]->asker),
		        stored->asked[at]->outcome);
}

/* Somebody may have another's account. */
static void tell_reported(const Lz__Store *request, const Lz__Reported *reported)
{
	if (!reported)
		return;
	log_event(reported->first_excess ? LOG_LEVEL_WARNING : LOG_LEVEL_INFO, request->message_id,
	        "report",
	        "fate=%s by=%s lesson=%s learned=%u corrected=%u already=%u contradicted=%u "
	        "beyond=%u again=%d",
	        reported->fate, log_quote(request->report->reporter),
	        request->report->lesson == LZ__LESSON__LEARN_HAM ? "ham" : "spam",
	        reported->learned, reported->corrected, reported->already, reported->contradicted,
	        request->report->beyond, reported->again);
}

static void tell_confirmed(const Lz__Confirm *request)
{
	log_event(LOG_LEVEL_INFO, request->message_id, "confirmed", "delivered=%zu complete=%d",
	        request->n_delivered, request->complete);
}

static void tell_released(const Lz__Release *request, const Lz__Released *released)
{
	if (request->only_ask)
		return;
	log_event(LOG_LEVEL_INFO, NULL, released->already ? "released-before" : "released",
	        "item=%s outgoing=%s by=%s why=%s to=%zu", released->id, released->outgoing,
	        log_quote(request->by), log_quote(request->why), request->n_to);
}

static void tell_finished(const Lz__Finish *request)
{
	log_event(request->dead ? LOG_LEVEL_WARNING : LOG_LEVEL_INFO, NULL, "finished",
	        "outgoing=%s outcome=%s text=%s", request->id,
	        request->done   ? "done"
	        : request->dead ? "dead"
	                        : "retry",
	        log_quote(request->text));
}

static void tell_held(const Lz__Hold *request, const Lz__Held *held)
{
	log_event(LOG_LEVEL_INFO, NULL, request->lift ? "hold-lifted" : "hold",
	        "item=%s already=%d by=%s why=%s", held->id, held->already, log_quote(request->by),
	        log_quote(request->why));
}

/* Not whom. */
static void tell_erased(const Lz__Erase *request, const Lz__Erased *erased)
{
	if (request->dry_run)
		return;
	log_event(LOG_LEVEL_INFO, NULL, *erased->next ? "erasing" : "erased",
	        "erasure=%s removed=%llu changed=%llu outgoing=%llu messages=%llu on_hold=%zu "
	        "open=%llu by=%s why=%s",
	        erased->erasure, (unsigned long long)erased->items_removed,
	        (unsigned long long)erased->items_changed, (unsigned long long)erased->outgoing,
	        (unsigned long long)erased->messages, erased->n_on_hold,
	        (unsigned long long)erased->open, log_quote(request->by), log_quote(request->why));
}

static void tell_amended(const Lz__Amend *request, const Lz__Amended *amended)
{
	log_event(LOG_LEVEL_INFO, NULL, request->drop ? "notices-dropped" : "notices-again",
	        "outgoing=%s by=%s count=%u", request->all ? "all" : request->id,
	        log_quote(request->by), amended->count);
}

static const char *message_of(const struct wire_message *request)
{
	switch (request->type) {
	case MESSAGE_STORE:
		return ((const Lz__Store *)request->envelope)->message_id;
	case MESSAGE_CONFIRM:
		return ((const Lz__Confirm *)request->envelope)->message_id;
	default:
		return NULL;
	}
}

/* Mail waits for what can't be stored or confirmed; everything else is the asker's affair. */
static void tell_error(const struct wire_message *request, const Lz__Error *error)
{
	log_event(message_of(request) ? LOG_LEVEL_WARNING : LOG_LEVEL_INFO, message_of(request),
	        "refused", "request=%s result=%s reason=%s", message_info(request->type)->name,
	        result_name((enum result)error->result), log_quote(error->text));
}

void story_gone(const char *message_id, const char *item, const char *event)
{
	log_event(LOG_LEVEL_INFO, message_id, event, "item=%s", item);
}

void story_tell(const struct wire_message *request, const struct answer *answer)
{
	const Lz__Delete *delete;

	switch (answer->type) {
	case MESSAGE_STORED:
		tell_stored(
		        (const Lz__Store *)request->envelope, (const Lz__Stored *)answer->envelope);
		tell_asked((const Lz__Stored *)answer->envelope);
		tell_reported((const Lz__Store *)request->envelope,
		        ((const Lz__Stored *)answer->envelope)->reported);
		break;
	case MESSAGE_CONFIRMED:
		tell_confirmed((const Lz__Confirm *)request->envelope);
		break;
	case MESSAGE_RELEASED:
		tell_released((const Lz__Release *)request->envelope,
		        (const Lz__Released *)answer->envelope);
		break;
	case MESSAGE_DELETED:
		delete = (const Lz__Delete *)request->envelope;
		log_event(LOG_LEVEL_INFO, NULL, "deleted", "item=%s by=%s why=%s", delete->id,
		        log_quote(delete->by), log_quote(delete->why));
		break;
	case MESSAGE_HELD:
		tell_held((const Lz__Hold *)request->envelope, (const Lz__Held *)answer->envelope);
		break;
	case MESSAGE_ERASED:
		tell_erased(
		        (const Lz__Erase *)request->envelope, (const Lz__Erased *)answer->envelope);
		break;
	case MESSAGE_AMENDED:
		tell_amended((const Lz__Amend *)request->envelope,
		        (const Lz__Amended *)answer->envelope);
		break;
	case MESSAGE_FINISHED:
		tell_finished((const Lz__Finish *)request->envelope);
		break;
	case MESSAGE_ERROR:
		if (answer->is_refusal)
			break; /* whoever is refused could fill the log */
		tell_error(request, (const Lz__Error *)answer->envelope);
		break;
	default:
		break;
	}
}

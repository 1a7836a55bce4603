#include "lib/crypto/mark.h"

#include "lib/crypto/digest.h"

void mark_of_site(const char *admin, char out[17])
{
	struct digest_state state;
	struct digest digest;

	digest_init(&state);
	digest_add_string(&state, "a notice of the site of");
	digest_add_string(&state, admin);
	digest_final(&state, &digest);
	digest_item_id(&digest, out);
}

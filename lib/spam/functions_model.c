/* What a model of the site's own mail says, in ranges: SpamAssassin's Bayes, as rules know it. */
#include <math.h>

#include "lib/spam/function.h"

/* Above `least`, up to and with `most`; where `least` is 0, 0 is in the range. */
unsigned long function_check_bayes(
        const struct functions_view *view, const struct functions_call *call)
{
	double least = function_number(call, 0, 0), most = function_number(call, 1, INFINITY);

	if (!view->probability)
		return 0;
	return (least == 0 || *view->probability > least) && *view->probability <= most;
}

int functions_asks_model(const struct functions_entry *function)
{
	return function && function->run == function_check_bayes;
}

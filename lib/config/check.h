/*
 * What values must be together, once each is right by itself.
 */
#ifndef LIB_CONFIG_CHECK_H
#define LIB_CONFIG_CHECK_H

#include "lib/config/config.h"

/* RESULT_PERMANENT: err is "file:line: section.key: found …, expected …". */
enum result check_config(const struct config *config, struct err *err);

#endif

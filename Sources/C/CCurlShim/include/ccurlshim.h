// Darkroom
// SPDX-License-Identifier: Apache-2.0
//
// Fixed-arity doors to libcurl's variadic functions, which Swift does not import.

#ifndef CCURLSHIM_H
#define CCURLSHIM_H

#include <curl/curl.h>

typedef size_t (*ccurl_data_callback)(char *bytes, size_t size, size_t count, void *context);

CURLcode ccurl_set_long(CURL *handle, CURLoption option, long value);

#endif

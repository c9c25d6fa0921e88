// Darkroom
// SPDX-License-Identifier: Apache-2.0
//
// Fixed-arity doors to libcurl's variadic functions, which Swift does not import.

#ifndef CCURLSHIM_H
#define CCURLSHIM_H

#include <curl/curl.h>

typedef size_t (*ccurl_data_callback)(char *bytes, size_t size, size_t count, void *context);

CURLcode ccurl_set_long(CURL *handle, CURLoption option, long value);
CURLcode ccurl_set_offset(CURL *handle, CURLoption option, curl_off_t value);
CURLcode ccurl_set_text(CURL *handle, CURLoption option, const char *value);
CURLcode ccurl_set_pointer(CURL *handle, CURLoption option, void *value);
CURLcode ccurl_set_callback(CURL *handle, CURLoption option, ccurl_data_callback value);
CURLcode ccurl_get_long(CURL *handle, CURLINFO info, long *value);
CURLcode ccurl_get_private(CURL *handle, void **context);
CURLMcode ccurl_multi_set_long(CURLM *multi, CURLMoption option, long value);

#endif

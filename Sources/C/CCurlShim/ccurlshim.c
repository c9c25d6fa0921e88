// Darkroom
// SPDX-License-Identifier: Apache-2.0

#include "ccurlshim.h"

CURLcode ccurl_set_long(CURL *handle, CURLoption option, long value) {
    return curl_easy_setopt(handle, option, value);
}

// Darkroom
// SPDX-License-Identifier: Apache-2.0

#include "cvipsshim.h"
#include <vips/vips.h>

const char *cvips_version(void) {
    return vips_version_string();
}

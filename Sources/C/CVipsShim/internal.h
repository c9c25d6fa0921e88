// Darkroom
// SPDX-License-Identifier: Apache-2.0

#ifndef CVIPS_INTERNAL_H
#define CVIPS_INTERNAL_H

#include "cvipsshim.h"

#include <vips/vips.h>

/// Moves libvips' error text to the caller's buffer; null, to be returned.
void *cvips_fail(cvips_error error);

/// The image in 8-bit sRGB or 8-bit grey.
VipsImage *cvips_to_display(VipsImage *image);

#endif

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

/// The image at its own size in 8-bit sRGB or grey, by its profile, without metadata; still to be decoded.
VipsImage *cvips_shown_whole(VipsImage *image);

#endif

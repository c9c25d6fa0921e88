// Darkroom
// SPDX-License-Identifier: Apache-2.0

#include "internal.h"

#include <string.h>

int cvips_save(cvips_image *raster, cvips_save_options options, cvips_bytes *file, cvips_error error) {
    int status = -1;
    switch (options.saver) {
    case CVIPS_SAVE_JPEG:
        status = vips_jpegsave_buffer(
            raster, &file->data, &file->length, "Q", options.quality, "strip", TRUE, "optimize_coding", TRUE,
            "interlace", options.progressive, NULL);
        break;
    case CVIPS_SAVE_PNG:
        status = vips_pngsave_buffer(raster, &file->data, &file->length, "strip", TRUE, NULL);
        break;
    case CVIPS_SAVE_WEBP:
        status = vips_webpsave_buffer(
            raster, &file->data, &file->length, "Q", options.quality, "strip", TRUE, "effort", 2, NULL);
        break;
    case CVIPS_SAVE_AVIF:
        // The defaults, 12 bits and effort 4, take forty times as long for a file that fewer can show.
        status = vips_heifsave_buffer(
            raster, &file->data, &file->length, "Q", options.quality, "strip", TRUE, "effort", 0, "bitdepth", 8,
            "compression", VIPS_FOREIGN_HEIF_COMPRESSION_AV1, NULL);
        break;
    }
    if (status != 0) {
        cvips_fail(error);
    }
    return status;
}

/// The raster as three bands, or null.
static VipsImage *as_rgb(cvips_image *raster, cvips_error error) {
    if (cvips_has_alpha(raster)) {
        return cvips_flatten(raster, (cvips_colour){255, 255, 255}, error);
    }
    VipsImage *colour = NULL;
    vips_colourspace(raster, &colour, VIPS_INTERPRETATION_sRGB, NULL);
    return colour ? colour : cvips_fail(error);
}

int cvips_pixels(
    cvips_image *raster, int32_t width, int32_t height, uint8_t *pixels, cvips_error error) {
    VipsImage *colour = as_rgb(raster, error);
    if (!colour) {
        return -1;
    }
    size_t expected = (size_t) width * (size_t) height * 3;
    size_t size = 0;
    void *memory = vips_image_write_to_memory(colour, &size);
    g_object_unref(colour);
    int status = memory && size == expected ? 0 : -1;
    if (status == 0) {
        memcpy(pixels, memory, size);
    } else {
        cvips_fail(error);
    }
    g_free(memory);
    return status;
}

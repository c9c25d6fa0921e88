// Darkroom
// SPDX-License-Identifier: Apache-2.0

#include "internal.h"

// Sequential access keeps a few lines in memory instead of the picture. A cut file fails as truncated;
// what is merely odd (phones write invalid scan parameters) is decoded and complained about.
#define LOAD_OPTIONS "access", VIPS_ACCESS_SEQUENTIAL, "fail_on", VIPS_FAIL_ON_TRUNCATED

cvips_image *cvips_load(
    const void *bytes, size_t length, cvips_loader loader, int32_t shrink, cvips_error error) {
    VipsImage *image = NULL;
    void *data = (void *) bytes;
    // Loaders that succeed after all may leave words behind.
    vips_error_clear();
    switch (loader) {
    case CVIPS_LOAD_JPEG:
        vips_jpegload_buffer(data, length, &image, "shrink", shrink, LOAD_OPTIONS, NULL);
        break;
    case CVIPS_LOAD_PNG:
        vips_pngload_buffer(data, length, &image, LOAD_OPTIONS, NULL);
        break;
    case CVIPS_LOAD_GIF:
        vips_gifload_buffer(data, length, &image, LOAD_OPTIONS, NULL);
        break;
    case CVIPS_LOAD_WEBP:
        vips_webpload_buffer(data, length, &image, "scale", 1.0 / shrink, LOAD_OPTIONS, NULL);
        break;
    case CVIPS_LOAD_TIFF:
        vips_tiffload_buffer(data, length, &image, LOAD_OPTIONS, NULL);
        break;
    case CVIPS_LOAD_HEIF:
        vips_heifload_buffer(data, length, &image, LOAD_OPTIONS, NULL);
        break;
    }
    return image ? image : cvips_fail(error);
}

static cvips_space space_of(VipsImage *image) {
    switch (vips_image_guess_interpretation(image)) {
    case VIPS_INTERPRETATION_sRGB:
    case VIPS_INTERPRETATION_RGB:
    case VIPS_INTERPRETATION_RGB16:
    case VIPS_INTERPRETATION_scRGB:
        return CVIPS_SPACE_RGB;
    case VIPS_INTERPRETATION_B_W:
    case VIPS_INTERPRETATION_GREY16:
        return CVIPS_SPACE_GREY;
    case VIPS_INTERPRETATION_CMYK:
        return CVIPS_SPACE_CMYK;
    case VIPS_INTERPRETATION_LAB:
    case VIPS_INTERPRETATION_LABQ:
    case VIPS_INTERPRETATION_LABS:
        return CVIPS_SPACE_LAB;
    default:
        return CVIPS_SPACE_OTHER;
    }
}

static int int_or(VipsImage *image, const char *name, int otherwise) {
    int value = otherwise;
    if (vips_image_get_typeof(image, name) == G_TYPE_INT) {
        vips_image_get_int(image, name, &value);
    }
    return value;
}

cvips_header cvips_describe(cvips_image *image) {
    int orientation = int_or(image, VIPS_META_ORIENTATION, 1);
    int bits = 8 * (int) vips_format_sizeof(vips_image_get_format(image));
    return (cvips_header){
        .width = vips_image_get_width(image),
        .height = vips_image_get_height(image),
        .orientation = orientation >= 1 && orientation <= 8 ? orientation : 1,
        .pages = vips_image_get_n_pages(image),
        .bits = int_or(image, "heif-bitdepth", bits),
        .has_alpha = cvips_has_alpha(image),
        .is_interlaced = int_or(image, "interlaced", 0),
        .space = space_of(image),
    };
}

const void *cvips_metadata(cvips_image *image, const char *name, size_t *length) {
    const void *data = NULL;
    if (vips_image_get_typeof(image, name) != VIPS_TYPE_BLOB
        || vips_image_get_blob(image, name, &data, length) != 0) {
        return NULL;
    }
    return data;
}

int cvips_has_alpha(cvips_image *image) {
    // Packed Lab counts as four bands.
    return vips_image_get_coding(image) == VIPS_CODING_NONE && vips_image_hasalpha(image);
}

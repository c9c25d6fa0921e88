// Darkroom
// SPDX-License-Identifier: Apache-2.0

#include "internal.h"

/// Takes `image` (also when it fails) and gives it in the space that is asked for.
static VipsImage *convert(VipsImage *image, VipsInterpretation space) {
    VipsImage *converted = NULL;
    vips_colourspace(image, &converted, space, NULL);
    g_object_unref(image);
    return converted;
}

VipsImage *cvips_to_display(VipsImage *image) {
    VipsImage *shown = g_object_ref(image);
    VipsInterpretation space = vips_image_guess_interpretation(image);
    if (space == VIPS_INTERPRETATION_GREY16) {
        shown = convert(shown, VIPS_INTERPRETATION_B_W);
    } else if (space != VIPS_INTERPRETATION_B_W && space != VIPS_INTERPRETATION_sRGB) {
        shown = convert(shown, VIPS_INTERPRETATION_sRGB);
    }
    if (shown && vips_image_get_format(shown) != VIPS_FORMAT_UCHAR) {
        VipsImage *cast = NULL;
        vips_cast(shown, &cast, VIPS_FORMAT_UCHAR, NULL);
        g_object_unref(shown);
        shown = cast;
    }
    return shown;
}

cvips_image *cvips_flatten(cvips_image *image, cvips_colour background, cvips_error error) {
    VipsImage *shown = cvips_to_display(image);
    if (shown && vips_image_get_bands(shown) == 2) {
        shown = convert(shown, VIPS_INTERPRETATION_sRGB);
    }
    if (!shown || !cvips_has_alpha(shown)) {
        return shown ? shown : cvips_fail(error);
    }
    VipsImage *flat = NULL;
    VipsArrayDouble *colour = vips_array_double_newv(
        3, (double) background.red, (double) background.green, (double) background.blue);
    vips_flatten(shown, &flat, "background", colour, NULL);
    vips_area_unref(VIPS_AREA(colour));
    g_object_unref(shown);
    return flat ? flat : cvips_fail(error);
}

/// Inks become light by the embedded profile, or by a common one: `thumbnail_image` would ignore it.
static VipsImage *without_inks(VipsImage *image) {
    if (vips_image_guess_interpretation(image) != VIPS_INTERPRETATION_CMYK) {
        return g_object_ref(image);
    }
    VipsImage *light = NULL;
    vips_icc_transform(
        image, &light, "srgb", "embedded", TRUE, "input_profile", "cmyk", "intent", VIPS_INTENT_PERCEPTUAL, NULL);
    return light;
}

/// Resizes to exactly this size and turns upright; a profile is applied after the resize, where it is cheap.
static VipsImage *resized(VipsImage *image, int width, int height) {
    VipsImage *small = NULL;
    // Without a profile the conversion would cost half as much again and shift greys, for nothing.
    if (vips_image_get_typeof(image, VIPS_META_ICC_NAME) != 0) {
        vips_thumbnail_image(
            image, &small, width, "height", height, "size", VIPS_SIZE_FORCE, "export_profile", "srgb", "intent",
            VIPS_INTENT_PERCEPTUAL, NULL);
    } else {
        vips_thumbnail_image(image, &small, width, "height", height, "size", VIPS_SIZE_FORCE, NULL);
    }
    return small;
}

/// Removes everything that came with the pixels. Encoders are told to strip, too, but not every one obeys:
/// `webpsave` writes EXIF all the same. What remains is the mark of a sequential source: with it a resize
/// takes each line once and is four times as fast.
static VipsImage *bare(VipsImage *image) {
    char **fields = image ? vips_image_get_fields(image) : NULL;
    for (char **field = fields; field && *field; field++) {
        vips_image_remove(image, *field);
    }
    g_strfreev(fields);
    if (image) {
        vips_image_set_int(image, VIPS_META_SEQUENTIAL, 1);
    }
    return image;
}

VipsImage *cvips_shown_whole(VipsImage *image) {
    VipsImage *light = without_inks(image);
    if (light && vips_image_get_typeof(light, VIPS_META_ICC_NAME) != 0) {
        VipsImage *shown = NULL;
        vips_icc_transform(light, &shown, "srgb", "embedded", TRUE, "intent", VIPS_INTENT_PERCEPTUAL, NULL);
        g_object_unref(light);
        light = shown;
    }
    VipsImage *shown = light ? cvips_to_display(light) : NULL;
    VIPS_UNREF(light);
    VipsImage *copy = NULL;
    if (shown) {
        vips_copy(shown, &copy, NULL);
        g_object_unref(shown);
    }
    return bare(copy);
}

cvips_image *cvips_raster(cvips_image *image, int32_t width, int32_t height, cvips_error error) {
    VipsImage *light = without_inks(image);
    VipsImage *small = light ? resized(light, width, height) : NULL;
    VipsImage *shown = small ? cvips_to_display(small) : NULL;
    VipsImage *raster = shown ? bare(vips_image_copy_memory(shown)) : NULL;
    VIPS_UNREF(light);
    VIPS_UNREF(small);
    VIPS_UNREF(shown);
    return raster ? raster : cvips_fail(error);
}

cvips_image *cvips_crop_middle(cvips_image *image, int32_t width, int32_t height, cvips_error error) {
    VipsImage *part = NULL;
    int left = (vips_image_get_width(image) - width) / 2;
    int top = (vips_image_get_height(image) - height) / 2;
    vips_extract_area(image, &part, left, top, width, height, NULL);
    return part ? part : cvips_fail(error);
}

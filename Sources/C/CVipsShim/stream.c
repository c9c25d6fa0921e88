// Darkroom
// SPDX-License-Identifier: Apache-2.0

#include "internal.h"

#include <string.h>

/// Adds up the pixels that pass by, in boxes.
typedef struct {
    int width, height, bands, box, columns, rows;
    /// The row that comes next; a sequential source gives each row once, from the top.
    int next;
    /// The sums of the rows of the current boxes, for each column and band.
    uint16_t *sums;
    /// The means of the finished boxes.
    uint8_t *cells;
} tap;

/// 257 rows of 255 fit in the sums.
static const int largest_box = 256;

static int divided_up(int length, int parts) {
    return (length + parts - 1) / parts;
}

static void finish_boxes(tap *tap, int height) {
    uint8_t *cell = tap->cells + (size_t) ((tap->next - 1) / tap->box) * tap->columns * tap->bands;
    for (int column = 0; column < tap->columns; column++) {
        int left = column * tap->box;
        int width = VIPS_MIN(tap->box, tap->width - left);
        unsigned int count = (unsigned int) (width * height);
        for (int band = 0; band < tap->bands; band++) {
            unsigned int sum = count / 2;
            for (int x = left; x < left + width; x++) {
                sum += tap->sums[x * tap->bands + band];
            }
            *cell++ = (uint8_t) (sum / count);
        }
    }
    memset(tap->sums, 0, sizeof(uint16_t) * (size_t) tap->width * (size_t) tap->bands);
}

static void add_row(tap *tap, const uint8_t *row) {
    int length = tap->width * tap->bands;
    for (int i = 0; i < length; i++) {
        tap->sums[i] = (uint16_t) (tap->sums[i] + row[i]);
    }
    tap->next++;
    int filled = tap->next % tap->box;
    if (filled == 0) {
        finish_boxes(tap, tap->box);
    } else if (tap->next == tap->height) {
        finish_boxes(tap, filled);
    }
}

static int generate(VipsRegion *out, void *sequence, void *source, void *data, gboolean *stop) {
    (void) source, (void) stop;
    VipsRegion *in = sequence;
    VipsRect *area = &out->valid;
    tap *tap = data;
    if (vips_region_prepare(in, area) != 0 || vips_region_region(out, in, area, area->left, area->top) != 0) {
        return -1;
    }
    if (area->width == tap->width) {
        for (int y = area->top; y < area->top + area->height; y++) {
            if (y == tap->next) {
                add_row(tap, VIPS_REGION_ADDR(out, 0, y));
            }
        }
    }
    return 0;
}

/// The image with a tap on it: whoever reads it through fills the boxes.
static VipsImage *tapped(VipsImage *image, tap *tap) {
    VipsImage *out = vips_image_new();
    if (vips_image_pipelinev(out, VIPS_DEMAND_STYLE_THINSTRIP, image, NULL) != 0
        || vips_image_generate(out, vips_start_one, generate, vips_stop_one, image, tap) != 0) {
        VIPS_UNREF(out);
    }
    return out;
}

/// Encodes the displayed image through a tap, and makes an image of the boxes.
static cvips_image *save_tapped(
    VipsImage *image, cvips_save_options options, int box, cvips_bytes *file, cvips_error error) {
    tap tap = {
        .width = vips_image_get_width(image), .height = vips_image_get_height(image),
        .bands = vips_image_get_bands(image), .box = VIPS_CLIP(1, box, largest_box),
    };
    tap.columns = divided_up(tap.width, tap.box);
    tap.rows = divided_up(tap.height, tap.box);
    size_t size = (size_t) tap.columns * (size_t) tap.rows * (size_t) tap.bands;
    tap.sums = g_new0(uint16_t, (size_t) tap.width * (size_t) tap.bands);
    tap.cells = g_new0(uint8_t, size);
    VipsImage *through = tapped(image, &tap);
    VipsImage *small = NULL;
    if (!through) {
        cvips_fail(error);
    } else if (cvips_save(through, options, file, error) == 0) {
        small = vips_image_new_from_memory_copy(
            tap.cells, size, tap.columns, tap.rows, tap.bands, VIPS_FORMAT_UCHAR);
    }
    VIPS_UNREF(through);
    g_free(tap.sums);
    g_free(tap.cells);
    return small;
}

cvips_image *cvips_save_whole(
    cvips_image *image, cvips_save_options options, int32_t box, cvips_bytes *file, cvips_error error) {
    VipsImage *shown = cvips_shown_whole(image);
    if (!shown) {
        return cvips_fail(error);
    }
    VipsImage *boxes = save_tapped(shown, options, box, file, error);
    g_object_unref(shown);
    if (!boxes) {
        return NULL;
    }
    int height = vips_image_get_height(boxes);
    cvips_image *raster = cvips_raster(boxes, vips_image_get_width(boxes), height, error);
    g_object_unref(boxes);
    return raster;
}

// Darkroom
// SPDX-License-Identifier: Apache-2.0
//
// The door to libvips: plain functions and fixed structs, so that no variadic call, GLib type or
// error buffer reaches Swift. One thread at a time calls it: libvips has one error text for all.
//
// A function that can fail returns 0 or a non-null image when it succeeds, and fills `error` (always
// ended by a zero) when it does not.

#ifndef CVIPSSHIM_H
#define CVIPSSHIM_H

#include <stddef.h>
#include <stdint.h>

/// Room for the words of an error.
typedef struct {
    char *text;
    size_t capacity;
} cvips_error;

/// An image of libvips; lazily decoded until `cvips_raster` has run.
typedef struct _VipsImage cvips_image;

/// The loaders that are called, each by its name; nothing is detected by libvips.
typedef enum {
    CVIPS_LOAD_JPEG,
    CVIPS_LOAD_PNG,
    CVIPS_LOAD_GIF,
    CVIPS_LOAD_WEBP,
    CVIPS_LOAD_TIFF,
    CVIPS_LOAD_HEIF,
} cvips_loader;

/// What the channels mean.
typedef enum {
    CVIPS_SPACE_RGB,
    CVIPS_SPACE_GREY,
    CVIPS_SPACE_CMYK,
    CVIPS_SPACE_LAB,
    CVIPS_SPACE_OTHER,
} cvips_space;

/// What the header says, without a decoded pixel.
typedef struct {
    int32_t width;
    int32_t height;
    int32_t orientation;
    int32_t pages;
    int32_t bits;
    int32_t has_alpha;
    int32_t is_interlaced;
    cvips_space space;
} cvips_header;

/// The formats that are written.
typedef enum {
    CVIPS_SAVE_JPEG,
    CVIPS_SAVE_PNG,
    CVIPS_SAVE_WEBP,
    CVIPS_SAVE_AVIF,
} cvips_saver;

/// An encoder and its settings; quality is ignored by PNG, progressive by all but JPEG.
typedef struct {
    cvips_saver saver;
    int32_t quality;
    int32_t progressive;
} cvips_save_options;

/// An encoded file, to be freed by `cvips_bytes_free`.
typedef struct {
    void *data;
    size_t length;
} cvips_bytes;

/// A colour in sRGB.
typedef struct {
    uint8_t red, green, blue;
} cvips_colour;

/// Starts libvips: one thread, no operation cache, untrusted loaders blocked, nothing on stderr.
/// Once per process, before anything else.
int cvips_start(const char *program, cvips_error error);

/// Opens the first frame of a file in memory, which must outlive every image derived from it.
/// `shrink` is 1, 2, 4 or 8 and heeded by JPEG and WebP only. A truncated file fails when it is decoded.
cvips_image *cvips_load(
    const void *bytes, size_t length, cvips_loader loader, int32_t shrink, cvips_error error);

/// What the header of a loaded image says.
cvips_header cvips_describe(cvips_image *image);

/// A block of metadata, such as "exif-data" or "icc-profile-data"; lives as long as the image.
/// Null when there is none.
const void *cvips_metadata(cvips_image *image, const char *name, size_t *length);

/// The image with its transparent parts laid on a colour.
cvips_image *cvips_flatten(cvips_image *image, cvips_colour background, cvips_error error);

/// Decodes the image once and for all: upright, in 8-bit sRGB or grey, with or without alpha, of exactly
/// this size, in memory.
cvips_image *cvips_raster(cvips_image *image, int32_t width, int32_t height, cvips_error error);

/// The middle of an image.
cvips_image *cvips_crop_middle(cvips_image *image, int32_t width, int32_t height, cvips_error error);

/// Encodes a raster, without any metadata.
int cvips_save(cvips_image *raster, cvips_save_options options, cvips_bytes *file, cvips_error error);

/// Encodes an upright image at its own size while it is decoded, without holding it in memory, and gives a
/// raster of it in which each pixel is the mean of `box` x `box` pixels, 2...256. The image must not have an
/// alpha channel.
cvips_image *cvips_save_whole(
    cvips_image *image, cvips_save_options options, int32_t box, cvips_bytes *file, cvips_error error);

/// Copies a raster of that size as red, green, blue bytes, transparent parts laid on white.
int cvips_pixels(
    cvips_image *raster, int32_t width, int32_t height, uint8_t *pixels, cvips_error error);

/// Whether a raster has an alpha channel.
int cvips_has_alpha(cvips_image *image);

/// The decoders' complaints since the last call, one per line; forgets them.
void cvips_take_warnings(char *text, size_t capacity);

/// Gives an image back.
void cvips_free(cvips_image *image);

/// Gives an encoded file back.
void cvips_bytes_free(cvips_bytes file);

/// The version of libvips in use, as "major.minor.micro"; may be called before cvips_start.
const char *cvips_version(void);

#endif

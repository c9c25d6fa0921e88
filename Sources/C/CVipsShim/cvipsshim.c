// Darkroom
// SPDX-License-Identifier: Apache-2.0

#include "internal.h"

#include <string.h>

/// Complaints beyond this are dropped: a hostile file can produce one per byte.
static char warnings[2048];
/// libvips complains from threads of its own, too.
G_LOCK_DEFINE_STATIC(warnings);

static void keep_warning(const char *domain, GLogLevelFlags level, const char *message, void *unused) {
    (void) domain, (void) unused;
    if (!(level & (G_LOG_LEVEL_WARNING | G_LOG_LEVEL_CRITICAL))) {
        return;
    }
    G_LOCK(warnings);
    size_t used = strlen(warnings);
    g_snprintf(warnings + used, sizeof warnings - used, "%s\n", message);
    G_UNLOCK(warnings);
}

void *cvips_fail(cvips_error error) {
    if (error.capacity > 0) {
        g_strlcpy(error.text, vips_error_buffer(), error.capacity);
    }
    vips_error_clear();
    return NULL;
}

int cvips_start(const char *program, cvips_error error) {
    if (vips_init(program) != 0) {
        cvips_fail(error);
        return -1;
    }
    vips_concurrency_set(1);
    vips_cache_set_max(0);
    vips_block_untrusted_set(TRUE);
    // libvips trusts this one, though it reads any text that has numbers in it.
    vips_operation_block_set("VipsForeignLoadMatrix", TRUE);
    GLogLevelFlags levels = G_LOG_LEVEL_WARNING | G_LOG_LEVEL_CRITICAL | G_LOG_LEVEL_MESSAGE | G_LOG_LEVEL_INFO;
    g_log_set_handler("VIPS", levels, keep_warning, NULL);
    return 0;
}

void cvips_take_warnings(char *text, size_t capacity) {
    G_LOCK(warnings);
    g_strlcpy(text, warnings, capacity);
    warnings[0] = 0;
    G_UNLOCK(warnings);
}

void cvips_free(cvips_image *image) {
    g_object_unref(image);
}

void cvips_bytes_free(cvips_bytes file) {
    g_free(file.data);
}

const char *cvips_version(void) {
    return vips_version_string();
}

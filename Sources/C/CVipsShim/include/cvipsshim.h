// Darkroom
// SPDX-License-Identifier: Apache-2.0
//
// The door to libvips: plain functions and fixed structs, so that no variadic call, GLib type or
// error buffer reaches Swift.

#ifndef CVIPSSHIM_H
#define CVIPSSHIM_H

/// The version of libvips in use, as "major.minor.micro".
const char *cvips_version(void);

#endif

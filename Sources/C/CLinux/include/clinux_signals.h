// Darkroom
// SPDX-License-Identifier: Apache-2.0

#ifndef CLINUX_SIGNALS_H
#define CLINUX_SIGNALS_H

/// Catches SIGTERM and SIGINT, ignores SIGPIPE, and returns the reading end of a pipe that gets one byte, the
/// signal's number, for each that comes; -1 when there is no descriptor left. Call it once.
int clinux_catch_stop_signals(void);

#endif

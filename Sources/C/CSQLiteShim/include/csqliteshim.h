// Darkroom
// SPDX-License-Identifier: Apache-2.0
//
// What must be told to SQLite before its first use, through a variadic function that Swift does not import; and a
// layer over its files, which are tables of C functions.

#ifndef CSQLITESHIM_H
#define CSQLITESHIM_H

/// The name of the layer that writes a write-ahead log in one call a commit.
///
/// SQLite writes each page and each page's header by a call of its own. This layer keeps what is written to the log one
/// after the other, and hands it to the system together, before the log is synced or read. Only for connections that
/// sync the log with each commit: others show their commits to readers before they have been handed on.
#define CSQLITESHIM_GATHERING "gathering"

/// Sets SQLite up: no statistics about memory, for which all threads would share a lock, and the layer above.
///
/// To be called once, before anything else of SQLite. Returns SQLite's status.
int csqliteshim_prepare(void);

#endif

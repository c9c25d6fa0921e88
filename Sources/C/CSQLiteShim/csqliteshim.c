// Darkroom
// SPDX-License-Identifier: Apache-2.0

#include "csqliteshim.h"

#include <sqlite3.h>
#include <string.h>

/// SQLite's files for Unix take no more than this in one call.
enum { mostGathered = 0x1ffff };

/// A log, and what was written to it and not handed on. The system's file follows in memory.
typedef struct {
    sqlite3_file *file;
    sqlite3_int64 begin;
    int count;
    unsigned char bytes[mostGathered];
} GatheringLog;

typedef struct {
    sqlite3_file base;
    GatheringLog *log;
} GatheringFile;

static sqlite3_vfs *systemFiles;
static sqlite3_vfs gatheringFiles;

static GatheringLog *logOf(sqlite3_file *file) { return ((GatheringFile *)file)->log; }

/// Hands on what was gathered. Should that fail, it is dropped: the commit that wrote it fails with it.
static int handOn(GatheringLog *log) {
    int count = log->count;
    log->count = 0;
    return count == 0 ? SQLITE_OK : log->file->pMethods->xWrite(log->file, log->bytes, count, log->begin);
}

static int closeLog(sqlite3_file *file) {
    GatheringLog *log = logOf(file);
    int handed = handOn(log);
    int closed = log->file->pMethods->xClose(log->file);
    sqlite3_free(log);
    return handed == SQLITE_OK ? closed : handed;
}

static int readLog(sqlite3_file *file, void *bytes, int count, sqlite3_int64 offset) {
    GatheringLog *log = logOf(file);
    if (log->count > 0 && offset < log->begin + log->count && offset + count > log->begin) {
        int handed = handOn(log);
        if (handed != SQLITE_OK) return handed;
    }
    return log->file->pMethods->xRead(log->file, bytes, count, offset);
}

static int writeLog(sqlite3_file *file, const void *bytes, int count, sqlite3_int64 offset) {
    GatheringLog *log = logOf(file);
    if (offset != log->begin + log->count || count > mostGathered - log->count) {
        int handed = handOn(log);
        if (handed != SQLITE_OK) return handed;
        log->begin = offset;
    }
    if (count > mostGathered) return log->file->pMethods->xWrite(log->file, bytes, count, offset);
    memcpy(log->bytes + log->count, bytes, (size_t)count);
    log->count += count;
    return SQLITE_OK;
}

static int truncateLog(sqlite3_file *file, sqlite3_int64 size) {
    GatheringLog *log = logOf(file);
    int handed = handOn(log);
    return handed == SQLITE_OK ? log->file->pMethods->xTruncate(log->file, size) : handed;
}

static int syncLog(sqlite3_file *file, int flags) {
    GatheringLog *log = logOf(file);
    int handed = handOn(log);
    return handed == SQLITE_OK ? log->file->pMethods->xSync(log->file, flags) : handed;
}

static int sizeOfLog(sqlite3_file *file, sqlite3_int64 *size) {
    GatheringLog *log = logOf(file);
    int handed = handOn(log);
    return handed == SQLITE_OK ? log->file->pMethods->xFileSize(log->file, size) : handed;
}

static int lockLog(sqlite3_file *file, int lock) {
    return logOf(file)->file->pMethods->xLock(logOf(file)->file, lock);
}

static int unlockLog(sqlite3_file *file, int lock) {
    return logOf(file)->file->pMethods->xUnlock(logOf(file)->file, lock);
}

static int checkLockOfLog(sqlite3_file *file, int *isReserved) {
    return logOf(file)->file->pMethods->xCheckReservedLock(logOf(file)->file, isReserved);
}

static int controlLog(sqlite3_file *file, int operation, void *argument) {
    return logOf(file)->file->pMethods->xFileControl(logOf(file)->file, operation, argument);
}

static int sectorSizeOfLog(sqlite3_file *file) {
    return logOf(file)->file->pMethods->xSectorSize(logOf(file)->file);
}

static int traitsOfLog(sqlite3_file *file) {
    return logOf(file)->file->pMethods->xDeviceCharacteristics(logOf(file)->file);
}

static const sqlite3_io_methods logMethods = {
    .iVersion = 1,
    .xClose = closeLog,
    .xRead = readLog,
    .xWrite = writeLog,
    .xTruncate = truncateLog,
    .xSync = syncLog,
    .xFileSize = sizeOfLog,
    .xLock = lockLog,
    .xUnlock = unlockLog,
    .xCheckReservedLock = checkLockOfLog,
    .xFileControl = controlLog,
    .xSectorSize = sectorSizeOfLog,
    .xDeviceCharacteristics = traitsOfLog,
};

/// Files that are no logs are the system's own.
static int openFile(sqlite3_vfs *files, const char *name, sqlite3_file *file, int flags, int *outFlags) {
    (void)files;
    if ((flags & SQLITE_OPEN_WAL) == 0) return systemFiles->xOpen(systemFiles, name, file, flags, outFlags);
    file->pMethods = NULL;
    GatheringLog *log = sqlite3_malloc64(sizeof(GatheringLog) + (sqlite3_uint64)systemFiles->szOsFile);
    if (log == NULL) return SQLITE_NOMEM;
    log->file = (sqlite3_file *)(log + 1);
    log->begin = 0;
    log->count = 0;
    memset(log->file, 0, (size_t)systemFiles->szOsFile);
    int status = systemFiles->xOpen(systemFiles, name, log->file, flags, outFlags);
    if (status != SQLITE_OK) {
        if (log->file->pMethods != NULL) log->file->pMethods->xClose(log->file);
        sqlite3_free(log);
        return status;
    }
    ((GatheringFile *)file)->log = log;
    file->pMethods = &logMethods;
    return SQLITE_OK;
}

int csqliteshim_prepare(void) {
    // Refused when somebody in the process was earlier; then there are statistics.
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    int status = sqlite3_initialize();
    if (status != SQLITE_OK) return status;
    systemFiles = sqlite3_vfs_find(NULL);
    if (systemFiles == NULL) return SQLITE_ERROR;
    gatheringFiles = *systemFiles;
    gatheringFiles.zName = CSQLITESHIM_GATHERING;
    gatheringFiles.pNext = NULL;
    gatheringFiles.xOpen = openFile;
    int needed = (int)sizeof(GatheringFile);
    if (gatheringFiles.szOsFile < needed) gatheringFiles.szOsFile = needed;
    return sqlite3_vfs_register(&gatheringFiles, 0);
}

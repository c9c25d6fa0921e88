// Darkroom
// SPDX-License-Identifier: Apache-2.0

import HTTP
import Testing

@testable import AzureStorage

private let etag = ETag("0x1")
private let modified = StorageTime(unixSeconds: 784_111_777) + .milliseconds(700)
private let same = "Sun, 06 Nov 1994 08:49:37 GMT"
private let before = "Sun, 06 Nov 1994 08:49:36 GMT"
private let after = "Sun, 06 Nov 1994 08:49:38 GMT"

struct BlobConditionsTests {
    @Test(
        arguments: [
            ([:], .holds),
            (["If-Match": "\"0x1\""], .holds), (["If-Match": "0x1"], .holds), (["If-Match": "*"], .holds),
            (["If-Match": "\"0x2\", \"0x1\""], .holds), (["If-Match": "\"0x2\""], .failed),
            (["If-None-Match": "\"0x2\""], .holds), (["If-None-Match": "\"0x1\""], .notModified),
            (["If-None-Match": "\"0x2\",\"0x1\""], .notModified),
            (["If-Modified-Since": same], .notModified), (["If-Modified-Since": before], .holds),
            (["If-Modified-Since": after], .notModified),
            (["If-Unmodified-Since": same], .holds), (["If-Unmodified-Since": before], .failed),
            (["If-Unmodified-Since": after], .holds),
            (["If-None-Match": "\"0x1\"", "If-Modified-Since": before], .holds),
            (["If-None-Match": "\"0x1\"", "If-Modified-Since": same], .notModified),
            (["If-Match": "\"0x1\"", "If-Unmodified-Since": before], .failed),
            (["If-Match": "\"0x2\"", "If-None-Match": "\"0x1\""], .failed),
        ] as [(HTTPFields, BlobConditions.Outcome)])
    func readsUnderConditions(fields: HTTPFields, expected: BlobConditions.Outcome) throws {
        #expect(try BlobConditions.reading(fields).checkRead(etag: etag, modified: modified) == expected)
    }

    @Test(
        arguments: [
            ([:], nil), (["If-Match": "*"], nil), (["If-Match": "\"0x1\""], nil),
            (["If-Match": "\"0x2\""], .conditionNotMet), (["If-None-Match": "\"0x1\""], .conditionNotMet),
            (["If-None-Match": "*"], .blobAlreadyExists), (["If-None-Match": "\"0x2\""], nil),
            (["If-Modified-Since": same], .conditionNotMet), (["If-Modified-Since": before], nil),
            (["If-Unmodified-Since": before], .conditionNotMet), (["If-Unmodified-Since": same], nil),
            (["If-Match": "\"0x1\"", "If-Unmodified-Since": before], nil),
            (["If-None-Match": "\"0x2\"", "If-Modified-Since": after], nil),
        ] as [(HTTPFields, StorageErrorCode?)])
    func writesOverUnderConditions(fields: HTTPFields, expected: StorageErrorCode?) throws {
        let conditions = try BlobConditions.writing(fields)
        #expect(code { try conditions.checkCreate(over: (etag, modified)) } == expected)
    }

    @Test(
        arguments: [
            ([:], nil), (["If-None-Match": "*"], nil), (["If-Match": "*"], .conditionNotMet),
            (["If-Match": "\"0x1\""], .conditionNotMet), (["If-Unmodified-Since": same], nil),
        ] as [(HTTPFields, StorageErrorCode?)])
    func createsUnderConditions(fields: HTTPFields, expected: StorageErrorCode?) throws {
        let conditions = try BlobConditions.writing(fields)
        #expect(code { try conditions.checkCreate(over: nil) } == expected)
    }

    @Test(
        arguments: [
            (["If-Match": "\"0x1\",\"0x2\""], .multipleConditionHeadersNotSupported),
            (["If-None-Match": "\"0x1\",\"0x2\""], .multipleConditionHeadersNotSupported),
            (["If-Match": "\"0x1\"", "If-None-Match": "*"], .multipleConditionHeadersNotSupported),
            (["If-Match": "\"0x1\"", "If-Modified-Since": same], .multipleConditionHeadersNotSupported),
            (["If-Modified-Since": "yesterday"], .invalidHeaderValue),
        ] as [(HTTPFields, StorageErrorCode)])
    func refusesWritesUnderConditionsThatCannotBe(fields: HTTPFields, expected: StorageErrorCode) {
        #expect(code { _ = try BlobConditions.writing(fields) } == expected)
    }

    @Test func noReadIsUnderTheConditionThatNothingIsThere() {
        #expect(code { _ = try BlobConditions.reading(["If-None-Match": "*"]) } == .invalidHeaderValue)
    }

    @Test func writesWhatItReads() throws {
        for conditions in [.none, .ifAbsent, .ifMatch(etag)] as [BlobConditions] {
            var fields = HTTPFields()
            conditions.write(to: &fields)
            #expect(try BlobConditions.writing(fields) == conditions)
        }
        var fields: HTTPFields = ["If-Unmodified-Since": same, "If-Match": "\"0x1\""]
        let conditions = try BlobConditions.writing(fields)
        conditions.write(to: &fields)
        #expect(try BlobConditions.writing(fields) == conditions)
    }

    /// A read that holds is one that a write of the same single condition would let pass too.
    @Test func readsAndWritesAgreeOnSingleConditions() throws {
        let values = ["\"0x1\"", "\"0x2\""]
        let times = [before, same, after]
        let singles: [HTTPFields] =
            values.map { ["If-Match": $0] } + values.map { ["If-None-Match": $0] }
            + times.map { ["If-Modified-Since": $0] } + times.map { ["If-Unmodified-Since": $0] }
        for fields in singles {
            let read = try BlobConditions.reading(fields).checkRead(etag: etag, modified: modified)
            let write = code { try BlobConditions.writing(fields).checkWrite(etag: etag, modified: modified) }
            #expect((read == .holds) == (write == nil), "\(fields)")
        }
    }
}

func code(_ body: () throws -> Void) -> StorageErrorCode? {
    do {
        try body()
        return nil
    } catch {
        return (error as? StorageError)?.code
    }
}

// Darkroom
// SPDX-License-Identifier: Apache-2.0

import AzureStorage
import Basics
import HTTP
import SQL

/// How failures are told: the only place that knows which status goes with which code.
enum ErrorAnswer {
    /// The answer that tells of an error.
    ///
    /// - Parameters:
    ///   - error: What went wrong.
    ///   - id: The request's id, which the message repeats.
    ///   - time: When, likewise.
    ///   - isHead: Whether the answer may have no body.
    static func response(_ error: StorageError, id: String, time: StorageTime, isHead: Bool) -> HTTPResponse {
        var fields: HTTPFields = ["x-ms-error-code": error.code.rawValue]
        if isHead { return HTTPResponse(status: status(of: error.code), fields: fields) }
        fields["Content-Type"] = "application/xml"
        var xml = XMLWriter()
        xml.element("Error") { xml in
            xml.element("Code", error.code.rawValue)
            xml.element("Message", "\(error.message)\nRequestId:\(id)\nTime:\(time.preciseISO8601)")
            for detail in error.details { xml.element(detail.name, detail.value) }
        }
        return HTTPResponse(status: status(of: error.code), fields: fields, body: .bytes(xml.bytes))
    }

    /// What a failure inside the server looks like from outside.
    static func storageError(for error: any Error) -> StorageError {
        switch error {
        case let error as StorageError: error
        case is RangeBehindEnd: StorageError(.invalidRange)
        case is HTTPBodyTooLarge: StorageError(.requestBodyTooLarge)
        case is BlockingPool.Refused: StorageError(.serverBusy)
        case let error as SQLError where error.isRetriable: StorageError(.serverBusy)
        default: StorageError(.internalError)
        }
    }

    static func status(of code: StorageErrorCode) -> HTTPStatus {
        switch code {
        case .authenticationFailed, .authorizationFailure, .authorizationPermissionMismatch,
            .authorizationServiceMismatch, .authorizationResourceTypeMismatch, .authorizationProtocolMismatch,
            .authorizationSourceIPMismatch, .corsPreflightFailure:
            403
        case .resourceNotFound, .containerNotFound, .blobNotFound, .cannotVerifyCopySource: 404
        case .unsupportedHttpVerb: 405
        case .containerAlreadyExists, .blobAlreadyExists, .invalidBlobType, .blockCountExceedsLimit: 409
        case .missingContentLengthHeader: 411
        case .conditionNotMet, .leaseNotPresentWithBlobOperation, .leaseNotPresentWithContainerOperation: 412
        case .requestBodyTooLarge: 413
        case .invalidRange: 416
        case .internalError, .operationTimedOut: 500
        case .notImplemented: 501
        case .serverBusy: 503
        default: 400
        }
    }
}

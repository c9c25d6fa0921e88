// Darkroom
// SPDX-License-Identifier: Apache-2.0

/// The service's word for a failure.
///
/// Which HTTP status goes with it is the door's business.
public struct StorageErrorCode: Sendable, Hashable, RawRepresentable {
    /// The word, as it stands in `x-ms-error-code`.
    public let rawValue: String
    /// What the service says when there is nothing closer to say.
    public let message: String

    /// A code that came from a server; its message came along with it.
    public init(rawValue: String) { self.init(rawValue, "The server answered \(rawValue).") }

    private init(_ rawValue: String, _ message: String) {
        self.rawValue = rawValue
        self.message = message
    }

    /// Same word.
    public static func == (left: StorageErrorCode, right: StorageErrorCode) -> Bool { left.rawValue == right.rawValue }

    /// Feeds the word.
    public func hash(into hasher: inout Hasher) { hasher.combine(rawValue) }
}

// Requests that are wrong in themselves.
extension StorageErrorCode {
    /// A header field's value is malformed.
    public static let invalidHeaderValue = StorageErrorCode(
        "InvalidHeaderValue", "The value for one of the HTTP headers is not in the correct format.")
    /// A header field asks for something that is not supported.
    public static let unsupportedHeader = StorageErrorCode(
        "UnsupportedHeader", "One of the HTTP headers specified in the request is not supported.")
    /// A header field that the operation needs is missing.
    public static let missingRequiredHeader = StorageErrorCode(
        "MissingRequiredHeader", "An HTTP header that's mandatory for this request is not specified.")
    /// A query parameter's value is malformed.
    public static let invalidQueryParameterValue = StorageErrorCode(
        "InvalidQueryParameterValue", "Value for one of the query parameters specified in the request URI is invalid.")
    /// A query parameter's value is outside its bounds.
    public static let outOfRangeQueryParameterValue = StorageErrorCode(
        "OutOfRangeQueryParameterValue",
        "One of the query parameters specified in the request URI is outside the permissible range.")
    /// A query parameter that the operation needs is missing.
    public static let missingRequiredQueryParameter = StorageErrorCode(
        "MissingRequiredQueryParameter", "A query parameter that's mandatory for this request is not specified.")
    /// The address is not one.
    public static let invalidUri = StorageErrorCode(
        "InvalidUri", "The requested URI does not represent any resource on the server.")
    /// A name has characters that names cannot have.
    public static let invalidResourceName = StorageErrorCode(
        "InvalidResourceName", "The specified resource name contains invalid characters.")
    /// A name or value has a length outside its bounds.
    public static let outOfRangeInput = StorageErrorCode(
        "OutOfRangeInput", "One of the request inputs is out of range.")
    /// An input is wrong.
    public static let invalidInput = StorageErrorCode("InvalidInput", "One of the request inputs is not valid.")
    /// Metadata names or values are wrong.
    public static let invalidMetadata = StorageErrorCode(
        "InvalidMetadata", "The metadata specified is invalid. It has characters that are not permitted.")
    /// Metadata without a name.
    public static let emptyMetadataKey = StorageErrorCode(
        "EmptyMetadataKey", "The key for one of the metadata key-value pairs is empty.")
    /// More than 8 KiB of metadata.
    public static let metadataTooLarge = StorageErrorCode(
        "MetadataTooLarge", "The size of the specified metadata exceeds the maximum size permitted.")
    /// The request body is not the XML that the operation takes.
    public static let invalidXmlDocument = StorageErrorCode(
        "InvalidXmlDocument", "XML specified is not syntactically valid.")
    /// An MD5 that is not 16 bytes in base64.
    public static let invalidMd5 = StorageErrorCode(
        "InvalidMd5",
        "The MD5 value specified in the request is invalid. The MD5 value must be 128 bits and Base64-encoded.")
    /// The body has another MD5 than was announced.
    public static let md5Mismatch = StorageErrorCode(
        "Md5Mismatch",
        "The MD5 value specified in the request did not match with the MD5 value calculated by the server.")
    /// The body has another CRC-64 than was announced.
    public static let crc64Mismatch = StorageErrorCode(
        "Crc64Mismatch",
        "The CRC64 value specified in the request did not match with the CRC64 value calculated by the server.")
    /// Conditions that do not go together.
    public static let multipleConditionHeadersNotSupported = StorageErrorCode(
        "MultipleConditionHeadersNotSupported", "Multiple condition headers are not supported.")
    /// No length was announced.
    public static let missingContentLengthHeader = StorageErrorCode(
        "MissingContentLengthHeader", "The Content-Length header was not specified.")
    /// The body is longer than the operation takes.
    public static let requestBodyTooLarge = StorageErrorCode(
        "RequestBodyTooLarge", "The request body is too large and exceeds the maximum permissible limit.")
    /// The range lies behind the blob's end.
    public static let invalidRange = StorageErrorCode(
        "InvalidRange", "The range specified is invalid for the current size of the resource.")
    /// The method does not go with the resource.
    public static let unsupportedHttpVerb = StorageErrorCode(
        "UnsupportedHttpVerb", "The resource doesn't support specified Http Verb.")
}

// Blocks.
extension StorageErrorCode {
    /// A block list names a block that is not there, or is too long.
    public static let invalidBlockList = StorageErrorCode("InvalidBlockList", "The specified block list is invalid.")
    /// A block id is malformed or has another length than its neighbours.
    public static let invalidBlobOrBlock = StorageErrorCode(
        "InvalidBlobOrBlock", "The specified blob or block content is invalid.")
    /// More blocks than a blob can have.
    public static let blockCountExceedsLimit = StorageErrorCode(
        "BlockCountExceedsLimit", "The uncommitted block count cannot exceed the maximum limit of 100,000 blocks.")
    /// The blob is of another kind.
    public static let invalidBlobType = StorageErrorCode(
        "InvalidBlobType", "The blob type is invalid for this operation.")
}

// Who may.
extension StorageErrorCode {
    /// The signature, its time or its form is wrong.
    public static let authenticationFailed = StorageErrorCode(
        "AuthenticationFailed",
        "Server failed to authenticate the request. Make sure the value of Authorization header is formed correctly "
            + "including the signature.")
    /// The caller may not do this.
    public static let authorizationFailure = StorageErrorCode(
        "AuthorizationFailure", "This request is not authorized to perform this operation.")
    /// The signature gives other permissions.
    public static let authorizationPermissionMismatch = StorageErrorCode(
        "AuthorizationPermissionMismatch",
        "This request is not authorized to perform this operation using this permission.")
    /// The signature is for another service.
    public static let authorizationServiceMismatch = StorageErrorCode(
        "AuthorizationServiceMismatch", "This request is not authorized to perform this operation using this service.")
    /// The signature is for another kind of resource.
    public static let authorizationResourceTypeMismatch = StorageErrorCode(
        "AuthorizationResourceTypeMismatch",
        "This request is not authorized to perform this operation using this resource type.")
    /// The signature asks for another protocol.
    public static let authorizationProtocolMismatch = StorageErrorCode(
        "AuthorizationProtocolMismatch", "This request is not authorized to perform this operation using this protocol."
    )
    /// The signature is for another caller's address.
    public static let authorizationSourceIPMismatch = StorageErrorCode(
        "AuthorizationSourceIPMismatch",
        "This request is not authorized to perform this operation using this source IP.")
}

// What is there and what is not.
extension StorageErrorCode {
    /// Nothing there, or nothing that the caller may know of.
    public static let resourceNotFound = StorageErrorCode(
        "ResourceNotFound", "The specified resource does not exist.")
    /// No such container.
    public static let containerNotFound = StorageErrorCode(
        "ContainerNotFound", "The specified container does not exist.")
    /// No such blob.
    public static let blobNotFound = StorageErrorCode("BlobNotFound", "The specified blob does not exist.")
    /// The copy's source cannot be read.
    public static let cannotVerifyCopySource = StorageErrorCode(
        "CannotVerifyCopySource", "Could not verify the copy source within the specified time.")
    /// The container is there already.
    public static let containerAlreadyExists = StorageErrorCode(
        "ContainerAlreadyExists", "The specified container already exists.")
    /// The blob is there already.
    public static let blobAlreadyExists = StorageErrorCode(
        "BlobAlreadyExists", "The specified blob already exists.")
    /// A precondition does not hold.
    public static let conditionNotMet = StorageErrorCode(
        "ConditionNotMet", "The condition specified using HTTP conditional header(s) is not met.")
    /// A lease was named and there is none.
    public static let leaseNotPresentWithBlobOperation = StorageErrorCode(
        "LeaseNotPresentWithBlobOperation", "There is currently no lease on the blob.")
    /// A lease was named and there is none.
    public static let leaseNotPresentWithContainerOperation = StorageErrorCode(
        "LeaseNotPresentWithContainerOperation", "There is currently no lease on the container.")
}

// The server's own troubles.
extension StorageErrorCode {
    /// Something the service has and this server does not.
    public static let notImplemented = StorageErrorCode(
        "NotImplemented", "The requested operation is not implemented on the specified resource.")
    /// No cross-origin rule allows it.
    public static let corsPreflightFailure = StorageErrorCode(
        "CorsPreflightFailure", "CORS not enabled or no matching rule found for this request.")
    /// Too much to do: try again.
    public static let serverBusy = StorageErrorCode(
        "ServerBusy", "The server is currently unable to receive requests. Please retry your request.")
    /// It took too long: try again.
    public static let operationTimedOut = StorageErrorCode(
        "OperationTimedOut", "The operation could not be completed within the permitted time.")
    /// A fault of the server.
    public static let internalError = StorageErrorCode(
        "InternalError", "The server encountered an internal error. Please retry the request.")
}

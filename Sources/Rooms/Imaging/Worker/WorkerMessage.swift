// Darkroom
// SPDX-License-Identifier: Apache-2.0

/// What the server tells a worker first.
struct WorkerSettings: Codable, Equatable {
    /// The process id of the server.
    var server: Int32
    /// The most address space, in bytes; 0 leaves it free.
    var memoryBytes: UInt64
    /// Whether system calls that decoding does not need are given up.
    var isConfined: Bool
}

/// One picture for a worker; the source's descriptor travels with it, then one for each plan.
struct WorkerRequest: Codable, Equatable {
    /// The renditions; nil only looks at the header.
    var plans: [RenditionPlan]?
    /// What the picture may cost.
    var limits: ImagingLimits
    /// The source's digest, when it is known already.
    var sha256: String?
}

/// What a worker says.
enum WorkerReply: Codable, Equatable {
    /// It has started and takes pictures.
    case ready
    /// The picture is done.
    case done(ImageResult)
    /// The picture is at fault.
    case rejected(ImageRejection)
    /// Something else is.
    case failed(ImagingFailure)
}

// Darkroom
// SPDX-License-Identifier: Apache-2.0

import DurableTask
import GRPC
import Protobuf

extension GRPCStatus {
    /// What a caller hears of an error behind the service.
    init(hearing error: any Error) {
        switch error {
        case let error as GRPCStatus: self = error
        case let error as TaskHubError: self.init(Code(error.code), error.message)
        case let error as ProtocolError: self.init(.invalidArgument, error.description)
        case let error as ProtobufError: self.init(.invalidArgument, error.description)
        case is CancellationError: self.init(.cancelled, "the call was cancelled")
        default: self.init(.unavailable, "the hub's store failed; the server's log says why")
        }
    }

    /// Whether the error is none that the service foresaw, so that somebody should see it in the log.
    static func isUnforeseen(_ error: any Error) -> Bool {
        switch error {
        case is GRPCStatus, is TaskHubError, is ProtocolError, is ProtobufError, is CancellationError: false
        default: true
        }
    }

    /// What an item is blamed for when its answer cannot be stored; nil when the hub is to blame.
    static func blame(_ error: any Error) -> String? {
        switch error {
        case let error as TaskHubError where error.code != .corrupt && error.code != .invalid: nil
        case is TaskHubError, is ProtocolError: "\(error)"
        default: nil
        }
    }

    /// What the house's own users hear of a hub elsewhere: its refusals as a hub here would word them.
    ///
    /// What is left says that the hub cannot be reached, or does not do its part.
    var asHubError: any Error {
        switch code {
        case .notFound: TaskHubError(.notFound, message)
        case .failedPrecondition: TaskHubError(.running, message)
        case .invalidArgument: TaskHubError(.invalid, message)
        case .unimplemented: TaskHubError(.invalid, "the hub cannot do that: \(message)")
        case .resourceExhausted: TaskHubError(.full, message)
        case .dataLoss: TaskHubError(.corrupt, message)
        case .cancelled where Task.isCancelled: CancellationError()
        default: self
        }
    }
}

extension GRPCStatus.Code {
    fileprivate init(_ code: TaskHubError.Code) {
        self =
            switch code {
            case .notFound: .notFound
            case .running, .leaseLost, .newerSchema: .failedPrecondition
            case .ownerChanged, .membershipLost: .unavailable
            case .payloadTooLarge, .invalid: .invalidArgument
            case .full: .resourceExhausted
            case .corrupt: .dataLoss
            }
    }
}

// Darkroom
// SPDX-License-Identifier: Apache-2.0

/// Somebody who hears of some kinds of news.
public struct NoticeRoute: Sendable {
    /// What the route is called in configuration and history.
    public let name: String
    /// What it passes on.
    public let events: Set<NoticeEvent>
    /// Who tells.
    public let notifier: any Notifier

    /// A route for some kinds of news.
    public init(name: String, on events: Set<NoticeEvent>, by notifier: any Notifier) {
        self.name = name
        self.events = events
        self.notifier = notifier
    }
}

/// Knows who hears of what.
///
/// A notice goes by each route on its own, so that one that fails is tried again without the others.
public struct NoticeRouter: Sendable {
    private let routes: [NoticeRoute]

    /// A router over routes of different names.
    ///
    /// - Throws: ``NotificationError`` when two share a name, or one passes nothing on.
    public init(_ routes: [NoticeRoute]) throws {
        var names: Set<String> = []
        for route in routes {
            guard names.insert(route.name).inserted else {
                throw NotificationError("two notification routes are called \"\(route.name)\"; give each its own name")
            }
            guard !route.events.isEmpty else {
                let choices = NoticeEvent.allCases.map(\.rawValue).joined(separator: ", ")
                throw NotificationError(
                    "the notification route \"\(route.name)\" has nothing in \"on\": use \(choices)")
            }
        }
        self.routes = routes
    }

    /// The names of the routes that pass an event on, in their order.
    public func routes(for event: NoticeEvent) -> [String] {
        routes.filter { $0.events.contains(event) }.map(\.name)
    }

    /// Sends a notice by one route.
    ///
    /// - Throws: ``NotificationError`` when there is no such route; what its notifier throws.
    public func send(_ notice: Notice, by name: String) async throws {
        guard let route = routes.first(where: { $0.name == name }) else {
            throw NotificationError("there is no notification route \"\(name)\"; was the configuration changed?")
        }
        try await route.notifier.notify(notice)
    }
}

/// Notifications are set up wrongly.
public struct NotificationError: Error, Sendable, Equatable, CustomStringConvertible {
    /// What is wrong and what to do.
    public let message: String

    /// The same as ``message``.
    public var description: String { message }

    init(_ message: String) { self.message = message }
}

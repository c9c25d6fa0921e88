// Darkroom
// SPDX-License-Identifier: Apache-2.0

public import DurableTask

/// What goes wrong while a ``TestHub`` runs.
///
/// An orchestration is to be trusted that comes to the same end whatever goes wrong here, with each effect once for
/// each idempotency key.
public struct InjectedFailures: Sendable {
    /// Attempts of an activity that fail, so that a test can see what its orchestration makes of it.
    public struct Attempts: Sendable {
        /// The name of the activity; case does not count.
        public var activity: String
        /// Which attempts of a retry policy, counted from 1.
        public var attempts: ClosedRange<Int>
        /// What the orchestrator hears.
        public var failure: TaskFailure
        /// Whether the activity does its work and its answer is lost, which only an idempotency key can mend.
        public var loseAnswer: Bool

        /// Attempts that fail.
        public init(
            of activity: String, _ attempts: ClosedRange<Int> = 1...1,
            with failure: TaskFailure = .injected, loseAnswer: Bool = false
        ) {
            self.activity = activity
            self.attempts = attempts
            self.failure = failure
            self.loseAnswer = loseAnswer
        }
    }

    /// Attempts of activities that fail.
    public var attempts: [Attempts] = []
    /// One in so many runs of activities fails by chance, every second one after it did its work; 0 for never.
    public var activityOneIn = 0
    /// One in so many calls of the store fails, and nobody knows whether it was done; 0 for never.
    public var storeOneIn = 0
    /// One in so many calls of the store is the last thing that its process does, and another takes over; 0 for never.
    public var crashOneIn = 0
    /// How often chance may strike; then everything goes well, so that what is tested comes to its end.
    public var budget = 20
    /// Where chance begins; which call it hits also depends on the order in which tasks run.
    public var seed: UInt64 = 1

    /// Nothing goes wrong.
    public init() {}

    /// Everything goes wrong now and then, as chance will have it.
    public static func byChance(seed: UInt64) -> InjectedFailures {
        var failures = InjectedFailures()
        failures.activityOneIn = 10
        failures.storeOneIn = 40
        failures.crashOneIn = 100
        failures.seed = seed
        return failures
    }
}

extension TaskFailure {
    /// A failure that a test asked for; another attempt may succeed.
    public static let injected = TaskFailure(type: "Injected", message: "the test makes this attempt fail")
}

extension InjectedFailures {
    var rates: FailingStore.Rates {
        var rates = FailingStore.Rates()
        rates.failureOneIn = storeOneIn
        rates.crashOneIn = crashOneIn
        return rates
    }

    /// What becomes of a run of an activity; nil when it is left alone.
    func fate(of activity: String, _ attempt: Int, _ misfortune: Misfortune) -> Attempts? {
        let name = activity.lowercased()
        if let planned = attempts.first(where: { $0.activity.lowercased() == name && $0.attempts.contains(attempt) }) {
            return planned
        }
        guard misfortune.strikes(oneIn: activityOneIn) else { return nil }
        return Attempts(of: activity, loseAnswer: misfortune.number(in: 0..<2) == 0)
    }
}

extension TaskRegistry {
    /// The registry with activities that fail as they are told to.
    func failing(_ failures: InjectedFailures, _ misfortune: Misfortune) -> TaskRegistry {
        wrappingActivities { name, body in
            { context, input in
                guard let fate = failures.fate(of: name, context.attempt, misfortune) else {
                    return try await body(context, input)
                }
                if fate.loseAnswer { _ = try await body(context, input) }
                throw fate.failure
            }
        }
    }
}

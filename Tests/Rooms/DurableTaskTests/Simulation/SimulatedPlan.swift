// Darkroom
// SPDX-License-Identifier: Apache-2.0

import DurableTask
import DurableTaskTesting

/// The shape of an orchestration whose result does not depend on what happens when.
///
/// Every step has a number of its own, so that each effect can be told from all others.
indirect enum SimulatedStep: Sendable {
    case work(Int)
    case flaky(Int)
    case broken(Int)
    case sleep(Int)
    case event(Int)
    case child(Int, SimulatedStep)
    case brokenChild(Int)
    case section(Int)
    case call(Int)
    case signal(Int)
    case abandoned(Int)
    case race(SimulatedStep)
    case sequence([SimulatedStep])
    case group([SimulatedStep])
}

/// What an instance runs: the same steps in every round, then as new.
struct SimulatedPlan: Sendable {
    /// What the numbers of a round's steps begin with.
    static let stride = 10_000

    let root: SimulatedStep
    let rounds: Int
    /// The children's steps, by their numbers.
    private(set) var children: [Int: SimulatedStep] = [:]
    /// The numbers of the events that are waited for.
    private(set) var events: [Int] = []

    /// - Parameter isAside: Whether the instance plays aside from the main one: in one round, told of nothing, telling
    ///   nobody.
    init(seed: UInt64, isAside: Bool = false) {
        var generator = SeededGenerator(seed: seed)
        var count = 0
        let step = SimulatedStep.random(&generator, &count, depth: 3, isChild: false)
        let root = isAside ? step.alone : step
        self.root = root
        rounds = isAside ? 1 : Int.random(in: 1...3, using: &generator)
        root.visit { step in
            if case .child(let number, let body) = step { children[number] = body }
            if case .section(let number) = step { children[number] = step }
            if case .event(let number) = step { events.append(number) }
        }
    }

    /// The result of the last round.
    var result: Int { (0..<rounds).reduce(0) { $0 + root.result($1 * Self.stride) } }

    /// The effects of all rounds.
    var effects: SimulatedEffects {
        var effects = SimulatedEffects()
        for round in 0..<rounds { effects.add(root, round * Self.stride) }
        return effects
    }

    /// What the entities hold in the end.
    var totals: [String: Int] {
        var totals: [String: Int] = [:]
        for round in 0..<rounds {
            root.visit { step in
                switch step {
                case .call(let number): totals["called", default: 0] += number + round * Self.stride
                case .signal(let number): totals["signalled", default: 0] += number + round * Self.stride
                case .section:
                    totals["left", default: 0] += 1
                    totals["right", default: 0] += 1
                default: break
                }
            }
        }
        return totals
    }
}

/// The effects that must happen, and those that may.
struct SimulatedEffects {
    var certain: Set<String> = []
    var possible: Set<String> = []

    /// Those of a step and of all below it.
    mutating func add(_ root: SimulatedStep, _ offset: Int, isCertain: Bool = true) {
        root.visit { step in
            for (attempt, number) in step.effects {
                let name = EffectLedger.name("\(number + offset)", attempt)
                if case .abandoned = step { possible.insert(name) } else if isCertain { certain.insert(name) }
                possible.insert(name)
            }
        }
    }
}

extension SimulatedStep {
    static func random(
        _ generator: inout SeededGenerator, _ count: inout Int, depth: Int, isChild: Bool
    ) -> SimulatedStep {
        count += 1
        let number = count
        if depth > 0, Bool.random(using: &generator) {
            let branches = (0..<Int.random(in: 1...3, using: &generator)).map { _ in
                random(&generator, &count, depth: depth - 1, isChild: isChild)
            }
            return Bool.random(using: &generator) ? .sequence(branches) : .group(branches)
        }
        switch Int.random(in: 0..<(isChild ? 10 : 12), using: &generator) {
        case 0: return .work(number)
        case 1: return .flaky(number)
        case 2: return .broken(number)
        case 3: return .sleep(number)
        case 4: return .call(number)
        case 5: return .signal(number)
        case 6: return .abandoned(number)
        case 7: return .section(number)
        case 8: return .brokenChild(number)
        case 9 where depth > 0: return .race(random(&generator, &count, depth: depth - 1, isChild: isChild))
        case 10: return .event(number)
        case 11 where depth > 0:
            return .child(number, random(&generator, &count, depth: depth - 1, isChild: true))
        default: return .work(number)
        }
    }

    /// The same shape, with activities in the place of what others send or are sent.
    var alone: SimulatedStep {
        switch self {
        case .event(let number), .call(let number), .signal(let number): .work(number)
        case .child(let number, let step): .child(number, step.alone)
        case .race(let step): .race(step.alone)
        case .sequence(let steps): .sequence(steps.map(\.alone))
        case .group(let steps): .group(steps.map(\.alone))
        default: self
        }
    }

    /// Looks at the step and all below it.
    func visit(_ look: (SimulatedStep) -> Void) {
        look(self)
        switch self {
        case .child(_, let step), .race(let step): step.visit(look)
        case .sequence(let steps), .group(let steps): for step in steps { step.visit(look) }
        default: break
        }
    }

    /// The runs of activities that the step itself causes: attempt and number.
    var effects: [(attempt: Int, number: Int)] {
        switch self {
        case .work(let number), .broken(let number), .abandoned(let number), .section(let number): [(1, number)]
        case .flaky(let number): [(1, number), (2, number)]
        default: []
        }
    }

    func result(_ offset: Int) -> Int {
        switch self {
        case .work(let number), .flaky(let number), .section(let number): 3 * (number + offset) + 1
        case .broken(let number), .brokenChild(let number): -number
        case .sleep(let number), .call(let number), .signal(let number), .abandoned(let number): number
        case .event(let number): 7 * (number + offset)
        case .child(let number, let step): number + step.result(offset)
        case .race(let step): step.result(offset)
        case .sequence(let steps), .group(let steps): steps.reduce(0) { $0 + $1.result(offset) }
        }
    }
}

#if Exporter
internal import KernelIO
internal import Synchronization

/// Compares passwords with their hashes: slow by design, so one at a time and apart from all else.
///
/// What was compared is remembered, so a client that is known never waits for those who guess; one
/// that is not known yet takes turns with them.
final class PasswordCheck: Sendable {
    /// What comes of it.
    enum Verdict: Hashable, Sendable {
        case right, wrong
        /// Too many others are being compared.
        case busy
    }

    private struct Attempt: Hashable, Sendable {
        var user: String
        var secret: [UInt8]
        var hash: PasswordHash
    }

    private struct Memory {
        var right: Set<Attempt> = []
        var wrong: Set<Attempt> = []

        func verdict(_ attempt: Attempt) -> Verdict? {
            right.contains(attempt) ? .right : wrong.contains(attempt) ? .wrong : nil
        }
    }

    /// How many attempts of a kind are remembered.
    private static let remembered = 100

    private let memory = Mutex(Memory())
    private let turns = Turns()

    /// How many wait for their turn.
    var waiting: Int { turns.waiting }

    /// Compares what a client sent, when it is its turn.
    ///
    /// Every user, known or not, costs the same time as the dearest.
    func verdict(
        user: String, secret: [UInt8], users: [String: PasswordHash], for client: String
    ) async -> Verdict {
        let known = users[user]
        let dearest = users.values.map(\.cost).max() ?? 10
        let hash = known ?? .decoy(cost: dearest)
        let attempt = Attempt(user: user, secret: secret, hash: hash)
        if let early = memory.withLock({ $0.verdict(attempt) }) { return early }
        guard await turns.take(for: client) else { return .busy }
        defer { turns.pass() }
        // The same may have been compared meanwhile.
        if let early = memory.withLock({ $0.verdict(attempt) }) { return early }
        let matches = await Comparison.shared.matches(secret, hash, asDearAs: dearest)
        let isRight = matches && known != nil
        memory.withLock { memory in
            if isRight {
                Self.remember(attempt, in: &memory.right)
            } else {
                Self.remember(attempt, in: &memory.wrong)
            }
        }
        return isRight ? .right : .wrong
    }

    private static func remember(_ attempt: Attempt, in attempts: inout Set<Attempt>) {
        if attempts.count >= remembered { attempts.removeAll() }
        attempts.insert(attempt)
    }

    /// Has a thread of its own: neither the connections nor anything else waits for it.
    private actor Comparison {
        static let shared = Comparison()

        private let executor = ThreadExecutor(name: "cgw-passwords")

        nonisolated var unownedExecutor: UnownedSerialExecutor {
            unsafe executor.asUnownedSerialExecutor()
        }

        /// One more step of cost doubles the time, so one comparison of each step that is missing
        /// makes it the same.
        func matches(_ secret: [UInt8], _ hash: PasswordHash, asDearAs cost: Int) -> Bool {
            let isRight = hash.matches(secret)
            for step in hash.cost..<max(hash.cost, cost) {
                _ = PasswordHash.decoy(cost: step).matches(secret)
            }
            return isRight
        }
    }
}
#endif

#if Exporter
internal import KernelIO
internal import Synchronization

/// Compares passwords with their hashes, one at a time and on a thread of its own, because hashing
/// is slow by design.
///
/// Results are cached, so a known client never waits for clients that guess. A client that is not
/// yet known takes turns with them.
final class PasswordCheck: Sendable {
    /// The result of a check.
    enum Verdict: Hashable, Sendable {
        case right, wrong
        /// Too many other checks are waiting.
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

    /// The maximum number of right attempts in the cache, and of wrong ones.
    private static let remembered = 100

    private let memory = Mutex(Memory())
    private let turns = Turns()

    /// The number of checks that wait for their turn.
    var waiting: Int { turns.waiting }

    /// Checks a client's credentials when its turn comes.
    ///
    /// For every user, known or not, a check takes as long as with the most expensive hash.
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
        // The same credentials may have been checked during the wait.
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

    /// Runs comparisons on its own thread, so neither connections nor other actors wait for them.
    private actor Comparison {
        static let shared = Comparison()

        private let executor = ThreadExecutor(name: "cgw-passwords")

        nonisolated var unownedExecutor: UnownedSerialExecutor {
            unsafe executor.asUnownedSerialExecutor()
        }

        /// Returns whether the secret matches, after the time that a hash of the given cost takes.
        ///
        /// Each step of cost doubles the time, so one extra comparison for each missing step makes
        /// up the difference.
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

#if Exporter
internal import KernelIO
internal import Synchronization

/// Compares passwords with their hashes: slow by design, so one at a time and apart from all else.
///
/// What was compared is remembered, so a client that is known never waits for those who guess.
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
        var waiting = 0
    }

    /// How many attempts of a kind are remembered.
    private static let remembered = 100
    /// How many wait at most: one takes about 50 ms.
    private static let mostWaiting = 16

    private let memory = Mutex(Memory())

    /// Compares what a client sent.
    ///
    /// A user who is not known costs the same time as the dearest who is.
    func verdict(
        user: String, secret: [UInt8], users: [String: PasswordHash]
    ) async -> Verdict {
        let known = users[user]
        let hash = known ?? .decoy(cost: users.values.map(\.cost).max() ?? 10)
        let attempt = Attempt(user: user, secret: secret, hash: hash)
        let early: Verdict? = memory.withLock { memory in
            if memory.right.contains(attempt) { return .right }
            if memory.wrong.contains(attempt) { return .wrong }
            guard memory.waiting < Self.mostWaiting else { return .busy }
            memory.waiting += 1
            return nil
        }
        if let early { return early }
        let matches = await Comparison.shared.matches(secret, hash)
        let isRight = matches && known != nil
        memory.withLock { memory in
            memory.waiting -= 1
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

        func matches(_ secret: [UInt8], _ hash: PasswordHash) -> Bool { hash.matches(secret) }
    }
}
#endif

internal import KernelIO
internal import Synchronization

/// Gathers facts on background threads, so that callers never wait.
///
/// Work is charged to the user who can make it expensive. Each user has an allowance of bytes and
/// time per second, one thread at a time, and a bounded queue. Root has a thread of its own. A user
/// whose files block a thread in the kernel blocks only that thread, and only that user's facts
/// stay unknown.
///
/// Threads exit when no work may be done now; the next request starts them again.
package final class FactGatherer: Sendable {
    /// A piece of work; returns the number of bytes that it read.
    typealias Work = @Sendable () -> Int

    /// The resource limits of a gatherer.
    struct Bounds: Sendable {
        /// The allowance of each user except root.
        var user: Allowance.Rate
        /// The allowance of all those users together.
        var users: Allowance.Rate
        /// The allowance of root.
        var root: Allowance.Rate
        /// The maximum number of threads for users other than root.
        var userThreads = 4
        /// The maximum number of queued pieces of work per user other than root.
        var waiting = 4096

        /// For a long-running process: 5 % of a CPU per user, 20 % for all users.
        static let steady = Bounds(
            user: Allowance.Rate(bytes: 1 << 20, nanoseconds: 50_000_000),
            users: Allowance.Rate(bytes: 4 << 20, nanoseconds: 200_000_000),
            root: Allowance.Rate(bytes: 64 << 20, nanoseconds: nil))

        /// For a one-shot command, without time limits: 1 MiB per user, 16 MiB for all users other
        /// than root, and 1 GiB for root.
        static let once = Bounds(
            user: Allowance.Rate(bytes: 1 << 20, nanoseconds: nil, isRenewed: false),
            users: Allowance.Rate(bytes: 16 << 20, nanoseconds: nil, isRenewed: false),
            root: Allowance.Rate(bytes: 1 << 30, nanoseconds: nil, isRenewed: false))
    }

    private struct Account: Sendable {
        var waiting = WorkQueue()
        var isServed = false
        var allowance: Allowance
        var bytesSpent = 0
    }

    private struct State: Sendable {
        var accounts: [UInt32: Account] = [:]
        /// The users with queued work, in the order of their turns.
        var turns: [UInt32] = []
        var users: Allowance
        var userThreads = 0
        var usersServed = 0
        var hasRootThread = false
    }

    private static let root: UInt32 = 0

    private let name: String
    private let bounds: Bounds
    private let clock: @Sendable () -> UInt64
    private let state: Mutex<State>

    /// Creates a gatherer; `name` is that of its threads, `isOnce` is for a one-shot command.
    package convenience init(_ name: String, isOnce: Bool = false) {
        self.init(name, isOnce ? .once : .steady) { MonotonicClock.nanoseconds }
    }

    init(_ name: String, _ bounds: Bounds, clock: @escaping @Sendable () -> UInt64) {
        self.name = name
        self.bounds = bounds
        self.clock = clock
        state = Mutex(State(users: Allowance(bounds.users, at: clock())))
    }

    /// Queues work on a user's account; false if that user's queue is full.
    func add(on user: UInt32, _ work: @escaping Work) -> Bool {
        let isAdded = state.withLock { state in
            let now = clock()
            let isRoot = user == Self.root
            let waiting = state.accounts[user]?.waiting.count ?? 0
            guard isRoot || waiting < bounds.waiting else { return false }
            if state.accounts.count > 64 { Self.prune(&state, now) }
            if state.accounts[user] == nil {
                let rate = isRoot ? bounds.root : bounds.user
                state.accounts[user] = Account(allowance: Allowance(rate, at: now))
            }
            state.accounts[user]?.waiting.append(work)
            if !isRoot, waiting == 0, state.accounts[user]?.isServed == false {
                state.turns.append(user)
            }
            return true
        }
        if isAdded { goOn() }
        return isAdded
    }

    /// Starts threads for the queued work that may be done now.
    func goOn() {
        while let isRoot = state.withLock({ wantedThread(&$0) }) {
            do throws(IOError) {
                try WorkerThread.start(name) { [self] in serve(isRoot) }
            } catch {
                // The next request tries again.
                return state.withLock { Self.endThread(&$0, isRoot) }
            }
        }
    }

    /// Waits until all work that may be done now is done; false on a timeout.
    package func waitUntilIdle(within time: Duration) -> Bool {
        Deadline(after: time).wait { state.withLock { !$0.hasRootThread && $0.userThreads == 0 } }
    }

    /// The bytes read on a user's account since that account was created.
    func bytesSpent(on user: UInt32) -> Int {
        state.withLock { $0.accounts[user]?.bytesSpent ?? 0 }
    }

    /// Reserves a thread to start: true for root's, false for a user's; nil if none is needed.
    private func wantedThread(_ state: inout State) -> Bool? {
        let now = clock()
        if !state.hasRootThread, isReady(&state, Self.root, now) {
            state.hasRootThread = true
            return true
        }
        // Threads that have just been started will take one user each.
        let starting = state.userThreads - state.usersServed
        guard state.userThreads < bounds.userThreads, state.users.isLeft(at: now),
            state.turns.count(where: { isReady(&state, $0, now) }) > starting
        else { return nil }
        state.userThreads += 1
        return false
    }

    private func isReady(_ state: inout State, _ user: UInt32, _ now: UInt64) -> Bool {
        guard let account = state.accounts[user], !account.isServed, account.waiting.count > 0
        else {
            return false
        }
        return state.accounts[user]?.allowance.isLeft(at: now) ?? false
    }

    private func serve(_ isRoot: Bool) {
        while let (user, work) = state.withLock({ next(&$0, isRoot) }) {
            let start = clock()
            let bytes = work()
            let end = clock()
            let spent = Int(clamping: end > start ? end - start : 0)
            state.withLock { state in
                state.accounts[user]?.isServed = false
                state.accounts[user]?.allowance.spend(bytes: bytes, nanoseconds: spent)
                state.accounts[user]?.bytesSpent += bytes
                guard !isRoot else { return }
                state.usersServed -= 1
                state.users.spend(bytes: bytes, nanoseconds: spent)
                if state.accounts[user]?.waiting.count ?? 0 > 0 { state.turns.append(user) }
            }
        }
    }

    /// Takes the next piece of work; if none may be done now, ends the thread and returns nil.
    private func next(_ state: inout State, _ isRoot: Bool) -> (UInt32, Work)? {
        let now = clock()
        var user: UInt32?
        if isRoot {
            user = isReady(&state, Self.root, now) ? Self.root : nil
        } else if state.users.isLeft(at: now) {
            user = state.turns.first { isReady(&state, $0, now) }
        }
        guard let user, let work = state.accounts[user]?.waiting.removeFirst() else {
            Self.endThread(&state, isRoot)
            return nil
        }
        state.accounts[user]?.isServed = true
        if !isRoot {
            state.usersServed += 1
            state.turns.removeAll { $0 == user }
        }
        return (user, work)
    }

    private static func endThread(_ state: inout State, _ isRoot: Bool) {
        if isRoot { state.hasRootThread = false } else { state.userThreads -= 1 }
    }

    /// Drops the accounts of users with no queued work and a full allowance.
    private static func prune(_ state: inout State, _ now: UInt64) {
        for user in state.accounts.keys {
            guard let account = state.accounts[user], !account.isServed, account.waiting.count == 0,
                state.accounts[user]?.allowance.isWhole(at: now) == true
            else { continue }
            state.accounts[user] = nil
        }
    }
}

/// A first-in, first-out queue of work.
private struct WorkQueue: Sendable {
    private var elements: [FactGatherer.Work] = []
    private var done = 0

    var count: Int { elements.count - done }

    mutating func append(_ work: @escaping FactGatherer.Work) { elements.append(work) }

    mutating func removeFirst() -> FactGatherer.Work {
        let work = elements[done]
        done += 1
        if done > 64, done * 2 > elements.count {
            elements.removeFirst(done)
            done = 0
        }
        return work
    }
}

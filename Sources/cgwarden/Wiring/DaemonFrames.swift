import CgroupModel
import Hierarchy

/// The frames that the daemon keeps on disk, and this process's own while the daemon writes none.
///
/// Only new frames are read and decoded, so a second view costs little.
final class DaemonFrames: FrameSource {
    /// The time that the view waits for the daemon's first frame before it lists the cgroups, in
    /// milliseconds.
    private static let headStart = 50

    private let tail = DaemonTail()
    private let search: Task<Void, any Error>
    private let scope: SampleScope
    private let own: OwnFrames
    private let counter = FrameCounter()
    /// Whether the daemon's frames are shown even if they are rarer than the view's interval, or
    /// leave cgroups out.
    private let isRequired: Bool

    /// Starts to look for a daemon that keeps its history in the folder that `find` returns.
    ///
    /// Unless they are required, its frames are not used if they are rarer than one in `interval`
    /// seconds, or if they leave cgroups out.
    init(
        _ scope: SampleScope, interval: Double, isRequired: Bool, own: OwnFrames,
        in find: @escaping @Sendable () throws -> String?
    ) {
        self.scope = scope
        self.own = own
        self.isRequired = isRequired
        search = Task.detached { [tail] in
            try await tail.begin(interval: isRequired ? nil : interval, find)
        }
    }

    /// Waits until the daemon is found; throws the reason if there is none.
    func require() async throws { try await search.value }

    var title: String {
        guard case .daemon(let leftOut) = tail.origin else { return own.title }
        return "\(own.title)  from the daemon" + (leftOut > 0 ? ", \(leftOut) left out" : "")
    }

    func listing() async -> Snapshot? {
        for _ in 0..<Self.headStart where tail.origin == .unknown {
            try? await Task.sleep(for: .milliseconds(1))
        }
        if case .daemon = tail.origin { return nil }
        return await own.listing()
    }

    func next(interval: Double) async -> Snapshot? {
        guard case .success = await search.result else { return await own.next(interval: interval) }
        let (found, isAttached) = await tail.next(interval: isRequired ? nil : interval)
        guard isAttached else { return await own.next(interval: interval).map(counter.numbered) }
        return found.map { counter.numbered($0.within(scope)) }
    }
}

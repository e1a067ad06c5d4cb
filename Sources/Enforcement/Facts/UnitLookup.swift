internal import Actuation
internal import CgroupModel
internal import Hierarchy
internal import KernelIO
internal import Synchronization

/// Finds the systemd unit of a cgroup: by asking systemd where it runs, else by the path.
///
/// A systemd that does not answer at once is not waited for, since every tick would be late.
struct UnitLookup: Sendable {
    private let tree: MountedHierarchy
    private let connections: SystemdConnections?
    private let questions: BackgroundQueue<@Sendable () -> Void>
    private let asking: Asking?
    private static let silence: UInt64 = 30_000_000_000
    private static let patience: Int32 = 200

    /// The one question that there may be at a time.
    private final class Asking: Sendable {
        struct State: Sendable {
            var isOpen = false
            /// Nil inside for no unit, nil for no answer.
            var answer: String??
            /// When systemd may be asked again after it did not answer, in nanoseconds.
            var silentUntil: UInt64 = 0
        }

        let state = Mutex(State())
        let answered: EventFlag

        init() throws(IOError) { answered = try EventFlag() }

        /// False while it may not be asked.
        func begin() -> Bool {
            state.withLock { state in
                guard !state.isOpen, state.silentUntil < MonotonicClock.nanoseconds else {
                    return false
                }
                answered.lower()
                state.isOpen = true
                state.answer = nil
                return true
            }
        }

        func end(_ answer: String??) {
            state.withLock { state in
                state.isOpen = false
                state.answer = answer
                answered.raise()
            }
        }
    }

    /// Asks nobody if there are no connections.
    init(set: HierarchySet, connections: SystemdConnections?) {
        let trees = set.hierarchies.filter { $0.version == .unified || $0.name == "systemd" }
        tree = trees.first ?? set.hierarchies[0]
        self.connections = connections
        questions = BackgroundQueue("cgw-units", capacity: 1) { $0() }
        asking = try? Asking()
    }

    /// The unit's name as systemd writes it, escapes and all; nil if there is none.
    func unit(of path: CgroupPath) -> String? {
        guard let connections, let asking, asking.begin() else { return CgroupIdentity(path).unit }
        questions.add { [self] in asking.end(try? .some(asked(path, connections))) }
        var list = PollList()
        list.add(asking.answered.descriptor.number)
        list.wait(milliseconds: Self.patience)
        let answer = asking.state.withLock { state -> String?? in
            if state.answer == nil {
                state.silentUntil = MonotonicClock.nanoseconds + Self.silence
            }
            return state.answer
        }
        return answer ?? CgroupIdentity(path).unit
    }

    private func asked(
        _ path: CgroupPath, _ connections: SystemdConnections
    ) throws(BusError) -> String? {
        let text = String(decoding: tree.namespacedPath(of: path).bytes, as: UTF8.self)
        guard let unit = try connections[.system].unit(ofCgroup: text) else { return nil }
        guard let user = UnitName.user(ofManager: unit.name), unit.cgroup != text else {
            return unit.name
        }
        let nested = try? connections[.user(user)].unit(ofCgroup: text)
        return nested?.name ?? unit.name
    }
}

internal import CgroupModel
package import Hierarchy
internal import KernelIO
internal import Synchronization

/// Notices births and ends of cgroups between samples; on v2 it reads a cgroup's totals when its
/// last process ends.
///
/// A thread of its own waits for the kernel's notices, because the directory may be removed at
/// once. It opens a cgroup's files only after a notice, so no descriptor is kept per cgroup.
package final class DeathWatch: Sendable {
    private let shared: Shared

    /// Watches the hierarchy that gives cgroups their identity; nil if inotify cannot be used.
    package init?(_ set: HierarchySet) {
        guard let first = set.byIdentity.first, let shared = Shared(set.hierarchies[first]) else {
            return nil
        }
        self.shared = shared
        do throws(IOError) {
            try WorkerThread.start("deaths") { shared.watch() }
        } catch {
            return nil
        }
    }

    deinit { shared.stop.raise() }

    /// Removes and returns all ends up to now, and whether some may be missing.
    ///
    /// Without `waiting`, returns only the ends that the thread has found, and none while it is
    /// busy.
    func take(waiting: Bool) -> (ends: [CgroupEnd], isIncomplete: Bool) {
        shared.take(waiting: waiting)
    }

    /// The state that the thread and the owner share.
    private final class Shared: Sendable {
        let stop: EventFlag
        private let state: Mutex<LifeRegister>
        private let watched: Int32
        /// The maximum number of notices that one pass takes.
        private static let pass = 2048

        init?(_ hierarchy: MountedHierarchy) {
            guard let stop = try? EventFlag(), let register = LifeRegister(hierarchy) else {
                return nil
            }
            self.stop = stop
            watched = register.watched
            state = Mutex(register)
        }

        func watch() {
            var list = PollList()
            list.add(watched)
            list.add(stop.descriptor.number)
            state.withLock { $0.begin() }
            while true {
                list.wait(milliseconds: nil)
                if list.hasNews(1..<2) { return }
                let start = MonotonicClock.nanoseconds
                let count = state.withLock { $0.read(Self.pass) }
                // A backlog may use at most half a CPU.
                if count == Self.pass {
                    Pause.sleep(.nanoseconds(Int64(clamping: MonotonicClock.nanoseconds - start)))
                }
            }
        }

        func take(waiting: Bool) -> (ends: [CgroupEnd], isIncomplete: Bool) {
            guard waiting else {
                return state.withLockIfAvailable { $0.take() } ?? ([], false)
            }
            return state.withLock { register in
                _ = register.read(Self.pass * 8)
                return register.take()
            }
        }
    }
}

import CgroupModel
import Hierarchy
import KernelIO
import LiveView
import Synchronization

/// Lists the processes of one cgroup on separate threads.
///
/// Reading a command line blocks while the process changes its memory map, and a user name may come
/// over the network. The screen must wait for neither.
final class ProcessLister: Sendable {
    private typealias Times = [Int32: (ticks: UInt64, at: UInt64)]

    private struct State {
        /// The cgroup of the last request.
        var wanted: CgroupID?
        /// The result until it is fetched.
        var found: [ProcessRow]?
        /// The number of the pending request; nil if there is none.
        var open: UInt64?
        var count: UInt64 = 0
        var threads = 0
        var times: Times = [:]
    }

    private let membership: Membership
    private let reader: ProcessReader
    private let state = Mutex(State())
    /// The maximum number of threads; blocked ones are abandoned, but must not accumulate without
    /// bound.
    private static let mostThreads = 8

    init(_ set: HierarchySet) {
        membership = Membership(set)
        reader = ProcessReader(set.system)
    }

    /// Returns the processes found since the last call; nil while the list is pending.
    func rows(of cgroup: CgroupEntry) -> [ProcessRow]? {
        let (rows, question) = state.withLock { state -> ([ProcessRow]?, UInt64?) in
            if state.wanted != cgroup.id {
                state.wanted = cgroup.id
                state.found = nil
                state.open = nil
            }
            if let found = state.found.take() { return (found, nil) }
            guard state.open == nil, state.threads < Self.mostThreads else { return (nil, nil) }
            state.count += 1
            state.threads += 1
            state.open = state.count
            return (nil, state.count)
        }
        guard let question else { return rows }
        do throws(IOError) {
            try WorkerThread.start("cgw-processes") { [self] in answer(question, cgroup.path) }
        } catch {
            end(question, nil)
        }
        return nil
    }

    private func answer(_ question: UInt64, _ path: CgroupPath) {
        let previous = state.withLock { $0.times }
        let now = MonotonicClock.nanoseconds
        var times: Times = [:]
        let rows = membership.union(of: path).compactMap { pid -> ProcessRow? in
            guard pid > 0, let stat = reader.stat(pid) else { return nil }
            let ticks = stat.userTicks + stat.systemTicks
            times[pid] = (ticks, now)
            let user = reader.user(of: pid)
            return ProcessRow(
                pid: pid, parent: Int32(clamping: stat.parent),
                user: user.map { UserName.text($0) } ?? "?",
                cpuPercent: Self.percent(previous[pid], ticks, now),
                memoryBytes: stat.residentPages * MemoryPage.size,
                command: reader.command(pid, name: stat.name))
        }
        end(question, (rows, times))
    }

    private func end(_ question: UInt64, _ answer: (rows: [ProcessRow], times: Times)?) {
        state.withLock { state in
            state.threads -= 1
            guard state.open == question else { return }
            state.open = nil
            guard let answer else { return }
            state.found = answer.rows
            state.times = answer.times
        }
    }

    /// A tick is 10 ms, so one tick per second is one percent.
    private static func percent(
        _ old: (ticks: UInt64, at: UInt64)?, _ ticks: UInt64, _ now: UInt64
    ) -> Double? {
        guard let old, now > old.at, ticks >= old.ticks else { return nil }
        return Double(ticks - old.ticks) / (Double(now - old.at) / 1e9)
    }
}

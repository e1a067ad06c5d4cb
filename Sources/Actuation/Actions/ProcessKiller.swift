package import CgroupModel
internal import Hierarchy
package import KernelIO

/// Kills one process of a cgroup.
package struct ProcessKiller: Sendable {
    /// The result of a kill; the process was seen to exit.
    package struct Killed: Sendable {
        /// The command name, safe for a terminal.
        package let name: String
        /// Whether it was killed because the signal did not end it.
        package let isForced: Bool
    }

    private let context: ActingContext

    package init(_ context: ActingContext) { self.context = context }

    /// Sends `signal` to the process, and kills it after `grace`; zero kills at once.
    ///
    /// Throws if the cgroup is protected or does not hold the process. A dry run only checks.
    package func kill(
        _ pid: Int32, in path: CgroupPath, signal: EndingSignal = .terminate,
        grace: Duration = .seconds(10), dryRun: Bool = false
    ) throws(ActuationError) -> Killed {
        try context.protected.check(.kill, on: path)
        let process: ProcessHandle
        do throws(IOError) {
            process = try ProcessHandle(pid)
        } catch {
            throw missing(pid, path)
        }
        // Looked up after the handle was opened, so the handle cannot refer to a later process.
        let places = try ProcessPlaces(set: context.set).places(of: pid) ?? []
        guard pid > 1, places.contains(where: { $0?.isWithin(path) ?? false }),
            let name = ProcessReader(context.set.system).stat(pid)?.name
        else { throw missing(pid, path) }
        if dryRun { return Killed(name: name, isForced: false) }
        if grace > .zero {
            try send(signal, to: process, of: path)
            if process.hasEnded(within: grace) { return Killed(name: name, isForced: false) }
        }
        try send(.kill, to: process, of: path)
        guard process.hasEnded(within: .seconds(5)) else {
            throw ActuationError(
                .failed,
                "process \(pid) (\(name)) is killed but not gone; it may be frozen or in "
                    + "uninterruptible sleep")
        }
        return Killed(name: name, isForced: grace > .zero)
    }

    private func send(
        _ signal: EndingSignal, to process: borrowing ProcessHandle, of path: CgroupPath
    ) throws(ActuationError) {
        do throws(IOError) {
            try process.send(signal)
        } catch {
            if error.isGone { return }
            throw ActuationError(signalling: error, of: path)
        }
    }

    private func missing(_ pid: Int32, _ path: CgroupPath) -> ActuationError {
        ActuationError(
            .notFound,
            "no process \(pid) in \(path); `cgwarden tree \(path.shellWord)` lists the processes")
    }
}

extension ActuationError {
    /// Creates the error about a process of a cgroup that could not be signaled.
    init(signalling error: IOError, of path: CgroupPath) {
        self.init(
            error.isPermission ? .notPermitted : .failed,
            "\(error) (cgroup \(path))" + (error.isPermission ? "; run as root" : ""))
    }
}

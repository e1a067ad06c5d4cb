internal import CgroupModel
internal import Hierarchy
internal import KernelIO
internal import Synchronization

/// Freezes and thaws one cgroup repeatedly, through files that are already open.
///
/// On v2 it writes `cgroup.freeze` directly even where systemd owns the cgroup. At a memory limit,
/// a call to PID 1 takes too long, and PID 1 may be stuck, too.
package final class FreezeSwitch: Sendable {
    private let directory: CgroupDirectory
    private let interface: FreezeInterface
    private let writing: OwnedDescriptor
    private let state: KeptFile
    private let request: KeptFile
    private let journal: UndoJournal?
    private let checks = Atomic(0)
    private let requested = Atomic(false)

    /// Opens the files of a cgroup.
    package init(_ directory: CgroupDirectory, journal: UndoJournal?) throws(ActuationError) {
        self.directory = directory
        self.journal = journal
        interface = FreezeInterface(version: directory.hierarchy.version)
        do throws(IOError) {
            writing = try OwnedDescriptor.writable(interface.file, in: directory.descriptor)
            state = try directory.keep(interface.stateFile)
            request = try directory.keep(interface.requestFile)
        } catch {
            throw ActuationError(error, on: directory)
        }
    }

    /// The cgroup's inode in the hierarchy that freezes it.
    package var inode: UInt64 { directory.inode }

    /// The file to poll(2) for the completion of a freeze; nil on v1, which must be read instead.
    package var pollableState: KeptFile? { interface.version == .unified ? state : nil }

    /// Whether this switch requested a freeze and has not thawed the cgroup since.
    package var didRequestFreeze: Bool { requested.load(ordering: .relaxed) }

    /// Records and requests the freeze; throws if it is already requested.
    package func freeze(cause: String) throws(ActuationError) {
        guard try !isRequested() else {
            var error = ActuationError(
                .busy,
                "cannot freeze \(directory.path): its freeze is already requested; thaw it first: "
                    + "cgwarden thaw \(directory.path.shellWord)")
            error.errno = .busy
            throw error
        }
        _ = try journal?.record(
            ControlCell(interface.file), of: directory, interface.thawedValue,
            wanted: interface.frozenValue, cause: cause)
        FrozenMark(journal: journal).put(on: directory.descriptor)
        checks.store(0, ordering: .relaxed)
        requested.store(true, ordering: .relaxed)
        try directory.reporting { () throws(IOError) in try write(interface.frozenValue) }
    }

    /// Checks whether the cgroup is completely frozen; on v1, retries an incomplete freeze.
    ///
    /// If `mayThaw`, every fourth retry thaws it briefly, so that an interrupted fork can complete.
    package func checkFrozen(mayThaw: Bool) throws(ActuationError) -> Bool {
        let check = checks.wrappingAdd(1, ordering: .relaxed).newValue
        return try directory.reporting { () throws(IOError) in
            try interface.checkFrozen(check, mayThaw: mayThaw, read: read, write: write)
        }
    }

    /// Whether a freeze of the cgroup is requested, by this switch or another program.
    package func isRequested() throws(ActuationError) -> Bool {
        try directory.reporting { () throws(IOError) in try interface.isRequested(read) }
    }

    /// Thaws the cgroup; does nothing if this switch did not freeze it.
    package func thaw() throws(ActuationError) {
        guard didRequestFreeze else { return }
        try directory.reporting { () throws(IOError) in try write(interface.thawedValue) }
        requested.store(false, ordering: .relaxed)
        FrozenMark.take(from: directory.descriptor)
        journal?.settle(
            interface.file, inode: directory.inode, readBack: interface.thawedValue)
    }

    private func read(_ name: String) throws(IOError) -> String {
        let text = try name == interface.stateFile ? state.text() : request.text()
        return text.last == "\n" ? String(text.dropLast()) : text
    }

    private func write(_ value: String) throws(IOError) {
        try writing.write(Array(value.utf8), named: interface.file)
    }
}

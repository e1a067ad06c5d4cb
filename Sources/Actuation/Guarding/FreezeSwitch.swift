internal import CgroupModel
internal import Hierarchy
internal import KernelIO
internal import Synchronization

/// Freezes and thaws one cgroup repeatedly, through files that are already open.
///
/// On v2 it writes `cgroup.freeze` directly even where systemd owns the cgroup. At a memory limit
/// there is no time for PID 1, which may be stuck as well.
package final class FreezeSwitch: Sendable {
    private let directory: CgroupDirectory
    private let interface: FreezeInterface
    private let writing: OwnedDescriptor
    private let state: KeptFile
    private let request: KeptFile
    private let journal: UndoJournal?
    private let looks = Atomic(0)
    private let asked = Atomic(false)

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

    /// The file to poll(2) for the completed freeze; nil on v1, where only reading shows it.
    package var notices: KeptFile? { interface.version == .unified ? state : nil }

    /// Whether this switch requested a freeze.
    package var isAsked: Bool { asked.load(ordering: .relaxed) }

    /// Records and requests the freeze; throws if it is already requested.
    package func freeze(cause: String) throws(ActuationError) {
        try directory.reporting { () throws(IOError) in
            guard try !interface.isRequested(read) else {
                throw IOError("freeze", "\(directory.path), which is already frozen", .busy)
            }
        }
        _ = try journal?.record(
            ControlCell(interface.file), of: directory, interface.thawedValue,
            wanted: interface.frozenValue, cause: cause)
        FrozenMark(journal: journal).put(on: directory.descriptor)
        looks.store(0, ordering: .relaxed)
        asked.store(true, ordering: .relaxed)
        try directory.reporting { () throws(IOError) in try write(interface.frozenValue) }
    }

    /// Whether the cgroup is completely frozen.
    ///
    /// On v1 an incomplete freeze is requested again, with a short thaw now and then if `mayLetGo`,
    /// which an interrupted fork needs.
    package func stands(mayLetGo: Bool) throws(ActuationError) -> Bool {
        let look = looks.wrappingAdd(1, ordering: .relaxed).newValue
        return try directory.reporting { () throws(IOError) in
            try interface.look(look, mayLetGo: mayLetGo, read: read, write: write)
        }
    }

    /// Whether its freeze is still requested, by this switch or another program.
    package func isRequested() throws(ActuationError) -> Bool {
        try directory.reporting { () throws(IOError) in try interface.isRequested(read) }
    }

    /// Thaws the cgroup; does nothing if this switch did not freeze it.
    package func thaw() throws(ActuationError) {
        guard isAsked else { return }
        try directory.reporting { () throws(IOError) in try write(interface.thawedValue) }
        asked.store(false, ordering: .relaxed)
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

internal import Hierarchy
internal import KernelIO
internal import Synchronization

/// Freezes one cgroup at once, again and again: its files are open, and nobody is asked.
///
/// On v2 it writes cgroup.freeze itself even where systemd owns the cgroup: at a memory limit there
/// is no time for process 1, which may be stuck as well.
public final class FreezeSwitch: Sendable {
    private let directory: CgroupDirectory
    private let interface: FreezeInterface
    private let writing: OwnedDescriptor
    private let state: KeptFile
    private let request: KeptFile
    private let journal: UndoJournal?
    private let looks = Atomic(0)
    private let asked = Atomic(false)

    /// Opens the files of a cgroup.
    public init(_ directory: CgroupDirectory, journal: UndoJournal?) throws(ActuationError) {
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

    /// The cgroup's identity in the tree that freezes it.
    public var inode: UInt64 { directory.inode }

    /// For poll(2): the kernel gives notice when all stands still; nil on v1, which has to be asked.
    public var notices: KeptFile? { interface.version == .unified ? state : nil }

    /// Whether this asked it to stop.
    public var isAsked: Bool { asked.load(ordering: .relaxed) }

    /// Asks all of it to stop, once, on record first; throws if someone else has frozen it.
    public func freeze(cause: String) throws(ActuationError) {
        do throws(IOError) {
            guard try !interface.isRequested(read) else {
                throw IOError("freeze", "\(directory.path), it is frozen already", code: 16)
            }
        } catch {
            throw ActuationError(error, on: directory)
        }
        _ = try journal?.record(
            ControlCell(interface.file), of: directory, interface.thawedValue,
            wanted: interface.frozenValue, cause: cause)
        FrozenMark(journal: journal).put(on: directory.descriptor)
        do throws(IOError) {
            looks.store(0, ordering: .relaxed)
            asked.store(true, ordering: .relaxed)
            try write(interface.frozenValue)
        } catch {
            throw ActuationError(error, on: directory)
        }
    }

    /// Whether all of it stands still; on v1 it is asked again if not, and with `mayLetGo` let go
    /// for a moment now and then, which a fork in the middle needs.
    public func stands(mayLetGo: Bool) throws(ActuationError) -> Bool {
        let look = looks.wrappingAdd(1, ordering: .relaxed).newValue
        do throws(IOError) {
            return try interface.look(look, mayLetGo: mayLetGo, read: read, write: write)
        } catch {
            throw ActuationError(error, on: directory)
        }
    }

    /// Whether it is still asked to stop, by this or by anyone.
    public var isRequested: Bool { (try? interface.isRequested(read)) ?? false }

    /// Lets it go on; nothing happens if this did not ask it to stop.
    public func thaw() throws(ActuationError) {
        guard isAsked else { return }
        do throws(IOError) {
            try write(interface.thawedValue)
        } catch {
            throw ActuationError(error, on: directory)
        }
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

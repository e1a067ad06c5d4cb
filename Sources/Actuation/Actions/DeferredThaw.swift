internal import CgroupModel
public import Hierarchy
internal import KernelIO

/// What the guard does: it waits for the deadline, thaws, and sees to it that it happened.
///
/// It holds the cgroup's lock meanwhile (``ThawLocks``), so a cgroup has one guard at most, and one
/// that is left from an earlier freeze never thaws a later one.
public struct DeferredThaw: ~Copyable {
    private let directory: OwnedDescriptor
    private let interface: FreezeInterface

    /// Takes over descriptor 3, the cgroup's directory.
    public init(_ version: MountedHierarchy.Version) throws(ActuationError) {
        interface = FreezeInterface(version: version)
        let inherited = OwnedDescriptor(adopting: 3)
        do throws(IOError) {
            directory = try inherited.reopened()
        } catch {
            throw ActuationError(.usage, "thaw-later is started by `cgwarden freeze` alone")
        }
    }

    /// Waits, saying "ready" on standard output when it watches; returns whether it had to thaw.
    public func run(after timeout: Duration, state: String, journal: UndoJournal?) -> Bool {
        let locks = ThawLocks(in: state)
        locks.clear()
        do throws(IOError) {
            let lock = try locks.take(directory, within: .seconds(3))
            let isThawed = guardUntilThawed(after: timeout, journal: journal)
            lock.remove()
            return isThawed
        } catch {
            let reason =
                error.isBusy
                ? "another helper still guards this cgroup; thaw it first" : "\(error)"
            try? StandardOutput.write("\(reason)\n")
            return false
        }
    }

    private func guardUntilThawed(after timeout: Duration, journal: UndoJournal?) -> Bool {
        let deadline = Deadline(after: timeout)
        try? StandardOutput.write(ThawGuard.ready + "\n")
        Steadiness.spareFromOutOfMemoryKills()
        // The caller lets go of the pipe when the freeze stands, or when it dies.
        var isArmed = false
        while !deadline.hasPassed {
            let left = Int32(clamping: min(deadline.milliseconds, 50))
            if isArmed {
                ParentPipe.pause(milliseconds: left)
            } else {
                isArmed = ParentPipe.hasEnded(within: left)
            }
            if isArmed, !isRequested { return false }
        }
        while isRequested {
            try? ControlFile.write(interface.thawedValue, to: interface.file, in: directory)
            if !isRequested {
                FrozenMark.take(from: directory)
                journal?.settle(
                    interface.file, inode: directory.inode, readBack: interface.thawedValue)
                return true
            }
            ParentPipe.pause(milliseconds: 20)
        }
        return false
    }

    /// Tells systemd of the thaw, which was done without it; it would take the unit for frozen.
    public func tellSystemd(_ files: any ControlFiles, of set: HierarchySet) {
        guard interface.version == .unified, let systemd = files.systemd,
            let hierarchy = set.unified.map({ set.hierarchies[$0] }),
            let place = try? ReadBuffer.link(Array("/proc/self/fd/\(directory.number)".utf8)),
            place.starts(with: hierarchy.directory),
            let cgroup = try? CgroupDirectory(
                CgroupPath(normalising: Array(place.dropFirst(hierarchy.directory.count))),
                in: hierarchy),
            cgroup.inode == directory.inode
        else { return }
        systemd.noteThawed(cgroup)
    }

    /// Whether the cgroup is there and asked to be frozen.
    private var isRequested: Bool {
        (try? ControlFile.read(interface.requestFile, in: directory)).map { $0.first == 0x31 }
            ?? false
    }
}

internal import CgroupModel
package import Hierarchy
internal import KernelIO

/// The helper process of a freeze: it thaws the cgroup at the deadline and verifies the thaw.
///
/// It holds the cgroup's lock (``ThawLocks``) while it runs. A cgroup therefore has at most one
/// helper, and the helper of an earlier freeze never thaws a later one.
package struct DeferredThaw: ~Copyable {
    private let directory: OwnedDescriptor
    private let interface: FreezeInterface

    /// Takes ownership of descriptor 3, the cgroup's directory.
    package init(_ version: MountedHierarchy.Version) throws(ActuationError) {
        interface = FreezeInterface(version: version)
        let inherited = OwnedDescriptor(adopting: 3)
        do throws(IOError) {
            directory = try inherited.reopened()
        } catch {
            throw ActuationError(.usage, "thaw-later is internal; use `cgwarden freeze`")
        }
    }

    /// Prints the ready line on standard output once it watches, then waits.
    ///
    /// Without the cgroup's lock, it prints the reason instead. Returns whether it had to thaw the
    /// cgroup.
    package func run(after timeout: Duration, state: String, journal: UndoJournal?) -> Bool {
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
        try? StandardOutput.write(ProcessIdentity.own.readyLine + "\n")
        SurvivalMode.spareFromOutOfMemoryKills()
        // The caller closes the pipe once the freeze is in effect, or when it dies.
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

    /// Notifies systemd of a thaw that bypassed it; otherwise systemd would consider the unit
    /// frozen.
    package func notifySystemd(_ files: any ControlFiles, of set: HierarchySet) {
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

    /// Whether the cgroup exists and its own freeze is requested; true if that is unknown.
    private var isRequested: Bool {
        do throws(IOError) {
            return try ControlFile.read(interface.requestFile, in: directory).first
                == UInt8(ascii: "1")
        } catch {
            return !error.isGone
        }
    }
}

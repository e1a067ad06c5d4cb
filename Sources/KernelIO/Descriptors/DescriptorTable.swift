internal import CLinux
internal import Glibc

/// The files of many cgroups, addressed by slot; some are kept open.
///
/// If the thread has its own descriptor table, all calls must come from that thread.
package struct DescriptorTable: ~Copyable {
    /// Reasons why a slot has no descriptor.
    package enum Vacancy {
        /// Opening was never tried.
        package static let untried: Int32 = -1
        /// The file does not exist.
        package static let absent: Int32 = -2
        /// Permission was denied.
        package static let notPermitted: Int32 = -3
        /// The file exists but is not kept open.
        package static let unkept: Int32 = -4
        /// Opening failed for another reason.
        package static let failed: Int32 = -5
        /// Another file system is mounted over it.
        package static let covered: Int32 = -6
    }

    private var slots: [Int32] = []
    private var budget: Int
    /// The number of kept files to close when the process runs out of descriptors.
    private static let concession = 16
    /// The number of open descriptors.
    package private(set) var open = 0

    /// Creates a table that keeps at most `budget` files open.
    package init(budget: Int) { self.budget = budget }

    deinit { precondition(open == 0, "closeAll() must run on the thread that opened the files") }

    /// Grows the table to `count` slots.
    package mutating func grow(to count: Int) {
        guard count > slots.count else { return }
        slots.append(contentsOf: repeatElement(Vacancy.untried, count: count - slots.count))
    }

    /// The descriptor in a slot, or a ``Vacancy``.
    package subscript(slot: Int) -> Int32 { slots[slot] }

    /// Opens a file into a slot; on failure, records the reason there and returns -1.
    ///
    /// The file is not kept if the budget is used up or `keep` is false. The caller must then close
    /// the returned descriptor.
    package mutating func open(
        _ slot: Int, _ name: [UInt8], under directory: Int32, keep: Bool
    ) -> Int32 {
        let descriptor = opening { unsafe name.withCPath { unsafe cgw_open_file(directory, $0) } }
        guard descriptor >= 0 else {
            slots[slot] = Self.vacancy(for: errno)
            return -1
        }
        guard keep, open < budget else {
            slots[slot] = Vacancy.unkept
            return descriptor
        }
        slots[slot] = descriptor
        open += 1
        return descriptor
    }

    /// Records that the file does not exist.
    package mutating func leaveVacant(_ slot: Int) {
        clear(slot)
        slots[slot] = Vacancy.absent
    }

    /// Closes the file in a slot and resets the slot to untried.
    package mutating func clear(_ slot: Int) {
        if slots[slot] >= 0 {
            close(slots[slot])
            open -= 1
        }
        slots[slot] = Vacancy.untried
    }

    /// Closes every kept file.
    package mutating func closeAll() {
        for slot in slots.indices { clear(slot) }
    }

    /// Closes a descriptor that was not kept.
    package static func release(_ descriptor: Int32) { close(descriptor) }

    /// Opens a cgroup's directory, without crossing a mount, if it still has this inode.
    ///
    /// Returns a ``Vacancy`` otherwise.
    package mutating func openDirectory(
        _ path: [UInt8], under root: Int32, inode: UInt64
    ) -> Int32 {
        let descriptor = opening {
            unsafe path.withCPath { unsafe cgw_open_path_within(root, $0) }
        }
        guard descriptor >= 0 else { return Self.vacancy(for: errno) }
        guard cgw_inode(descriptor) == inode else {
            close(descriptor)
            return Vacancy.absent
        }
        return descriptor
    }

    private static func vacancy(for code: Int32) -> Int32 {
        switch code {
        case ENOENT, ENODEV, ENOTDIR: Vacancy.absent
        case EACCES, EPERM: Vacancy.notPermitted
        case EXDEV: Vacancy.covered
        default: Vacancy.failed
        }
    }

    /// Retries once, after closing some kept files, if no descriptor is left.
    private mutating func opening(_ attempt: () -> Int32) -> Int32 {
        let descriptor = attempt()
        guard descriptor < 0, errno == EMFILE || errno == ENFILE, open > 0 else {
            return descriptor
        }
        // Other parts of the process need descriptors too, so lower the budget for good.
        budget = max(0, open - Self.concession)
        for slot in slots.indices.reversed() where slots[slot] >= 0 && open > budget {
            clear(slot)
            slots[slot] = Vacancy.unkept
        }
        return attempt()
    }

    /// Opens the root directory of a hierarchy; -1 on failure.
    package static func openRoot(_ path: [UInt8]) -> Int32 {
        unsafe path.withCPath { unsafe cgw_open_directory(AT_FDCWD, $0) }
    }
}

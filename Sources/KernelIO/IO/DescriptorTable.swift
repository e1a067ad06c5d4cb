internal import CLinux
internal import Glibc

/// Files of many cgroups, some of them kept open, by slot.
///
/// All calls must come from one thread if that thread has a descriptor table of its own.
public struct DescriptorTable: ~Copyable {
    /// Why a slot has no descriptor.
    public enum Vacancy {
        /// Never tried.
        public static let untried: Int32 = -1
        /// The file does not exist.
        public static let absent: Int32 = -2
        /// The file may not be opened.
        public static let notPermitted: Int32 = -3
        /// It exists, but is not kept open.
        public static let unkept: Int32 = -4
        /// Opening failed in another way.
        public static let failed: Int32 = -5
        /// Something else is mounted there.
        public static let covered: Int32 = -6
    }

    private var slots: [Int32] = []
    private var budget: Int
    /// How many files are given up at once when the process runs out of descriptors.
    private static let concession = 16
    /// How many descriptors are open.
    public private(set) var open = 0

    /// Keeps at most `budget` files open.
    public init(budget: Int) { self.budget = budget }

    deinit { precondition(open == 0, "closeAll() must run on the thread that opened the files") }

    /// Makes room for more slots.
    public mutating func grow(to count: Int) {
        guard count > slots.count else { return }
        slots.append(contentsOf: repeatElement(Vacancy.untried, count: count - slots.count))
    }

    /// The descriptor of a slot, or a ``Vacancy``.
    public subscript(slot: Int) -> Int32 { slots[slot] }

    /// Opens a file into a slot, or notes why not.
    ///
    /// It is not kept if the budget is used up or the caller says so: then its descriptor is
    /// returned and the caller closes it.
    public mutating func open(
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

    /// Notes that there is no such file.
    public mutating func leaveVacant(_ slot: Int) {
        clear(slot)
        slots[slot] = Vacancy.absent
    }

    /// Closes the file of a slot and forgets what is known about it.
    public mutating func clear(_ slot: Int) {
        if slots[slot] >= 0 {
            close(slots[slot])
            open -= 1
        }
        slots[slot] = Vacancy.untried
    }

    /// Closes everything.
    public mutating func closeAll() {
        for slot in slots.indices { clear(slot) }
    }

    /// Closes a descriptor that was not kept.
    public static func release(_ descriptor: Int32) { close(descriptor) }

    /// Opens a cgroup's directory if it still is the one with this inode and nothing is mounted on
    /// it; a ``Vacancy`` if not.
    public mutating func openDirectory(
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

    /// Tries once more with some kept files closed if there is no descriptor left.
    private mutating func opening(_ attempt: () -> Int32) -> Int32 {
        let descriptor = attempt()
        guard descriptor < 0, errno == EMFILE || errno == ENFILE, open > 0 else {
            return descriptor
        }
        // Others need descriptors too, so fewer are kept from now on.
        budget = max(0, open - Self.concession)
        for slot in slots.indices.reversed() where slots[slot] >= 0 && open > budget {
            clear(slot)
            slots[slot] = Vacancy.unkept
        }
        return attempt()
    }

    /// Opens a hierarchy's root directory; -1 if that fails.
    public static func openRoot(_ path: [UInt8]) -> Int32 {
        unsafe path.withCPath { unsafe cgw_open_directory(AT_FDCWD, $0) }
    }
}

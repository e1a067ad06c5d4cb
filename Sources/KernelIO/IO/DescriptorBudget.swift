public import CgroupModel
internal import CLinux
internal import Glibc

/// How many files may be kept open.
public enum DescriptorBudget {
    /// Raises the soft limit to the hard one (setrlimit(2)) and returns how many descriptors may
    /// be kept, with some left for everything else.
    public static func raised() -> Int {
        var limit = rlimit()
        guard unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else {
            return 512
        }
        if limit.rlim_cur < limit.rlim_max {
            var wanted = limit
            wanted.rlim_cur = limit.rlim_max
            if unsafe setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &wanted) == 0 {
                limit = wanted
            }
        }
        let most = Int(min(limit.rlim_cur, 1 << 20))
        return max(64, most - max(128, most / 16))
    }

    /// The limits on descriptors and address space (getrlimit(2)).
    public static var limits: (descriptors: Reading, addressSpace: Reading) {
        func soft(_ resource: __rlimit_resource) -> Reading {
            var limit = rlimit()
            guard unsafe getrlimit(__rlimit_resource_t(resource.rawValue), &limit) == 0 else {
                return .absent
            }
            return limit.rlim_cur == .max ? .unlimited : Reading(UInt64(limit.rlim_cur))
        }
        return (soft(RLIMIT_NOFILE), soft(RLIMIT_AS))
    }

    /// Descriptors open in this thread's table: the size of `/proc/self/fd` since Linux 6.2, the
    /// number of its entries before.
    public static var open: Reading {
        let path = Array("/proc/self/fd".utf8)
        let size = unsafe path.withCPath { unsafe cgw_file_size($0) }
        if size > 0 { return Reading(size) }
        guard let directory = try? OwnedDescriptor.directory(path),
            let entries = try? directory.entries(path: "/proc/self/fd")
        else { return .absent }
        // The listing itself needs one.
        return Reading(UInt64(max(entries.count - 1, 0)))
    }
}

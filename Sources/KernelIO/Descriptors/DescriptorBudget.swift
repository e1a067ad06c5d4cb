package import CgroupModel
internal import CLinux
internal import Glibc

/// The number of descriptors that the process may keep open.
package enum DescriptorBudget {
    /// Raises the soft limit to the hard limit (setrlimit(2)) and returns the budget for kept
    /// files.
    ///
    /// The budget leaves one sixteenth of the limit, and at least 128 descriptors, for everything
    /// else. It is never below 64. A limit above 1,048,576 counts as 1,048,576. If the limit cannot
    /// be read, the budget is 512.
    package static func raiseLimit() -> Int {
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

    /// The soft limits on descriptors and address space (getrlimit(2)).
    package static var limits: (descriptors: Reading, addressSpace: Reading) {
        func soft(_ resource: __rlimit_resource) -> Reading {
            var limit = rlimit()
            guard unsafe getrlimit(__rlimit_resource_t(resource.rawValue), &limit) == 0 else {
                return .absent
            }
            return limit.rlim_cur == .max ? .unlimited : Reading(UInt64(limit.rlim_cur))
        }
        return (soft(RLIMIT_NOFILE), soft(RLIMIT_AS))
    }

    /// The number of open descriptors in the main thread's table.
    ///
    /// Read from the size of `/proc/self/fd`; before Linux 6.2, from its number of entries.
    package static var open: Reading {
        let path = Array("/proc/self/fd".utf8)
        let size = unsafe path.withCPath { unsafe cgw_file_size($0) }
        if size > 0 { return Reading(size) }
        guard let directory = try? OwnedDescriptor.directory(path),
            let entries = try? directory.entries(path: "/proc/self/fd")
        else { return .absent }
        // Subtract the descriptor of the listing itself.
        return Reading(UInt64(max(entries.count - 1, 0)))
    }
}

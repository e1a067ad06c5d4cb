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
}

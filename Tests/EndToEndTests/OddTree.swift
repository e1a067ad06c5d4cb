import TestSupport

/// Small trees as kernels, mounts and boot options make them that this machine does not have.
enum OddTree {
    /// A tree of v2 alone.
    static func unified(_ files: [String: String]) throws -> ProgramCapture {
        try tree("31 23 0:28 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n", files)
    }

    /// A tree with these mounts and files; those of cgroups by their path below /sys/fs/cgroup.
    static func tree(_ mounts: String, _ files: [String: String]) throws -> ProgramCapture {
        let capture = try ProgramCapture(mountinfo: mounts)
        for (file, text) in files {
            try capture.write(text, to: file.hasPrefix("proc/") ? file : "cgroup/\(file)")
        }
        return capture
    }

    /// v1 as Linux 4.4, the oldest kernel that is supported, has it: no `_recursive` files of I/O,
    /// no `pids.events`, no `oom_kill` in `memory.oom_control`, no pressure, no `/proc/pressure`.
    static func oldKernel(_ io: [String: String]) throws -> ProgramCapture {
        let mounts = """
            34 23 0:31 / /sys/fs/cgroup rw - tmpfs tmpfs rw,mode=755
            35 34 0:32 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct
            36 34 0:33 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory
            37 34 0:34 / /sys/fs/cgroup/blkio rw - cgroup cgroup rw,blkio
            38 34 0:35 / /sys/fs/cgroup/pids rw - cgroup cgroup rw,pids

            """
        var files: [String: String] = [:]
        for cgroup in ["", "/a"] {
            for (file, text) in own where !(cgroup.isEmpty && file.hasPrefix("pids/")) {
                let parts = file.split(separator: "/", maxSplits: 1)
                files["\(parts[0])\(cgroup)/\(parts[1])"] = text
            }
            for (file, text) in io { files["blkio\(cgroup)/\(file)"] = text }
            for folder in ["cpu,cpuacct", "memory", "blkio", "pids"] {
                files["\(folder)\(cgroup)/cgroup.procs"] = ""
            }
        }
        return try tree(mounts, files)
    }

    private static let own = [
        "cpu,cpuacct/cpu.cfs_quota_us": "200000\n", "cpu,cpuacct/cpu.cfs_period_us": "300000\n",
        "cpu,cpuacct/cpu.shares": "262144\n",
        "cpu,cpuacct/cpu.stat": "nr_periods 10\nnr_throttled 2\nthrottled_time 123456789\n",
        "cpu,cpuacct/cpuacct.stat": "user 7\nsystem 5\n",
        "cpu,cpuacct/cpuacct.usage": "123456789\n",
        "cpu,cpuacct/cpuacct.usage_percpu": "100000000 23456789 \n",
        "memory/memory.usage_in_bytes": "8192\n", "memory/memory.max_usage_in_bytes": "16384\n",
        "memory/memory.limit_in_bytes": "9223372036854771712\n", "memory/memory.failcnt": "0\n",
        "memory/memory.oom_control": "oom_kill_disable 0\nunder_oom 0\n",
        "memory/memory.stat": """
        cache 4096
        rss 4096
        hierarchical_memory_limit 9223372036854771712
        total_cache 4096
        total_rss 4096
        total_pgfault 9

        """,
        "pids/pids.current": "3\n", "pids/pids.max": "max\n",
    ]

    /// The files of I/O: of throttling and CFQ, and of CFQ alone.
    static let legacyIO: [[String: String]] = [
        [
            "blkio.throttle.io_service_bytes": operations(4096),
            "blkio.throttle.io_serviced": operations(1),
            "blkio.io_service_bytes": operations(512), "blkio.io_serviced": operations(2),
        ],
        ["blkio.io_service_bytes": operations(4096), "blkio.io_serviced": operations(1)],
    ]

    private static func operations(_ unit: Int) -> String {
        """
        8:0 Read \(unit)
        8:0 Write \(2 * unit)
        8:0 Sync \(3 * unit)
        8:0 Async 0
        8:0 Total \(3 * unit)
        Total \(3 * unit)

        """
    }
}

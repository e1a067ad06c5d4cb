import TestSupport

/// Small trees with the files that Linux got after 6.1, and with those of v1 that few kernels have.
enum RecentTree {
    /// The names of the regions that a graphics card has.
    static let region = "drm/0000:03:00.0/vram0"

    /// v2 as Linux 6.14 and later have it.
    static func unified() throws -> ProgramCapture {
        var files = [
            "cgroup.controllers": "cpuset cpu io memory hugetlb pids rdma misc dmem\n",
            "dmem.capacity": "\(region) 8514437120\ndrm/0000:03:00.0/stolen 67108864\n",
            "cgroup.procs": "1\n2\n",
            "proc/pressure/irq":
                "full avg10=1.50 avg60=0.00 avg300=0.00 total=7\n",
        ]
        for (file, text) in unifiedFiles { files["a/\(file)"] = text }
        return try OddTree.unified(files)
    }

    private static let unifiedFiles = [
        "cgroup.procs": "3\n",
        "cgroup.stat": """
        nr_descendants 2
        nr_subsys_cpuset 0
        nr_subsys_cpu 3
        nr_subsys_io 3
        nr_subsys_memory 3
        nr_subsys_perf_event 3
        nr_subsys_hugetlb 0
        nr_subsys_pids 3
        nr_subsys_rdma 0
        nr_subsys_misc 0
        nr_subsys_dmem 0
        nr_dying_descendants 40
        nr_dying_subsys_cpuset 0
        nr_dying_subsys_cpu 0
        nr_dying_subsys_io 1
        nr_dying_subsys_memory 40
        nr_dying_subsys_perf_event 0
        nr_dying_subsys_hugetlb 0
        nr_dying_subsys_pids 0
        nr_dying_subsys_rdma 0
        nr_dying_subsys_misc 0
        nr_dying_subsys_dmem 0

        """,
        "dmem.current": "\(region) 1048576\ndrm/0000:03:00.0/stolen 0\n",
        "dmem.peak": "\(region) 2097152\ndrm/0000:03:00.0/stolen 0\n",
        "dmem.max": "\(region) 1073741824\ndrm/0000:03:00.0/stolen max\n",
        "dmem.low": "\(region) 0\ndrm/0000:03:00.0/stolen 0\n",
        "dmem.min": "\(region) 4096\ndrm/0000:03:00.0/stolen 0\n",
        "misc.current": "sev 1\n", "misc.max": "sev max\n", "misc.peak": "sev 2\n",
        "misc.events": "sev.max 3\n", "misc.events.local": "sev.max 2\n",
        "hugetlb.2MB.current": "2097152\n", "hugetlb.2MB.max": "max\n",
        "hugetlb.2MB.numa_stat": "total=2097152 N0=2097152 N1=0\n",
        "memory.numa_stat": """
        anon N0=4096 N1=8192
        file N0=0 N1=0
        sec_pagetables N0=1 N1=2
        swapcached N0=3 N1=4
        anon_thp N0=2097152 N1=0
        file_thp N0=0 N1=0
        shmem_thp N0=0 N1=0
        hugetlb N0=0 N1=5
        workingset_refault_anon N0=6 N1=7
        workingset_refault_file N0=0 N1=0
        workingset_activate_anon N0=0 N1=0
        workingset_activate_file N0=0 N1=0
        workingset_restore_anon N0=0 N1=0
        workingset_restore_file N0=0 N1=0
        workingset_nodereclaim N0=0 N1=8
        pgdemote_kswapd N0=9 N1=0
        pgdemote_direct N0=0 N1=0
        pgdemote_khugepaged N0=0 N1=0
        pgdemote_proactive N0=0 N1=0
        pgpromote_success N0=10 N1=0

        """,
        "memory.stat": "anon 12288\nworkingset_refault_file 11\npgscan_proactive 12\n",
        "memory.swap.high": "max\n", "memory.zswap.writeback": "1\n",
        "cpu.uclamp.min": "12.34\n", "cpu.uclamp.max": "max\n",
        "cpuset.cpus.exclusive": "0-1\n", "io.prio.class": "promote-to-rt\n",
        "irq.pressure": "full avg10=0.10 avg60=0.20 avg300=0.30 total=13\n",
        "cgroup.max.depth": "max\n", "cgroup.max.descendants": "7\n",
    ]

    /// v1 with what CFQ, huge pages and memory nodes have there.
    static func legacy() throws -> ProgramCapture {
        let trees = [
            "cpu": "cgroup.procs", "memory": "memory.numa_stat", "blkio": "", "hugetlb": "",
            "cpuset": "",
        ]
        var mounts = "34 23 0:31 / /sys/fs/cgroup rw - tmpfs tmpfs rw,mode=755\n"
        var files: [String: String] = [:]
        for (place, tree) in trees.keys.sorted().enumerated() {
            mounts +=
                "\(35 + place) 34 0:\(32 + place) / /sys/fs/cgroup/\(tree) rw - "
                + "cgroup cgroup rw,\(tree)\n"
            files["\(tree)/cgroup.procs"] = "1\n"
            files["\(tree)/a/cgroup.procs"] = tree == "cpu" ? "3\n4\n" : "3\n"
        }
        for (file, text) in legacyFiles {
            let tree = file.split(separator: ".")[0]
            files["\(tree)/\(file)"] = text
            files["\(tree)/a/\(file)"] = text
        }
        files["cpuset/cpuset.memory_pressure_enabled"] = "1\n"
        return try OddTree.tree(mounts, files)
    }

    private static let legacyFiles = [
        "blkio.weight": "500\n", "blkio.weight_device": "8:0 300\n",
        "blkio.leaf_weight": "250\n", "blkio.leaf_weight_device": "8:16 200\n",
        "blkio.time": "8:0 5\n", "blkio.time_recursive": "8:0 50\n8:16 7\n",
        "blkio.sectors": "8:0 6\n", "blkio.sectors_recursive": "8:0 60\n",
        "hugetlb.2MB.usage_in_bytes": "0\n", "hugetlb.2MB.limit_in_bytes": "9223372036854771712\n",
        "hugetlb.2MB.rsvd.usage_in_bytes": "4194304\n",
        "hugetlb.2MB.rsvd.limit_in_bytes": "8388608\n",
        "hugetlb.2MB.rsvd.max_usage_in_bytes": "6291456\n", "hugetlb.2MB.rsvd.failcnt": "9\n",
        "hugetlb.2MB.numa_stat": "total=0 N0=0 N1=0\nhierarchical_total=2097152 N0=0 N1=2097152\n",
        "memory.numa_stat": """
        total=3 N0=1 N1=2
        file=1 N0=1 N1=0
        anon=2 N0=0 N1=2
        unevictable=0 N0=0 N1=0
        hierarchical_total=5 N0=2 N1=3
        hierarchical_file=1 N0=1 N1=0
        hierarchical_anon=4 N0=1 N1=3
        hierarchical_unevictable=0 N0=0 N1=0

        """,
    ]
}

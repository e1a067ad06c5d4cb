package import CgroupModel

/// A host whose sample of any second can be computed, so that a test knows each value.
package enum CountingHost {
    /// The sample of a second since the start of ``SnapshotBuilder``.
    ///
    /// Cgroups come and go, counters rise, gauges jump, a text and a disk change.
    package static func sample(_ second: UInt64) -> Snapshot {
        var builder = SnapshotBuilder(metrics: ["cpu.usage_usec", "memory.current", "cpuset.cpus"])
        builder.tick = second
        for number in 0..<4 as Range<UInt64> {
            builder.add(
                "/stays\(number)", inode: 10 + number, generation: 1 + number,
                readings(second, number), before: before(second, number))
            builder.instance(
                "io.rbytes", InstanceKey(major: 254, minor: 0), second * 4096,
                before: (second - 1) * 4096)
        }
        let born = second / 7
        builder.add(
            "/job\(born)", inode: 1000 + born, generation: 1000 + born, readings(second, 9),
            before: second % 7 == 0 ? [:] : before(second, 9))
        return builder.build()
    }

    /// The memory of a cgroup of ``sample(_:)`` in bytes.
    package static func memory(_ second: UInt64, _ number: UInt64) -> UInt64 {
        var noise = SeededNoise(seed: second << 8 | number)
        return noise.next() % (1 << 34) & ~4095
    }

    private static func readings(_ second: UInt64, _ number: UInt64) -> [String: Reading] {
        [
            "cpu.usage_usec": Reading(second * (number + 1) * 1000),
            "memory.current": Reading(memory(second, number)),
            "cpuset.cpus": Word.intern("0-\(second % 50)").map { Reading(UInt64($0)) } ?? .absent,
        ]
    }

    private static func before(_ second: UInt64, _ number: UInt64) -> [String: Reading] {
        ["cpu.usage_usec": Reading((second - 1) * (number + 1) * 1000)]
    }
}

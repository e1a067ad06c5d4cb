package import CgroupModel

/// A value that supports a finding, with the file that it was read from.
package struct Evidence: Hashable, Sendable {
    /// The metric.
    package let metric: MetricID
    /// The device of an instance value; nil for a value of the cgroup as a whole.
    package let instance: InstanceKey?
    /// The cgroup that the file belongs to.
    package let cgroup: CgroupPath
    /// The number in the metric's unit, or the reason why there is none.
    package let reading: Reading
    /// Whether the file is read at all; if not, the reading is absent.
    package let isSampled: Bool
    /// The increase of a counter per second; nil for other metrics and without two samples.
    package let rate: Double?
    /// The value or rate as text, with its unit.
    package let text: String
    /// The interface file under its name on this host, with the key if it has keys.
    package let file: String
    /// The time since the file was read, in seconds.
    ///
    /// Settings are read less often than counters, so they may be older.
    package let age: Double
    /// Who set the value; nil if unknown, or not looked up.
    package var owner: String?

    /// Why there is no value; nil for a number.
    package var missing: String? { isSampled ? reading.word : "not sampled" }

    /// The unified name, with the device: `io.max.wbps[8:0]`.
    package var name: String {
        instance.map { InstanceReading(metric: metric, key: $0, reading: reading).name() }
            ?? MetricCatalog[metric].name
    }

    /// The file with the path of its cgroup: `/a/cpu.max`.
    package var place: String {
        cgroup.isRoot ? "/\(file)" : "\(cgroup.description)/\(file)"
    }
}

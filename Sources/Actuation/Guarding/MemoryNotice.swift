package import KernelIO

/// A subscription to a v1 memory event of a cgroup, which ends with this object.
package final class MemoryNotice: Sendable {
    /// A v1 memory event (`cgroup.event_control`).
    package enum Event: Hashable, Sendable {
        /// Usage crosses this number of bytes in either direction.
        case usage(UInt64)
        /// The limit is reached and reclaim has failed, whether or not the OOM killer is on.
        case outOfMemory
        /// Reclaim is hardly able to free memory; often signaled in bursts.
        case criticalPressure
    }

    /// Signaled by the kernel at each event, and once more when the cgroup is removed.
    package let flag: EventFlag

    /// Subscribes to an event of a v1 cgroup.
    package init(_ event: Event, of directory: CgroupDirectory) throws(ActuationError) {
        do throws(IOError) {
            flag = try EventFlag()
            let (name, argument) =
                switch event {
                case .usage(let bytes): ("memory.usage_in_bytes", " \(bytes)")
                case .outOfMemory: ("memory.oom_control", "")
                case .criticalPressure: ("memory.pressure_level", " critical")
                }
            let source = try directory.keep(name)
            try directory.write(
                "\(flag.descriptor.number) \(source.descriptor.number)\(argument)",
                to: "cgroup.event_control")
        } catch {
            throw ActuationError(error, on: directory)
        }
    }
}

package import KernelIO

/// A subscription to a v1 memory event of a cgroup, which ends with this object.
package final class MemoryNotice: Sendable {
    /// A v1 memory event (`cgroup.event_control`).
    package enum Event: Hashable, Sendable {
        /// Usage crosses this number of bytes in either direction.
        case usage(UInt64)
        /// A task waits for memory.
        case outOfMemory
        /// Reclaim is in serious difficulty; often signaled in bursts.
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

/// A v2 trigger for tasks of a cgroup that wait for memory (`memory.pressure`).
///
/// It ends with this object.
package final class PressureTrigger: Sendable {
    /// The descriptor to poll(2) with POLLPRI.
    package let descriptor: OwnedDescriptor

    /// Fires when some task waits for 100 ms within 2 s.
    ///
    /// Without CAP_SYS_RESOURCE, the kernel accepts no shorter window.
    package init(of directory: CgroupDirectory) throws(ActuationError) {
        do throws(IOError) {
            descriptor = try OwnedDescriptor.trigger("memory.pressure", in: directory.descriptor)
            // The kernel requires the terminating zero byte of a C string.
            try descriptor.write(
                Array("some 100000 2000000".utf8) + [0], named: "memory.pressure")
        } catch {
            throw ActuationError(error, on: directory)
        }
    }
}

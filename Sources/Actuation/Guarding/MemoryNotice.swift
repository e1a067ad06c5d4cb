public import KernelIO

/// A notice that the kernel gives of a cgroup's memory; it is given up with this value.
public final class MemoryNotice: Sendable {
    /// What the kernel notices on v1 (cgroup.event_control).
    public enum Event: Hashable, Sendable {
        /// Usage passes these many bytes, up or down.
        case usage(UInt64)
        /// A task has to wait for memory.
        case outOfMemory
        /// Reclaim has a hard time; comes often at once.
        case criticalPressure
    }

    /// Raised by the kernel, and once more when the cgroup is removed.
    public let flag: EventFlag

    /// Asks for a notice of v1.
    public init(_ event: Event, of directory: CgroupDirectory) throws(ActuationError) {
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

/// A notice of v2 that tasks of a cgroup wait for memory (memory.pressure); it is given up with
/// this value.
public final class PressureTrigger: Sendable {
    /// For poll(2), with POLLPRI.
    public let descriptor: OwnedDescriptor

    /// Asks for a notice when some task waits for 100 ms within 2 s; without CAP_SYS_RESOURCE the
    /// kernel takes no shorter time.
    public init(of directory: CgroupDirectory) throws(ActuationError) {
        do throws(IOError) {
            descriptor = try OwnedDescriptor.trigger("memory.pressure", in: directory.descriptor)
            // The kernel wants the zero byte that ends a C string.
            try descriptor.write(
                Array("some 100000 2000000".utf8) + [0], named: "memory.pressure")
        } catch {
            throw ActuationError(error, on: directory)
        }
    }
}

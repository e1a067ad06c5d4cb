package import KernelIO

/// A v2 trigger for tasks of a cgroup that wait for memory (`memory.pressure`).
///
/// It ends with this object.
package final class PressureTrigger: Sendable {
    /// The descriptor to poll(2) with POLLPRI.
    package let descriptor: OwnedDescriptor

    /// Fires when some task waits for 100 ms within 2 s.
    package init(of directory: CgroupDirectory) throws(ActuationError) {
        do throws(IOError) {
            descriptor = try OwnedDescriptor.pressureTrigger(
                "memory.pressure", in: directory.descriptor, stall: 100_000, window: 2_000_000)
        } catch {
            throw ActuationError(error, on: directory)
        }
    }
}

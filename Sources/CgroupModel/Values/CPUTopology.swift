/// The CPUs of a host, from `/sys/devices/system`.
package struct CPUTopology: Hashable, Sendable {
    /// A CPU.
    package struct CPU: Hashable, Sendable {
        /// The CPU number.
        package var id: Int
        /// The lowest CPU number among the hardware threads of its core.
        package var core: Int
        /// The number of its memory node.
        package var node: Int

        /// Creates a CPU from its number, core and memory node.
        package init(id: Int, core: Int, node: Int) {
            self.id = id
            self.core = core
            self.node = node
        }
    }

    /// The online CPUs, by number.
    package var cpus: [CPU]

    /// Creates a topology from CPUs in any order.
    package init(_ cpus: [CPU]) { self.cpus = cpus.sorted { $0.id < $1.id } }
}

/// The CPUs of a host, from `/sys/devices/system`.
public struct CPUTopology: Hashable, Sendable {
    /// A CPU.
    public struct CPU: Hashable, Sendable {
        /// The CPU number.
        public var id: Int
        /// The lowest CPU number among the hardware threads of its core.
        public var core: Int
        /// The number of its memory node.
        public var node: Int

        /// Creates a CPU from its number, core and memory node.
        public init(id: Int, core: Int, node: Int) {
            self.id = id
            self.core = core
            self.node = node
        }
    }

    /// The online CPUs, by number.
    public var cpus: [CPU]

    /// Creates a topology from CPUs in any order.
    public init(_ cpus: [CPU]) { self.cpus = cpus.sorted { $0.id < $1.id } }
}

/// The CPUs of the machine, as /sys/devices/system shows them.
public struct CPUTopology: Hashable, Sendable {
    /// One CPU.
    public struct CPU: Hashable, Sendable {
        /// Its number.
        public var id: Int
        /// The lowest number of the hardware threads of its core.
        public var core: Int
        /// Its memory node.
        public var node: Int

        /// Joins the parts.
        public init(id: Int, core: Int, node: Int) {
            self.id = id
            self.core = core
            self.node = node
        }
    }

    /// Those that are online, by number.
    public var cpus: [CPU]

    /// Takes the CPUs.
    public init(_ cpus: [CPU]) { self.cpus = cpus.sorted { $0.id < $1.id } }
}

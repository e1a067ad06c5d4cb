extension LimitRequest {
    /// The warning about a limit above the host's capacity, which the kernel accepts but which has
    /// no effect.
    ///
    /// Nil for any other limit.
    package func excess(on host: HostFacts) -> String? {
        guard let number = value.number else { return nil }
        switch limit.grammar {
        case .cpus:
            let cpus = host.cpus.numbers.count
            guard cpus > 0, number > UInt64(cpus) * 1_000_000 else { return nil }
            return "\(limit.name)=\(value.cpuText) exceeds the "
                + "\(cpus == 1 ? "1 CPU" : "\(cpus) CPUs") of this host"
        case .bytes where limit.controller == .memory && Self.ofMemory.contains(limit.name):
            guard let memory = host.memoryBytes, number > memory else { return nil }
            let gibibytes = DecimalText.fixed(Double(memory) / Double(1 << 30), places: 1)
            return "\(limit.name)=\(value.shortestByteText) exceeds the \(gibibytes) GiB of memory "
                + "of this host"
        default: return nil
        }
    }

    /// The limits on memory without swap.
    private static let ofMemory: Set = [
        "memory.max", "memory.high", "memory.low", "memory.min", "memory.soft_limit",
    ]
}

/// The body of an exposition that is being written.
struct ExpositionBuffer: Sendable {
    /// The bytes written so far.
    private(set) var bytes: [UInt8] = []
    /// The number of samples written so far.
    private(set) var series: UInt64 = 0
    private var format = ExpositionFormat.text
    // The parts of the open family, kept apart because a whole `Family` would be copied for every
    // sample.
    private var header: [UInt8] = []
    private var name: [UInt8] = []
    private var scale: UInt64 = 1

    /// Starts a new body in the same memory.
    mutating func restart(_ format: ExpositionFormat) {
        bytes.removeAll(keepingCapacity: true)
        series = 0
        self.format = format
        header = []
    }

    /// Starts a family; the following samples belong to it.
    ///
    /// Its header is written with the first sample, so a family without samples writes nothing.
    mutating func open(_ family: Family) {
        header = family.header(format)
        name = family.name
        scale = family.scale
    }

    /// Adds a sample with a complete label block, which may be empty.
    mutating func add(_ labels: [UInt8], _ value: UInt64) {
        add(labels, labels.indices, [], value)
    }

    /// Adds a sample whose label block is `part` of `labels`, followed by `rest`.
    mutating func add(
        _ labels: [UInt8], _ part: Range<Int>, _ rest: [UInt8], _ value: UInt64
    ) {
        if !header.isEmpty {
            bytes.append(contentsOf: header)
            header = []
        }
        bytes.append(contentsOf: name)
        bytes.append(contentsOf: labels[part])
        bytes.append(contentsOf: rest)
        bytes.append(UInt8(ascii: " "))
        bytes.append(value, dividedBy: scale)
        bytes.append(UInt8(ascii: "\n"))
        series += 1
    }

    /// Ends the body as the format requires.
    mutating func finish() {
        if format == .openMetrics { bytes.append("# EOF\n") }
    }
}

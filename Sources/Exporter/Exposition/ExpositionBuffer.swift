/// The body of one exposition while it is written.
struct ExpositionBuffer: Sendable {
    /// What is written so far.
    private(set) var bytes: [UInt8] = []
    /// How many samples that holds.
    private(set) var series: UInt64 = 0
    private var format = ExpositionFormat.text
    // The parts of the open family; the whole of it would be copied for every sample.
    private var header: [UInt8] = []
    private var name: [UInt8] = []
    private var scale: UInt64 = 1

    /// Begins a new body in the room of the old one.
    mutating func restart(_ format: ExpositionFormat) {
        bytes.removeAll(keepingCapacity: true)
        series = 0
        self.format = format
        header = []
    }

    /// The samples that follow belong to `family`; its header is written with the first of them,
    /// so a family without samples leaves no trace.
    mutating func open(_ family: Family) {
        header = family.header(format)
        name = family.name
        scale = family.scale
    }

    /// Adds a sample with a whole label block, which may be empty.
    mutating func add(_ labels: [UInt8], _ value: UInt64) {
        add(labels, labels.indices, [], value)
    }

    /// Adds a sample whose label block is a part of `labels`, followed by `rest`.
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

    /// Ends the body as the format demands.
    mutating func finish() {
        if format == .openMetrics { bytes.append("# EOF\n") }
    }
}

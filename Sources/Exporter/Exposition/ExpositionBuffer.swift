/// The body of one exposition while it is written.
struct ExpositionBuffer: Sendable {
    /// What is written so far.
    private(set) var bytes: [UInt8] = []
    /// How many samples that holds.
    private(set) var series: UInt64 = 0
    private var format = ExpositionFormat.text
    private var family: Family?
    private var headerIsDue = false

    /// Begins a new body in the room of the old one.
    mutating func restart(_ format: ExpositionFormat) {
        bytes.removeAll(keepingCapacity: true)
        series = 0
        self.format = format
        family = nil
    }

    /// The samples that follow belong to `family`; its header is written with the first of them,
    /// so a family without samples leaves no trace.
    mutating func open(_ family: Family) {
        self.family = family
        headerIsDue = true
    }

    /// Adds a sample whose label block is `labels` followed by `rest`; both may be empty.
    mutating func add(_ labels: [UInt8], _ rest: [UInt8] = [], _ value: UInt64) {
        guard let family else { return }
        if headerIsDue {
            bytes.append(contentsOf: family.header(format))
            headerIsDue = false
        }
        bytes.append(contentsOf: family.name)
        bytes.append(contentsOf: labels)
        bytes.append(contentsOf: rest)
        bytes.append(UInt8(ascii: " "))
        if family.scale == 1 {
            bytes.append(decimal: value)
        } else {
            bytes.append(value, dividedBy: family.scale)
        }
        bytes.append(UInt8(ascii: "\n"))
        series += 1
    }

    /// Ends the body as the format demands.
    mutating func finish() {
        if format == .openMetrics { bytes.append("# EOF\n") }
    }
}

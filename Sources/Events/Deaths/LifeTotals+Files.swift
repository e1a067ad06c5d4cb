internal import CgroupModel
internal import KernelIO

/// Reads totals from the files of a v2 cgroup.
extension LifeTotals {
    /// The files, the cheapest first.
    private static let files = [
        "cpu.stat", "io.stat", "memory.events", "memory.peak", "pids.peak", "memory.stat",
    ]
    private static let schema = Schema(metrics)
    private static let parsers: [FileParser] = files.compactMap { file in
        let members = rows.compactMap { row in
            row.metric.v2.flatMap { $0.file == file ? (row.metric, $0) : nil }
        }
        guard let (first, source) = members.first else { return nil }
        let layout = FileLayout(
            name: Array(file.utf8), format: .of(first, source),
            fields: members.flatMap { metric, source in
                FieldLayout.fields(
                    of: metric, source: source, column: schema.column(of: metric.id))
            })
        return FileParser(layout, FileColumns(layout))
    }

    /// Reads the files in the directory of a v2 cgroup.
    ///
    /// If the cgroup vanishes in the meantime, the remaining values are unknown.
    init(in directory: borrowing OwnedDescriptor) {
        var writer = RowWriter(schema: Self.schema)
        writer.appendRow()
        writer.beginPass()
        writer.beginRow(0)
        for parser in Self.parsers {
            do throws(IOError) {
                try read(parser, in: directory, &writer)
            } catch {
                if error.isMissing { continue }
                return
            }
        }
    }

    private mutating func read(
        _ parser: FileParser, in directory: borrowing OwnedDescriptor, _ writer: inout RowWriter
    ) throws(IOError) {
        var parser = parser
        let bytes = try ReadBuffer.contents(of: parser.layout.name, under: directory.number)
        let isWhole = parser.parse(bytes.span, into: &writer)
        take(parser.layout, writer, isWhole)
    }

    /// Stores the values of a file; `isWhole` if it had no malformed line.
    private mutating func take(_ file: FileLayout, _ writer: RowWriter, _ isWhole: Bool) {
        for row in Self.rows.indices {
            let metric = Self.rows[row].metric
            guard file.fields.contains(where: { $0.metric == metric.id }) else { continue }
            if let column = Self.schema.column(of: metric.id) {
                values[row] = writer.value(column).value
            } else if isWhole {
                // A cgroup without I/O has no lines.
                values[row] = writer.block.instances.reduce(0) { sum, instance in
                    instance.metric == metric.id ? sum &+ (instance.reading.value ?? 0) : sum
                }
            }
        }
    }
}

import CgroupModel
import KernelIO
import TestSupport

/// An interface file of a cgroup, read repeatedly by one parser.
final class OneFile {
    static let schema = Schema(MetricCatalog.all.map(\.id))

    let members: [(metric: Metric, source: Source)]
    /// Whether the file is parsed completely or not at all.
    let isOneRecord: Bool
    private var parser: FileParser
    private var writer = RowWriter(schema: schema)

    /// Takes everything that the catalog takes from a file; nil if that is nothing.
    init?(_ name: String, unified: Bool, only wanted: String? = nil) {
        var instance: InstanceKey?
        members = MetricCatalog.all.compactMap { metric in
            guard let source = unified ? metric.v2 : metric.v1,
                wanted == nil || wanted == metric.name
            else { return nil }
            let parts = source.file.split(separator: "*", omittingEmptySubsequences: false)
            if parts.count == 2 {
                guard name.hasPrefix(parts[0]), name.hasSuffix(parts[1]) else { return nil }
                let size = name.dropFirst(parts[0].count).dropLast(parts[1].count)
                guard !size.contains(".") else { return nil }
                instance = Word.intern(String(size)).map { InstanceKey(rawValue: $0) }
            } else if source.file != name {
                return nil
            }
            return (metric, source)
        }
        guard let first = members.first else { return nil }
        let fields = members.flatMap {
            FieldLayout.fields(
                of: $0.metric, source: $0.source, column: Self.schema.column(of: $0.metric.id))
        }
        let layout = FileLayout(
            name: Array(name.utf8), format: .of(first.metric, first.source), fields: fields,
            instance: instance)
        isOneRecord = [.singleValue, .spaceSeparated, .perCPU, .text, .lineCount].contains(
            layout.format)
        parser = FileParser(layout, FileColumns(layout))
        writer.appendRow()
    }

    /// Parses a content and returns whether it succeeded.
    func read(_ bytes: [UInt8]) -> Bool {
        writer.beginPass()
        writer.beginRow(0)
        let understood = parser.parse(bytes.span, into: &writer)
        writer.endRow()
        return understood
    }

    func read(_ text: String) -> Bool { read(Array(text.utf8)) }

    /// A metric of the last content, in the form of ``PlainReading``.
    func values(_ metric: Metric) -> [String: String] {
        guard let column = Self.schema.column(of: metric.id), metric.dimension == nil else {
            let own = writer.block.instances.filter { $0.metric == metric.id }
            return Dictionary(
                own.map { (metric.key($0), $0.reading.plainText(metric)) },
                uniquingKeysWith: { "\($0) and \($1)" })
        }
        let reading = Reading(rawValue: writer.block.values[column])
        return reading == .absent ? [:] : ["": reading.plainText(metric)]
    }

    /// The reading of a metric's name, which may be followed by an instance: `io.rbytes 8:0`.
    subscript(name: String) -> Reading? {
        let parts = name.split(separator: " ")
        guard let metric = MetricCatalog.metric(named: String(parts[0])) else { return nil }
        guard parts.count == 2 else {
            return Self.schema.column(of: metric.id).map {
                Reading(rawValue: writer.block.values[$0])
            }
        }
        return writer.block.instances.first {
            $0.metric == metric.id && metric.key($0) == String(parts[1])
        }?.reading
    }

    /// Rows left out so far, since they are about devices without a name.
    var skippedRows: UInt64 { writer.skippedRows }

    /// All values with a dimension.
    var instances: [InstanceReading] { writer.block.instances }

    /// Whether nothing but `malformed` is said, as it has to be when a file was not understood that
    /// is one record.
    var isAllMalformed: Bool {
        members.allSatisfy { metric, _ in Array(values(metric).values) == ["malformed"] }
    }

    /// The numbers before, by instance.
    func previous(_ name: String) -> Reading? {
        guard let metric = MetricCatalog.metric(named: name) else { return nil }
        if let column = Self.schema.column(of: metric.id) {
            return Reading(rawValue: writer.block.previous[column])
        }
        return writer.block.instances.first { $0.metric == metric.id }?.previous
    }
}

extension Metric {
    fileprivate func key(_ reading: InstanceReading) -> String {
        // A page size is said by the file's name, not in the file.
        if reading.key == .whole { return "*" }
        switch dimension {
        case .pageSize: return ""
        case .pageSizeAndNode:
            let halves = reading.key.text(.pageSizeAndNode).split(separator: "N")
            return halves.count > 1 ? String(halves[1]) : ""
        default: return dimension.map { reading.key.text($0) } ?? ""
        }
    }
}

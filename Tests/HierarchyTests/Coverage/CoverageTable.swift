import CgroupModel
import Foundation

/// `Tests/KernelCoverage.md`: the interface files of the kernel, what reads them, and why others are
/// not read.
struct CoverageTable {
    /// An interface file of one cgroup version; `*` is a page size.
    struct File: Hashable, CustomStringConvertible {
        var name: String
        var isUnified: Bool

        var description: String { "\(name) (\(isUnified ? "v2" : "v1"))" }
    }

    /// The catalog rows that a cell names, and whether it says that there are more.
    struct Names: Equatable {
        var names: [String]
        var hasMore: Bool

        init(_ cell: String) {
            let parts = cell.split(separator: "`", omittingEmptySubsequences: false).enumerated()
            names = parts.filter { $0.offset % 2 == 1 }.map { String($0.element) }
            hasMore = cell.hasSuffix("…")
        }

        /// Whether these are the catalog's rows; some of them are enough where a cell says so.
        func agrees(with catalog: [String]) -> Bool {
            hasMore
                ? !names.isEmpty && names.count < catalog.count
                    && Set(names).isSubset(of: catalog)
                : names == catalog
        }
    }

    struct Row {
        var file: File
        /// Whether the kernel of a version, such as `6.12`, has the file.
        var kernels: [String: Bool]
        var metrics: Names
        var limits: Names
        /// Why no row reads it, or what else does.
        var note: String
    }

    private(set) var rows: [Row] = []

    init() throws {
        let tests = URL(filePath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        try self.init(
            String(contentsOf: tests.appending(path: "KernelCoverage.md"), encoding: .utf8))
    }

    /// Reads the tables below `## v2` and the other headings, which are about v1.
    init(_ text: String) {
        var isUnified = false
        var kernels: [String] = []
        for line in text.split(separator: "\n") {
            if line.hasPrefix("## ") { isUnified = line == "## v2" }
            let cells = line.split(separator: "|", omittingEmptySubsequences: false)
                .map { $0.trimmingCharacters(in: .whitespaces) }.dropFirst().dropLast()
            if cells.first == "file" { kernels = cells.dropFirst().dropLast(3) }
            guard let name = cells.first, name.hasPrefix("`"), cells.count == kernels.count + 4
            else { continue }
            let rest = Array(cells.dropFirst())
            rows.append(
                Row(
                    file: File(name: name.filter { $0 != "`" }, isUnified: isUnified),
                    kernels: Dictionary(
                        uniqueKeysWithValues: zip(kernels, rest.map { $0 != "-" })),
                    metrics: Names(rest[kernels.count]), limits: Names(rest[kernels.count + 1]),
                    note: rest[kernels.count + 2]))
        }
    }

    /// The row of a file as a kernel spells it: `hugetlb.2MB.max`.
    func row(_ name: String, isUnified: Bool) -> Row? {
        var parts = name.components(separatedBy: ".")
        if parts.count > 2, parts[0] == "hugetlb" { parts[1] = "*" }
        let file = File(name: parts.joined(separator: "."), isUnified: isUnified)
        return rows.first { $0.file == file }
    }
}

/// The names of the catalogs' rows for each interface file, in the order of the catalogs.
struct CatalogFiles {
    private(set) var metrics: [CoverageTable.File: [String]] = [:]
    private(set) var limits: [CoverageTable.File: [String]] = [:]

    init() {
        for metric in MetricCatalog.all {
            let legacy = ([metric.v1].compactMap { $0 } + metric.olderV1).map(\.file)
            add(metric.name, metric.v2.map { [$0.file] } ?? [], legacy, to: \.metrics)
        }
        for limit in LimitCatalog.all {
            add(limit.name, limit.v2.map(\.name), limit.v1.map(\.name), to: \.limits)
        }
    }

    private mutating func add(
        _ name: String, _ unified: [String], _ legacy: [String],
        to catalog: WritableKeyPath<Self, [CoverageTable.File: [String]]>
    ) {
        let files =
            unified.map { CoverageTable.File(name: $0, isUnified: true) }
            + legacy.map { CoverageTable.File(name: $0, isUnified: false) }
        for file in files where self[keyPath: catalog][file]?.last != name {
            self[keyPath: catalog][file, default: []].append(name)
        }
    }
}

import CgroupModel
import Testing

/// `Tests/KernelCoverage.md` against the catalogs of metrics and limits.
@Suite struct CoverageTableTests {
    private let table: CoverageTable
    private let catalog = CatalogFiles()

    init() throws { table = try CoverageTable() }

    @Test func everyFileIsListedOnce() {
        #expect(table.rows.count > 180)
        let files = Dictionary(grouping: table.rows, by: \.file)
        for (file, rows) in files { #expect(rows.count == 1, "\(file)") }
    }

    @Test func everyFileOfTheCatalogsIsListed() {
        let listed = Set(table.rows.map(\.file))
        for file in Set(catalog.metrics.keys).union(catalog.limits.keys) {
            let isListed = listed.contains(file)
            #expect(
                isListed,
                "add \(file): \(cell(catalog.metrics[file])) | \(cell(catalog.limits[file]))")
        }
    }

    @Test func everyFileNamesTheRowsThatReadIt() {
        for row in table.rows {
            let metrics = catalog.metrics[row.file] ?? []
            let limits = catalog.limits[row.file] ?? []
            #expect(row.metrics.agrees(with: metrics), "\(row.file): \(cell(metrics))")
            #expect(row.limits.agrees(with: limits), "\(row.file): \(cell(limits))")
        }
    }

    @Test func everyUnreadFileHasAReason() {
        for row in table.rows where row.metrics.names.isEmpty && row.limits.names.isEmpty {
            #expect(row.note.count > 10, "\(row.file)")
        }
    }

    @Test func missingFilesWrongRowsAndMissingReasonsAreFound() {
        let table = CoverageTable(
            """
            ## v2
            | file | 6.1 | 6.18 | metrics | limits | otherwise |
            | --- | --- | --- | --- | --- | --- |
            | `pids.max` | x | x | `pids.max` | `pids.max` | |
            | `hugetlb.*.max` | - | x | `memory.max` | | |
            | `cgroup.kill` | x | x | | | written by `kill` |
            """)
        #expect(
            table.rows.map(\.kernels) == [
                ["6.1": true, "6.18": true], ["6.1": false, "6.18": true],
                ["6.1": true, "6.18": true],
            ])
        let hugetlb = table.row("hugetlb.2MB.max", isUnified: true)
        #expect(hugetlb?.metrics.agrees(with: catalog.metrics[hugetlb!.file] ?? []) == false)
        #expect(table.row("pids.max", isUnified: false) == nil)
        #expect(table.row("hugetlb.2MB.rsvd.max", isUnified: true) == nil)
        #expect(!CoverageTable.Names("`a` `b` …").agrees(with: ["a", "b"]))
        #expect(CoverageTable.Names("`a` …").agrees(with: ["a", "b"]))
        #expect(!CoverageTable.Names("").agrees(with: ["a"]))
    }

    /// A cell of the table.
    private func cell(_ names: [String]?) -> String {
        (names ?? []).map { "`\($0)`" }.joined(separator: " ")
    }
}

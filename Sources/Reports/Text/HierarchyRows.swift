import Actuation
import CgroupModel
import Hierarchy

/// A table that merges equal rows of several hierarchies into one row.
struct HierarchyRows {
    private var rows: [(cells: [String], rest: [String], hierarchies: [String])] = []
    private var places: [[String]: Int] = [:]
    /// The number of hierarchies of the host; nil if it is unknown.
    private let count: Int?

    init(of set: HierarchySet? = nil) { count = set?.hierarchies.count }

    /// Adds a row; `rest` holds cells that are not compared.
    mutating func add(_ cells: [String], rest: [String] = [], hierarchy: String) {
        if let index = places[cells] {
            rows[index].hierarchies.append(hierarchy)
        } else {
            places[cells] = rows.count
            rows.append((cells, rest, [hierarchy]))
        }
    }

    /// The cells of all rows, with the hierarchies after the first cell.
    var cells: [[String]] {
        rows.map { row in [row.cells[0], text(row.hierarchies)] + row.cells[1...] + row.rest }
    }

    /// The names of at most two hierarchies: a list of all of v1's would be wider than a terminal.
    private func text(_ hierarchies: [String]) -> String {
        if hierarchies.count <= 2 { return hierarchies.joined(separator: ",") }
        return hierarchies.count == count ? "all" : "\(hierarchies.count) hierarchies"
    }
}

extension JournalEntry {
    /// The changed object in readable form: a limit, another file, the cgroup itself, or a process.
    var what: String {
        switch subject {
        case .value: limitName ?? "\(cell)"
        case .cgroup: "cgroup"
        case .process(let pid, _): "process \(pid)"
        }
    }

    /// The readable form of one of the entry's values.
    ///
    /// `period` is that of a v1 quota, in microseconds.
    func shown(_ value: String, period: UInt64? = nil) -> String {
        switch subject {
        case .value: readable(value, period: period)
        case .cgroup: value.isEmpty ? "absent" : "created"
        // The inode prefix distinguishes the cgroup from a later one of the same name.
        case .process: Self.place(value)?.description ?? value
        }
    }
}
